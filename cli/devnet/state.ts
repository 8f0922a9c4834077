/** Which process is the devnet of a home folder. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { MedexError } from "@medexchain/core";
import { writeFileDurably } from "@medexchain/core/durable-file";
import { z } from "zod";
import type { Context } from "../context.ts";

const schema = z.strictObject({
  pid: z.int().positive(),
  /** When the process started, as the system tells it: a process id alone may be another's by now. */
  started: z.string().min(1),
  services: z.record(z.string(), z.string()),
});
export type DevnetState = z.infer<typeof schema>;

const fileOf = ({ home }: Context): string => join(home, "devnet.json");

export async function writeState(context: Context, services: DevnetState["services"]): Promise<void> {
  const started = startOf(process.pid);
  if (started === undefined) return; // without it `down` could end another process: it is told that there is none
  await writeFileDurably(fileOf(context), `${JSON.stringify({ pid: process.pid, started, services }, undefined, 2)}\n`);
}

/** The devnet, if the very process that wrote the state still runs. Throws CONFIG_INVALID when the file is damaged. */
export async function runningDevnet(context: Context): Promise<DevnetState | undefined> {
  const file = fileOf(context);
  if (!existsSync(file)) return undefined;
  const parsed = schema.safeParse(parseJson(await readFile(file, "utf8")));
  if (!parsed.success)
    throw new MedexError("CONFIG_INVALID", `${file} is damaged; stop the devnet by hand and delete the file`);
  return isRunning(parsed.data) ? parsed.data : undefined;
}

/** Whether the process with this id is the one that started then. */
export const isRunning = ({ pid, started }: Pick<DevnetState, "pid" | "started">): boolean => startOf(pid) === started;

/** Removes the state that this process wrote. */
export async function removeState(context: Context): Promise<void> {
  const state = await runningDevnet(context);
  if (state?.pid === process.pid) await rm(fileOf(context), { force: true });
}

/** When a process started: clock ticks since boot where there is a procfs, else as `ps` says; undefined when there is none. */
function startOf(pid: number): string | undefined {
  try {
    if (process.platform !== "linux") {
      return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim() || undefined;
    }
    // The second field is the command in brackets, and may hold blanks and brackets; the 22nd is the start time.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined; // no such process
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the schema refuses it
  }
}
