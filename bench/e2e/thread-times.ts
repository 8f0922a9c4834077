/** Processor time of this process by thread, as Linux counts it: a main thread, workers, and those of native code have names of their own. */
import { readdirSync, readFileSync } from "node:fs";

/** Processor milliseconds so far, of this process's main thread and of all its threads. Empty where there is no /proc. */
export type ThreadTimes = Readonly<Record<string, number>>;

/** A unit of time in /proc is a hundredth of a second (proc(5)). */
const TICK_MS = 10;

/** By the threads' names; `main` is the main thread. */
export function threadTimes(): ThreadTimes {
  if (process.platform !== "linux") return {};
  const times: Record<string, number> = {};
  for (const task of readdirSync("/proc/self/task")) {
    const stat = statOf(task);
    if (stat === undefined) continue;
    const name = task === String(process.pid) ? "main" : stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    times[name] = (times[name] ?? 0) + (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  }
  return times;
}

/** Undefined for a thread that has ended since the listing. */
function statOf(task: string): string | undefined {
  try {
    return readFileSync(`/proc/self/task/${task}/stat`, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH"))
      return undefined;
    throw error;
  }
}
