import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { Person } from "../cli/support/medex.ts";
import { stepsOf } from "../docs/support/steps.ts";
import { pageOf } from "../docs/support/story.ts";
import { Terminal } from "../docs/support/terminal.ts";

const REPOSITORY = fileURLToPath(new URL("../../", import.meta.url));
const PAGE = "getting-started/first-record.md";
/** The sections that lead to the record; the last one looks back. */
const LAST = "The record";
const MOST = 12;

/** The page is what is tested: its commands are run as they stand there. */
describe("a first record between two hospitals", function () {
  this.timeout(300_000);
  const sections = pageOf(PAGE).sections.filter((section) => stepsOf(section).length > 0);
  let root: string;
  let folder: string;
  const terminals = new Map<string, Terminal>();

  before(() => {
    root = mkdtempSync(join(tmpdir(), "medex-first-"));
    folder = join(root, "try");
    mkdirSync(folder);
    // What cloning and `npm link` make.
    mkdirSync(join(root, "bin"));
    symlinkSync(join(REPOSITORY, "cli", "medex.ts"), join(root, "bin", "medex"));
    symlinkSync(join(REPOSITORY, "examples"), join(root, "examples"));
  });

  after(async () => {
    await new Person(folder, { MEDEX_HOME: join(folder, "operations") }).run(["devnet", "down"]);
    for (const terminal of terminals.values()) await terminal.close();
    rmSync(root, { recursive: true });
  });

  const terminalOf = (person: string): Terminal => {
    const { MEDEX_HOME: _h, MEDEX_PASSPHRASE: _p, MEDEX_CONFIGURATION: _c, ...env } = process.env;
    const PATH = [join(root, "bin"), env.PATH].join(delimiter);
    const cache = { NODE_COMPILE_CACHE: join(root, "cache") };
    const terminal = terminals.get(person) ?? new Terminal({ cwd: folder, env: { ...env, ...cache, PATH } });
    terminals.set(person, terminal);
    return terminal;
  };

  it(`takes at most ${MOST} commands`, () => {
    const to = sections.findIndex(({ heading }) => heading === LAST);
    expect(to).to.be.greaterThan(0);
    const scripts = sections.slice(0, to + 1).flatMap((section) => stepsOf(section).map(({ script }) => script));
    const commands = scripts.join("\n").match(/\bmedex [a-z]+ [a-z]+/g) ?? [];
    expect(commands.length, commands.join("; ")).to.be.within(8, MOST);
  });

  for (const section of sections) {
    it(section.heading, async () => {
      for (const step of stepsOf(section)) {
        await terminalOf(step.person)
          .run(step)
          .catch((error: Error) => {
            throw new Error(`docs/${PAGE}, line ${step.line}: ${error.message}`);
          });
      }
    });
  }
});
