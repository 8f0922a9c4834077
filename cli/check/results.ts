/** What `medex check` prints with `--json`. */
import { z } from "zod";

export const checkResult = z.strictObject({
  healthy: z.boolean(),
  findings: z.array(
    z.strictObject({
      what: z.string(),
      ok: z.boolean(),
      slow: z.boolean().describe("it is well, and took long to answer"),
      detail: z.string().describe("what was found; with what to do, when it is wrong"),
    }),
  ),
});
