/** The options of `npm run bench -- soak`. */
import { MedexError } from "@medexchain/core";
import { z } from "zod";
import type { SectionOption } from "./report.ts";

export const SOAK_OPTIONS: readonly SectionOption[] = [
  { flags: "--minutes <n>", description: "how long requests are filed, else 60" },
  { flags: "--rate <n>", description: "requests a second, else 2" },
];

const schema = z.object({
  minutes: z.coerce
    .number()
    .positive()
    .max(24 * 60)
    .default(60),
  rate: z.coerce.number().positive().max(50).default(2),
});

/**
 * Reads what was given at the command line.
 *
 * @throws CONFIG_INVALID naming the option
 */
export function parseSoakOptions(given: Readonly<Record<string, string>>): z.infer<typeof schema> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new MedexError("CONFIG_INVALID", `bench soak: --${issue?.path.join(".")}: ${issue?.message ?? "invalid"}`);
}
