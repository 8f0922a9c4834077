/** The options of `npm run bench -- scale`. */
import type { SectionOption } from "../report.ts";

export const SCALE_OPTIONS: readonly SectionOption[] = [
  { flags: "--requests <k>", description: "requests in each run, else 800" },
  { flags: "--block-interval <ms>", description: "between blocks, else 1000" },
];
