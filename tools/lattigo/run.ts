/** Runs programs on Lattigo, another implementation of BFV, which Go fetches (checksums in go.sum) and compiles: half a minute the first time. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL(".", import.meta.url));

function go(args: readonly string[], input?: string) {
  return spawnSync("go", args, { cwd: FOLDER, ...(input !== undefined && { input }), maxBuffer: 1 << 24 });
}

/** Why Lattigo cannot be had here; undefined where it can. */
export function whyNoLattigo(): string | undefined {
  if (go(["version"]).status !== 0) return "there is no go command here";
  const { status, stderr } = go(["mod", "download"]);
  return status === 0 ? undefined : `go cannot fetch it: ${String(stderr).trim().split("\n").at(-1)}`;
}

/**
 * Runs one of the programs.
 * @param question to its standard input, as JSON
 * @returns what it printed
 * @throws what it said, where it failed
 */
export function runLattigo(program: "decrypt" | "times", question: object): Uint8Array {
  const { status, stdout, stderr } = go(["run", `./${program}`], JSON.stringify(question));
  if (status !== 0) throw new Error(`lattigo ${program}: ${String(stderr)}`);
  return Uint8Array.from(stdout);
}
