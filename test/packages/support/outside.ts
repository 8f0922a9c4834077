/** Programs as a user runs them: in a folder outside of the repository, and without anything that the repository sets for its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { delimiter, dirname, join } from "node:path";
import { ROOT } from "../../../tools/workspaces.ts";

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `npm run` hands its own configuration down, and ours (`.npmrc`) the condition by which packages are their sources. */
const OURS = /^(NODE_OPTIONS|NODE_COMPILE_CACHE|INIT_CWD|MEDEX_.*|DATABASE_URL|npm_(?!config_(registry|cache)$).*)$/i;

/** The environment of whoever has Node 24 and nothing of ours. */
export function environmentOutside(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !OURS.test(name));
  const path = (process.env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => !folder.startsWith(join(ROOT, "node_modules")));
  return { ...Object.fromEntries(kept), PATH: [dirname(process.execPath), ...path].join(delimiter) };
}

/** Starts a program. */
export function startOutside(
  cwd: string,
  [program = "", ...args]: readonly string[],
  env: NodeJS.ProcessEnv = {},
): ChildProcess {
  return spawn(program, args, {
    cwd,
    env: { ...environmentOutside(), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Runs a program to its end, whatever that is. */
export async function runOutside(cwd: string, command: readonly string[], env?: NodeJS.ProcessEnv): Promise<Ended> {
  const child = startOutside(cwd, command, env);
  const printed = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (chunk: string) => {
      printed[name] += chunk;
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  return { code, ...printed };
}

/** Runs a program that must succeed; what it printed. */
export async function succeeds(cwd: string, command: readonly string[], env?: NodeJS.ProcessEnv): Promise<string> {
  const { code, stdout, stderr } = await runOutside(cwd, command, env);
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code} in ${cwd}:\n${stdout}\n${stderr}`);
  return stdout;
}
