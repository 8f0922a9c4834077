/** The JSON of `medex check`. */
import { z } from "zod";

export const checkOutput = z.object({
  healthy: z.boolean(),
  findings: z.array(
    z.object({
      what: z.string(),
      ok: z.boolean(),
      slow: z.boolean().meta({ description: "it is well, and took long to answer" }),
      detail: z.string().meta({ description: "what was found; with what to do, where it is wrong" }),
    }),
  ),
});
