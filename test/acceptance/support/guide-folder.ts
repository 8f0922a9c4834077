/** A folder in which somebody follows a guide, with a terminal for each person of it. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Person } from "../../cli/support/medex.ts";
import type { Step } from "../../docs/support/steps.ts";
import { Terminal } from "../../docs/support/terminal.ts";

const REPOSITORY = fileURLToPath(new URL("../../../", import.meta.url));

export interface GuideFolder extends AsyncDisposable {
  readonly path: string;
  readonly terminals: ReadonlyMap<string, Terminal>;
  /**
   * Runs a step in its person's terminal.
   * @param page of the step, below docs/
   */
  follow(page: string, step: Step): Promise<void>;
}

export function openGuideFolder(): GuideFolder {
  const root = mkdtempSync(join(tmpdir(), "medex-guides-"));
  const path = join(root, "try");
  mkdirSync(path);
  // What cloning and `npm link` make.
  mkdirSync(join(root, "bin"));
  symlinkSync(join(REPOSITORY, "cli", "medex.ts"), join(root, "bin", "medex"));
  symlinkSync(join(REPOSITORY, "examples"), join(root, "examples"));
  const terminals = new Map<string, Terminal>();

  const terminalOf = (person: string): Terminal => {
    const { MEDEX_HOME: _h, MEDEX_PASSPHRASE: _p, MEDEX_CONFIGURATION: _c, ...env } = process.env;
    const PATH = [join(root, "bin"), env.PATH].join(delimiter);
    // One cache of compiled modules for all, so that each process starts sooner.
    const cache = { NODE_COMPILE_CACHE: join(root, "cache") };
    const terminal = terminals.get(person) ?? new Terminal({ cwd: path, env: { ...env, ...cache, PATH } });
    terminals.set(person, terminal);
    return terminal;
  };

  return {
    path,
    terminals,
    async follow(page, step) {
      try {
        await terminalOf(step.person).run(step);
      } catch (error) {
        throw new Error(`docs/${page}, line ${step.line}: ${(error as Error).message}`);
      }
    },
    async [Symbol.asyncDispose]() {
      await new Person(path, { MEDEX_HOME: join(path, "operations") }).run(["devnet", "down"]);
      for (const terminal of terminals.values()) await terminal.close();
      rmSync(root, { recursive: true });
    },
  };
}
