/** The JSON of `medex app`. */
import { z } from "zod";

export const appOutput = z.object({
  url: z.string().meta({
    description: "to open in a browser of this machine; with --hospital, whoever has it acts for the hospital",
  }),
});
