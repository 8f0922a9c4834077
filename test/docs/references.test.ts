import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { z } from "zod";
import { createProgram } from "../../cli/program.ts";
import { configSchema } from "../../cli/session/config.ts";
import { deploymentConfigSchema } from "../../deploy/config.ts";
import { parametersSchema } from "../../deploy/network-parameters.ts";
import { relayerConfigSchema } from "../../relayer/config/schema.ts";
import { faultOf } from "./support/commands.ts";
import { readPage } from "./support/markdown.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");
const pages = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "deploy/besu/README.md",
  ...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => join("docs", file)),
];

/** The paths of a schema's keys; list items and entries of a record are at the path of what holds them. */
function keysOf(schema: z.ZodType): Map<string, { isLeaf: boolean }> {
  interface Node {
    readonly properties?: Record<string, Node>;
    readonly items?: Node | false;
    readonly prefixItems?: Node[];
    readonly additionalProperties?: Node | boolean;
    readonly anyOf?: Node[];
    readonly oneOf?: Node[];
  }
  const keys = new Map<string, { isLeaf: boolean }>();
  const walk = (
    { properties = {}, items, prefixItems = [], additionalProperties, anyOf = [], oneOf = [] }: Node,
    path: string,
  ) => {
    const inner = [...prefixItems, ...anyOf, ...oneOf, items, additionalProperties].filter(
      (node) => typeof node === "object",
    );
    for (const node of inner) walk(node, path);
    for (const [name, node] of Object.entries(properties)) {
      const at = path === "" ? name : `${path}.${name}`;
      const before = keys.size;
      walk(node, at);
      keys.set(at, { isLeaf: keys.size === before });
    }
  };
  // JSON Schema is made of these keywords; those that say nothing of keys are left aside.
  walk(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Node, "");
  return keys;
}

/** The keys in the first column of the tables of a page's section whose first column is called `key`. */
function documentedKeys(page: string, heading: string): string[] {
  const section =
    read(page)
      .split(/^#+ /m)
      .find((text) => text.startsWith(`${heading}\n`)) ?? "";
  const tables = section.split(/\n\n/).flatMap((part) => part.split(/\n(?=\| key )/));
  return tables
    .filter((table) => table.startsWith("| key "))
    .flatMap((table) => table.split("\n").slice(2))
    .flatMap((row) => {
      let parent = "";
      return [...(row.split("|")[1] ?? "").matchAll(/`([^`]+)`/g)].map(([, key = ""]) => {
        const whole = key.startsWith(".") ? parent + key : key;
        parent = whole.slice(0, whole.lastIndexOf("."));
        return whole.replaceAll(/\.<\w+>/g, "");
      });
    });
}

function expectSameKeys(schema: z.ZodType, documented: readonly string[]): void {
  const keys = keysOf(schema);
  expect(documented.filter((key) => !keys.has(key))).to.deep.equal([]);
  const isCovered = (key: string) => documented.some((known) => key === known || key.startsWith(`${known}.`));
  expect([...keys].filter(([key, { isLeaf }]) => isLeaf && !isCovered(key)).map(([key]) => key)).to.deep.equal([]);
}

describe("the documented configuration is the one that is read", () => {
  it("by everyone", () => expectSameKeys(configSchema, documentedKeys("docs/configuration.md", "For everyone")));

  it("by relayers", () => {
    const chains = documentedKeys("docs/configuration.md", "Chains").map((key) => `chains.${key}`);
    expectSameKeys(relayerConfigSchema, [...chains, ...documentedKeys("docs/configuration.md", "The rest")]);
  });

  it("by a deployment", () => {
    const keys = documentedKeys("docs/deploying.md", "The configuration");
    const { true: ofFile = [], false: ofParameters = [] } = Object.groupBy(keys, (key) =>
      String(/^(networks|journal|output|deployerKeyFile)/.test(key)),
    );
    expectSameKeys(deploymentConfigSchema, ofFile);
    expectSameKeys(parametersSchema, ofParameters);
  });

  it("and environment variables are known to the code that reads the environment", () => {
    const readers = [
      "cli/environment.ts",
      "relayer/config/load.ts",
      "deploy/config.ts",
      "hardhat.config.ts",
      "package.json",
      "test/world/seed.ts",
      "test/world/servers.ts",
      "test/audit/tampered-histories/tampered-histories.test.ts",
    ];
    const code = readers.map(read).join("\n");
    for (const page of pages) {
      for (const [name] of read(page).matchAll(/\bMEDEX_[A-Z_]+\b/g))
        expect(code, `${name} in ${page}`).to.include(name);
    }
  });
});

/** The command lines of a page, in fenced blocks and in code within text. */
function commandLines(text: string): string[] {
  const lines = [...text.matchAll(/`(medex [^`\n]+)`/g)].map(([, line = ""]) => line);
  const blocks = readPage(text).sections.flatMap((section) => section.blocks);
  const fenced = blocks.filter(({ info }) => info === "" || /^sh\b/.test(info)).map((block) => block.text);
  return [...lines, ...fenced.flatMap((block) => block.split("\n").filter((line) => /^medex /.test(line)))];
}

describe("the documented commands", () => {
  it("are commands of medex, with options that they have", () => {
    const program = createProgram();
    let count = 0;
    for (const page of pages) {
      for (const line of commandLines(read(page))) {
        expect(faultOf(program, line), page).to.equal(undefined);
        count += 1;
      }
    }
    expect(count).to.be.greaterThan(60);
  });

  it("are scripts of package.json", () => {
    const { scripts } = JSON.parse(read("package.json"));
    for (const page of pages) {
      for (const [, name = ""] of read(page).matchAll(/npm run (?:--silent )?([a-z][a-z:-]*[a-z])/g)) {
        expect(scripts, `${name} in ${page}`).to.have.property(name);
      }
    }
  });

  it("are found to be wrong", () => {
    const program = createProgram();
    expect(faultOf(program, "medex record publsh x")).to.include("publsh");
    expect(faultOf(program, "medex record publish x --lmit 1")).to.include("--lmit");
    expect(faultOf(program, 'medex hospital add "A B" --chain c --json')).to.equal(undefined);
  });
});
