/**
 * What is being written stands under a name of its own, beside the one that it will have. A process that is killed leaves it there. The
 * name says who writes it, so that others can tell a file that nobody writes any more from one that somebody does.
 */
import { createHash, randomUUID } from "node:crypto";
import { readlinkSync } from "node:fs";
import { readdir, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";

/** `NAME.MACHINE-PID-UUID.partial`; earlier versions left out machine and process. */
const PARTIAL = /\.(?:([0-9a-f]{12})-(\d+)-)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.partial$/;

/** Where it cannot be asked whether the writer lives: nobody takes that long between two writes. Milliseconds. */
const MAX_SILENCE = 24 * 60 * 60 * 1000;

/** Whose process ids these are: two containers, or two machines with one disk, number theirs alike. */
const machine = (() => {
  let space = "";
  try {
    space = readlinkSync("/proc/self/ns/pid");
  } catch {
    // Other systems have one row of process ids a machine.
  }
  return createHash("sha256").update(`${hostname()}\0${space}`).digest("hex").slice(0, 12);
})();

/** A new name for what this process writes and will call `path`. */
export function partialName(path: string): string {
  return `${path}.${machine}-${process.pid}-${randomUUID()}.partial`;
}

/**
 * Removes what processes that were killed have left half-written in a folder. What a process still writes stays: one of this machine as
 * long as it lives, any other until it has been silent for a day.
 *
 * @param name only of this file; of all of the folder unless given
 */
export async function removeAbandoned(folder: string, name?: string): Promise<void> {
  for (const file of await readdir(folder)) {
    const match = PARTIAL.exec(file);
    if (match === null || (name !== undefined && file.slice(0, match.index) !== name)) continue;
    const [, where, pid] = match;
    const path = join(folder, file);
    const isAbandoned = where === machine ? !isAlive(Number(pid)) : await isSilent(path);
    if (isAbandoned) await rm(path, { force: true });
  }
}

/** As `removeAbandoned`, of one file that is about to be written. */
export function removeAbandonedOf(path: string): Promise<void> {
  return removeAbandoned(dirname(path), basename(path));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0); // asks, and sends nothing
    return true;
  } catch (error) {
    // Another user's process may not be asked, and lives.
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}

async function isSilent(path: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).mtimeMs > MAX_SILENCE;
  } catch {
    return false; // its writer has just given it its name
  }
}
