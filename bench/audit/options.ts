/** The options of `npm run bench -- audit`. */
import { MedexError } from "@medexchain/core";
import type { SectionOption } from "../report.ts";

export const AUDIT_OPTIONS: readonly SectionOption[] = [
  {
    flags: "--entries <n>",
    description: "ledger entries, each with its whole request; else 100000, with --quick 2000",
  },
  { flags: "--proven", description: "measure instead what it costs to prove the headers of sealed chains" },
  { flags: "--requests <n>", description: "the same by another name" },
];

/** @throws CONFIG_INVALID */
export function parseEntries(value: string | number): number {
  const count = Number(value);
  if (Number.isSafeInteger(count) && count >= 1) return count;
  throw new MedexError(
    "CONFIG_INVALID",
    `bench audit: --entries, or --requests, must be a whole number from 1, not ${value}`,
  );
}
