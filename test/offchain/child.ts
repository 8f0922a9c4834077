import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Whether long tests run at full length: `MEDEX_TEST_DEEP=1`. */
export const isDeep = process.env.MEDEX_TEST_DEEP === "1";

/** Runs a script in a process of its own, so that its memory is nobody else's, and parses what it prints. */
export function runChild(script: URL, args: readonly string[], heapMegabytes: number): Promise<unknown> {
  const flags = ["--expose-gc", `--max-old-space-size=${heapMegabytes}`];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [...flags, fileURLToPath(script), ...args], (error, stdout) => {
      if (error) reject(error);
      else resolve(JSON.parse(stdout));
    });
  });
}
