/** The options of `npm run bench -- e2e`. */

import { MedexError } from "@medexchain/core";
import { z } from "zod";
import type { SectionOption } from "../report.ts";

export const E2E_OPTIONS: readonly SectionOption[] = [
  { flags: "--requests <k>", description: "one run of so many requests at once, in place of the figures; else 2000" },
  {
    flags: "--relayers <n>",
    description:
      "one run with 1 to 4 relayers, in place of the figures; each in turn unless given. They share a PostgreSQL server, of the run's own unless DATABASE_URL names one",
  },
  {
    flags: "--plain-requests <k>",
    description:
      "requests for the plain relayer, which waits for a block several times in each; unless given, at most 300, or 30 with blocks",
  },
  {
    flags: "--block-interval <ms>",
    description: "between blocks, else 1000; 0 makes a block of each transaction at once, as no shared chain does",
  },
  { flags: "--most <k>", description: "the figures' largest number of requests at once, to 10000; else 2000" },
];

/** As many relayers as can be told apart on a few cores. */
export const MOST_RELAYERS = 4;

const whole = (least: number) => z.coerce.number().int().min(least);
const schema = z.object({
  requests: whole(1).optional(),
  relayers: whole(1).max(MOST_RELAYERS).optional(),
  plainRequests: whole(1).optional(),
  blockInterval: whole(0).default(1_000),
  most: whole(10).max(10_000).default(2_000),
});
export type E2eArguments = z.infer<typeof schema>;

/**
 * Reads what was given at the command line.
 *
 * @throws CONFIG_INVALID naming the option
 */
export function parseE2eOptions(given: Readonly<Record<string, string>>): E2eArguments {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const name = String(issue?.path[0] ?? "").replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new MedexError(
    "CONFIG_INVALID",
    `bench e2e: --${name}: ${issue?.message ?? "invalid"}; give a whole number in range`,
  );
}
