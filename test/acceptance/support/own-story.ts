/** A page of the guides that is a story of its own: its commands are run as they stand there, from its first section to its last. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Person } from "../../cli/support/medex.ts";
import type { Section } from "../../docs/support/markdown.ts";
import { stepsOf } from "../../docs/support/steps.ts";
import { pageOf } from "../../docs/support/story.ts";
import { Terminal } from "../../docs/support/terminal.ts";

const REPOSITORY = fileURLToPath(new URL("../../../", import.meta.url));

/** Pages below docs/ that are told by themselves, and not in the order of docs/README.md. */
export const OWN_STORIES = ["getting-started/first-record.md", "getting-started/study.md"] as const;

export interface OwnStory {
  readonly sections: readonly Section[];
  /** Everything that was printed so far. */
  printed(): string;
}

/** Adds a test for each section that has commands to the suite that is being described. */
export function followPage(page: (typeof OWN_STORIES)[number]): OwnStory {
  const sections = pageOf(page).sections.filter((section) => stepsOf(section).length > 0);
  const terminals = new Map<string, Terminal>();
  let root: string;
  let folder: string;

  before(() => {
    root = mkdtempSync(join(tmpdir(), "medex-story-"));
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

  for (const section of sections) {
    it(section.heading, async () => {
      for (const step of stepsOf(section)) {
        await terminalOf(step.person)
          .run(step)
          .catch((error: Error) => {
            throw new Error(`docs/${page}, line ${step.line}: ${error.message}`);
          });
      }
    });
  }
  return { sections, printed: () => [...terminals.values()].map(({ output }) => output).join("") };
}
