/** The option of `npm run bench -- cross-chain`. */
import { MedexError } from "@medexchain/core";
import { z } from "zod";
import type { SectionOption } from "../report.ts";

/** As many as the paper sends at once. */
export const PAPER_REQUESTS = 10_000;

export const CROSS_CHAIN_OPTIONS: readonly SectionOption[] = [
  {
    flags: "--requests <k>",
    description: `requests at once in each scheme's run, else 300; ${PAPER_REQUESTS}, as in the paper, takes an hour or more on an idle machine`,
  },
];

const schema = z.object({ requests: z.coerce.number().int().min(20).max(PAPER_REQUESTS).optional() });

/**
 * Reads what was given at the command line.
 *
 * @throws CONFIG_INVALID naming the option
 */
export function parseCrossChainOptions(given: Readonly<Record<string, string>>): z.infer<typeof schema> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new MedexError(
    "CONFIG_INVALID",
    `bench cross-chain: --requests: ${parsed.error.issues[0]?.message ?? "invalid"}; give a whole number in range`,
  );
}
