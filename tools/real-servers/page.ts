/** docs/real-servers.md, from what the runs wrote down. */
import { readFile, writeFile } from "node:fs/promises";
import { z } from "zod";

const KEPT = new URL("results.json", import.meta.url);
const PAGE = new URL("../../docs/real-servers.md", import.meta.url);
const TABLE = /(<!-- results -->\n)[\s\S]*(<!-- end of results -->)/;

const resultSchema = z.strictObject({
  /** By the server's own word. */
  version: z.string().min(1),
  /** Day of the run, UTC. */
  date: z.iso.date(),
  passed: z.int().min(1),
  how: z.string(),
  suites: z.array(z.string()).min(1),
});
const resultsSchema = z.record(z.string(), resultSchema);

export type Result = z.infer<typeof resultSchema>;
export type Results = z.infer<typeof resultsSchema>;

export async function readResults(): Promise<Results> {
  return resultsSchema.parse(JSON.parse(await readFile(KEPT, "utf8")));
}

/** The rows of the page's table. */
export function renderResults(results: Results): string {
  const rows = Object.entries(results).map(([title, { version, date, passed, how, suites }]) => {
    const files = suites.map((file) => `[${file.replace(/^test\//, "").replace(/\.test\.ts$/, "")}](../${file})`);
    return `| ${title} | \`${version}\` | ${how} | ${files.join(", ")} | ${passed} | ${date} |`;
  });
  return [
    "| server | version, by its own word | how it ran | suites | tests, all passed | on |",
    "| --- | --- | --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

/** The page with the table of these results. */
export async function renderPage(results: Results): Promise<string> {
  const page = await readFile(PAGE, "utf8");
  if (!TABLE.test(page)) throw new Error("docs/real-servers.md has lost the marks between which its results stand");
  return page.replace(TABLE, (_whole, from: string, to: string) => `${from}${renderResults(results)}${to}`);
}

/** Puts a run's result in the place of the last one, and into the page. */
export async function keepResult(title: string, result: Result): Promise<void> {
  const results = { ...(await readResults()), [title]: resultSchema.parse(result) };
  await writeFile(KEPT, `${JSON.stringify(results, null, 2)}\n`);
  await writeFile(PAGE, await renderPage(results));
}
