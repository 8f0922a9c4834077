/** Loaded before a command (`node --import`): when it ends, writes the most memory that it held, in KiB, to the file that is named. */
import { writeFileSync } from "node:fs";

const file = process.env.MEDEX_BENCH_PEAK_FILE;
if (file !== undefined) {
  process.once("exit", () => writeFileSync(file, String(process.resourceUsage().maxRSS)));
}
