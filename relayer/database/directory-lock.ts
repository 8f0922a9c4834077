import { open, readFile, rm } from "node:fs/promises";
import { MedexError } from "@medexchain/core";

/** Lock files that this process holds: its own id in any other is left from a process that had the same id. */
const held = new Set<string>();

/**
 * Takes a lock file, which holds the id of the process that has it. The lock of a process that is gone is taken over.
 *
 * @returns gives the lock back
 * @throws CONFIG_INVALID when a running process has it
 */
export async function lockFile(path: string): Promise<() => Promise<void>> {
  if (!(await create(path))) {
    const owner = Number.parseInt(await readFile(path, "utf8").catch(() => ""), 10);
    if (held.has(path) || (owner !== process.pid && isRunning(owner))) {
      throw new MedexError(
        "CONFIG_INVALID",
        `relayer database: process ${owner} uses it; stop that one, or remove ${path} if it is no relayer`,
      );
    }
    await rm(path, { force: true });
    if (!(await create(path))) {
      throw new MedexError(
        "CONFIG_INVALID",
        `relayer database: another process has just taken ${path}; stop one of them`,
      );
    }
  }
  held.add(path);
  return async () => {
    held.delete(path);
    await rm(path, { force: true });
  };
}

async function create(path: string): Promise<boolean> {
  try {
    await using file = await open(path, "wx");
    await file.writeFile(`${process.pid}\n`);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

function isRunning(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, as another user.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
