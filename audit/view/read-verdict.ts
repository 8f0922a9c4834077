import { displayText, MedexError } from "@medexchain/core";
import { z } from "zod";
import { passes } from "../finding.ts";

/** Anyone may have written the file. */
const text = z
  .string()
  .max(10_000)
  .transform((given) => displayText(given, 2000));
const integer = z.union([z.int(), z.string().regex(/^\d{1,78}$/)]);

const schema = z.object({
  passed: z.boolean(),
  findings: z
    .array(
      z.object({
        code: text,
        severity: z.enum(["error", "unchecked", "warning", "notice"]),
        message: text,
        where: z.object({
          chainId: integer.optional(),
          block: integer.optional(),
          transactionHash: text.optional(),
          logIndex: integer.optional(),
          entry: integer.optional(),
          requestId: text.optional(),
          recordId: text.optional(),
          memberId: text.optional(),
          studyId: text.optional(),
        }),
        evidence: z.object({ expected: text, found: text }),
        advice: text,
      }),
    )
    .max(10_000),
  chains: z.array(z.object({ chainId: integer, block: z.int().optional() })).max(100),
});
/** What a file says that an audit found. */
export type ToldVerdict = z.infer<typeof schema>;

/**
 * Reads what `medex audit verify --json` printed.
 *
 * @throws INPUT_INVALID where it is not that, or says that it passed in spite of its findings
 */
export function readVerdict(json: string): ToldVerdict {
  const invalid = (cause?: unknown) =>
    new MedexError("INPUT_INVALID", "the file is no verdict: write one with medex audit verify --json", { cause });
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw invalid(cause);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw invalid();
  if (parsed.data.passed !== passes(parsed.data.findings)) {
    throw new MedexError("INPUT_INVALID", "the file's findings contradict its verdict: it was altered");
  }
  return parsed.data;
}
