import { z } from "zod";

/** What a program finds on standard error with `--json`, as one line, whenever the exit code is 1, 2 or 70 and something failed. */
export const errorOutputSchema = z.strictObject({
  error: z.strictObject({
    code: z.string().describe("stable; USAGE for wrong use that has no code of its own, INTERNAL for a fault in medex"),
    message: z.string().describe("one line for a person: what is wrong, where, and what to do"),
    retriable: z.boolean().describe("whether the same call may succeed later without anything being changed"),
    stack: z.string().exactOptional().describe("with INTERNAL: where it happened"),
  }),
});
export type ErrorOutput = z.infer<typeof errorOutputSchema>;
