import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { linksOf, readPage } from "./support/markdown.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** The folders whose files pages name in code. */
const FOLDERS =
  "audit|bench|chaos|cli|contracts|deploy|devnet|docs|examples|gateway|offchain|relayer|test|tools|web|\\.ci";

const pages = [
  "README.md",
  "CHANGELOG.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  ".changeset/README.md",
  "examples/README.md",
  "deploy/besu/README.md",
  ...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => join("docs", file)),
];

const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");
const anchorsOf = (file: string): Set<string> => new Set(readPage(read(file)).sections.map(({ anchor }) => anchor));

/** What is wrong with a page's links. */
function brokenLinks(file: string, prose: string): string[] {
  return linksOf(prose).flatMap((target) => {
    if (/^https?:/.test(target)) return [];
    const [path = "", anchor] = target.split("#");
    const to = path === "" ? file : relative(ROOT, join(ROOT, dirname(file), path));
    if (to.startsWith("..") || !existsSync(join(ROOT, to))) return [`${target}: there is no such file`];
    if (anchor !== undefined && !anchorsOf(to).has(anchor)) return [`${target}: there is no such heading`];
    return [];
  });
}

/** The files and folders that a page names in code, e.g. `offchain/pre/ibe.ts`; `*` stands for anything in a name. */
function missingPaths(prose: string): string[] {
  const named = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code);
  const paths = named.filter((code) => new RegExp(`^(${FOLDERS})/[\\w./*-]*$`).test(code));
  return paths.filter((path) => {
    if (!path.includes("*")) return !existsSync(join(ROOT, path));
    const [folder, pattern] = [dirname(path), path.slice(dirname(path).length + 1)];
    const names = existsSync(join(ROOT, folder)) ? readdirSync(join(ROOT, folder)) : [];
    const matcher = new RegExp(`^${pattern.split("*").map(RegExp.escape).join(".*")}$`);
    return !names.some((name) => matcher.test(name));
  });
}

/** What source code cites of the design (`docs/design.md §3`) that is not there. */
function missingSections(source: string): string[] {
  const numbers = new Set(readPage(read("docs/design.md")).sections.map(({ heading }) => /^\d+/.exec(heading)?.[0]));
  return [...source.matchAll(/design(?:\.md)? §(\d+)/gi)].flatMap(([cited, number]) =>
    cited.startsWith("design.md") && numbers.has(number) ? [] : [cited],
  );
}

describe("the documentation's links", () => {
  for (const file of pages) {
    it(`lead somewhere in ${file}`, () => {
      const { prose } = readPage(read(file));
      expect(brokenLinks(file, prose)).to.deep.equal([]);
      expect(missingPaths(prose)).to.deep.equal([]);
    });
  }

  it("lead to every page from docs/README.md", () => {
    const linked = new Set(linksOf(read("docs/README.md")).map((target) => join("docs", target.split("#")[0] ?? "")));
    expect(
      pages.filter((page) => page.startsWith("docs/") && page !== "docs/README.md" && !linked.has(page)),
    ).to.deep.equal([]);
    expect(linksOf(read("README.md"))).to.include("docs/README.md");
  });

  it("lead from comments to sections of the design that are there", () => {
    const sources = globSync(`{${FOLDERS.replaceAll("|", ",")}}/**/*.{ts,sol}`, {
      cwd: ROOT,
      exclude: ["**/node_modules", "**/dist"],
    });
    const cited = sources.flatMap((file) => missingSections(read(file)).map((what) => `${file}: ${what}`));
    expect(sources.length).to.be.greaterThan(500);
    expect(cited).to.deep.equal([]);
    // Not as comments write them: this file is among the sources.
    expect(
      ["design.md 3", "design.md 99", "DESIGN 7"].map((cited) => missingSections(cited.replace(" ", " §")).length),
    ).to.deep.equal([0, 1, 1]);
  });

  it("are found to be broken", () => {
    expect(brokenLinks("docs/README.md", "[a](absent.md) [b](roles.md#absent) [c](#absent)")).to.have.length(3);
    expect(brokenLinks("docs/README.md", "[a](roles.md#handing-over) [b](https://example.org)")).to.deep.equal([]);
    expect(missingPaths("`test/absent.test.ts`, `offchain/pre/*.xyz` and `test/absent/*.ts`")).to.have.length(3);
    expect(missingPaths("`offchain/pre/ibe.ts`, `deploy/parameters/*.jsonc`, `e(a, b)/c`")).to.deep.equal([]);
  });
});
