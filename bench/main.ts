import { fileURLToPath } from "node:url";
import { MedexError } from "@medexchain/core";
import { Command } from "commander";
import { formatText } from "./format-text.ts";
import { betterOf, lossesOf, type Ratios, readRatios, storeRatios } from "./ratios.ts";
import { environment, type Measured, type Report, type RunOptions } from "./report.ts";
import { runSection } from "./run-sections.ts";
import { APART, SECTIONS } from "./sections.ts";
import { readReport, writeReport } from "./write-report.ts";

interface Options {
  json?: boolean;
  quick?: boolean;
  check?: boolean;
  update?: boolean;
  rounds?: string;
  out?: string;
}

const REPORT_FOLDER = fileURLToPath(new URL("./report/", import.meta.url));

const program = new Command("bench")
  .description(
    "Run every section and write bench/report/, or one section and print it. Compare ratios; absolute times are this machine's.",
  )
  .option("--json", "print JSON")
  .option("--quick", "small sizes; writes no report unless --out is given")
  .option("--check", "compare ratios with bench/ratios.json, and fail on a loss of more than a quarter; with --quick")
  .option("--update", "store this run's ratios in bench/ratios.json; with --quick")
  .option("--rounds <n>", "rounds of each case; each section has its own number unless given")
  .option("--out <folder>", "where the report goes; one section alone takes its place in the report that is there")
  .action(async (options: Options, command: Command) => {
    const run = runOptions(options, command);
    const measured: Record<string, Measured> = {};
    const stored = readRatios();
    for (const { name } of SECTIONS) {
      if (options.check && stored[name] === undefined) {
        process.stderr.write(`${name} is left out: no ratio of it is stored\n`);
        continue;
      }
      process.stderr.write(`${name} …\n`);
      measured[name] = { environment: environment(), report: await runSection(name, run) };
    }
    const folder = options.out ?? (run.quick ? undefined : REPORT_FOLDER);
    if (folder !== undefined) {
      await writeReport(folder, measured);
      process.stderr.write(`written to ${folder}\n`);
    }
    if (options.json) process.stdout.write(`${JSON.stringify({ sections: measured }, null, 1)}\n`);
    const reports = Object.fromEntries(Object.entries(measured).map(([name, { report }]) => [name, report]));
    await settle(options, reports, async (name) => runSection(name, run));
  });

for (const { name, description, load, options: own = [] } of [...SECTIONS, ...APART]) {
  const section = program.command(name).description(description);
  for (const { flags, description: meaning } of own) section.option(flags, meaning);
  section.action(async (given: Record<string, string>, command: Command) => {
    const options = command.optsWithGlobals<Options>();
    const before = environment();
    const report = await (await load())({ ...runOptions(options, command), given });
    const text = options.json ? JSON.stringify({ environment: before, ...report }, null, 2) : formatText(report);
    await new Promise<void>((done) => process.stdout.write(`${text}\n`, () => done()));
    if (options.out !== undefined)
      await writeReport(options.out, inOrder({ ...readReport(options.out), [name]: { environment: before, report } }));
    await settle(options, { [name]: report }, async () => (await load())({ ...runOptions(options, command), given }));
    process.exit(); // development chains that a section started would keep the process alive
  });
}

/** Sections in the order of the report; those that are none any more are left out. */
function inOrder(sections: Readonly<Record<string, Measured>>): Record<string, Measured> {
  return Object.fromEntries(
    SECTIONS.flatMap(({ name }) => {
      const measured = sections[name];
      return measured === undefined ? [] : [[name, measured]];
    }),
  );
}

function runOptions({ quick = false, check, update, rounds }: Options, command: Command): RunOptions {
  if ((check || update) && !quick)
    command.error("--check and --update go with --quick: stored ratios are of quick runs");
  if (rounds === undefined) return { quick };
  const count = Number(rounds);
  if (!Number.isInteger(count) || count < 1) command.error(`--rounds must be a whole number from 1, not ${rounds}`);
  return { quick, rounds: count };
}

/** Stores or compares the watched ratios, as asked. A section that lost one is run a second time. */
async function settle(
  { check, update }: Options,
  reports: Readonly<Record<string, Report>>,
  runAgain: (section: string) => Promise<Report>,
): Promise<void> {
  let measured = watchedOf(reports);
  if (update) storeRatios(measured);
  if (!check) return;
  const stored = readRatios();
  for (const name of Object.keys(measured)) {
    if (lossesOf(stored, { [name]: measured[name] ?? {} }).length === 0) continue;
    process.stderr.write(`${name}, a second time …\n`);
    measured = betterOf(measured, watchedOf({ [name]: await runAgain(name) }));
  }
  const losses = lossesOf(stored, measured);
  const count = Object.values(measured).reduce((sum, ratios) => sum + Object.keys(ratios).length, 0);
  for (const [name, { notMeasured }] of Object.entries(reports)) {
    if (notMeasured !== undefined) process.stderr.write(`${name} is not compared: ${notMeasured}\n`);
  }
  for (const loss of losses) process.stderr.write(`${loss}\n`);
  process.stderr.write(`${count} ratios compared, ${losses.length} lost\n`);
  if (losses.length > 0) process.exitCode = 1;
}

/** Sections that could not be measured here are left out. */
const watchedOf = (reports: Readonly<Record<string, Report>>): Ratios =>
  Object.fromEntries(
    Object.entries(reports).flatMap(([name, { watched, notMeasured }]) =>
      watched && notMeasured === undefined ? [[name, { ...watched }]] : [],
    ),
  );

try {
  await program.parseAsync();
} catch (error) {
  if (!MedexError.is(error)) throw error;
  program.error(`${error.code}: ${error.message}`); // ends the process
}
