import { type FileHandle, open } from "node:fs/promises";
import { createRequire } from "node:module";
import { hostname } from "node:os";
import { MedexError } from "@medexchain/core";

/** What is used of `fs-native-extensions`, which has no types: an exclusive lock of the whole file, if nobody has one. */
type TryLock = (descriptor: number) => boolean;

/**
 * Takes a lock file. The lock is the kernel's, on the open file (an open file description lock): it ends with the process, however that
 * ends, and holds between containers that share the directory. The id in the file is for people only: in two PID namespaces two
 * processes have the same one, and one that is gone may be another's by now.
 *
 * @returns gives the lock back
 * @throws CONFIG_INVALID when another process has it, or this platform has no such locks
 */
export async function lockFile(path: string): Promise<() => Promise<void>> {
  const tryLock = loadTryLock();
  const file = await open(path, "a+", 0o600);
  let taken = false;
  try {
    taken = tryLock(file.fd);
    if (!taken) throw await inUse(path, file);
    await file.truncate(0);
    await file.write(`process ${process.pid} on ${hostname()}\n`);
    // The file stays: to remove it would let a second process lock a new one beside whoever waits for the old one.
    return () => file.close();
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function inUse(path: string, file: FileHandle): Promise<MedexError> {
  const owner = (await file.readFile("utf8").catch(() => "")).trim();
  return new MedexError(
    "CONFIG_INVALID",
    `relayer database: ${/^process \d+ on [\w.-]+$/.test(owner) ? owner : "another process"} uses it (${path}); stop that one, or name another directory`,
  );
}

function loadTryLock(): TryLock {
  try {
    const loaded: { tryLock: TryLock } = createRequire(import.meta.url)("fs-native-extensions");
    return loaded.tryLock;
  } catch (cause) {
    throw new MedexError(
      "CONFIG_INVALID",
      `relayer database: there is no file lock for ${process.platform} on ${process.arch}; use PostgreSQL (\`database.url\`)`,
      { cause },
    );
  }
}
