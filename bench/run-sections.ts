/** Sections in turn, each in a process of its own, so that none finds the machine as another left it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Report, RunOptions } from "./report.ts";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));

/**
 * Runs a section as `npm run bench -- NAME --json` does, and returns what it printed.
 *
 * @throws when it ends with an error, which it wrote to this process's standard error
 */
export async function runSection(name: string, { quick, rounds, entries }: RunOptions): Promise<Report> {
  const args = [MAIN, name, "--json", ...(quick ? ["--quick"] : [])];
  if (rounds !== undefined) args.push("--rounds", String(rounds));
  if (entries !== undefined) args.push("--entries", String(entries));
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  const [code, signal] = await once(child, "close");
  if (code !== 0) throw new Error(`the section "${name}" ended with ${code ?? signal}`);
  return JSON.parse(Buffer.concat(chunks).toString()) as Report; // printed by main.ts from a Report
}
