import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MedexError } from "@medexchain/core";

/**
 * Holds a journal for this process, so that no two runs write it at once. A lock whose process is gone is taken over.
 *
 * @throws DEPLOYMENT_FAILED when another run holds it
 */
export function lockJournal(network: string, journal: string): Disposable {
  const file = join(journal, "lock");
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: "wx" });
      return { [Symbol.dispose]: () => rmSync(file, { force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error; // what node:fs throws
    }
    const holder = Number(readFileSync(file, "utf8"));
    if (holder > 0 && isRunning(holder)) {
      throw new MedexError(
        "DEPLOYMENT_FAILED",
        `${network}: process ${holder} is deploying with ${journal}: wait for it`,
      );
    }
    rmSync(file, { force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"; // it runs, and is another user's
  }
}

/** Whether a process is dead and only waits for its parent to take note, which the parent of a killed one may never do. */
function isZombie(pid: number): boolean {
  const stat = `/proc/${pid}/stat`;
  // Its state stands behind its name, which is in brackets.
  return existsSync(stat) && /\) Z [^)]*$/.test(readFileSync(stat, "utf8"));
}
