/** The JSON of `medex fhir …`. */
import { z } from "zod";
import { hex32 } from "../output/json-types.ts";

export const fhirServeOutput = z.object({
  url: z.string().meta({ description: "the base of the FHIR server" }),
  tokenFile: z.string().meta({ description: "file of mode 600 with the token that callers send" }),
  requests: z.array(hex32).meta({ description: "whose records are served" }),
  resources: z.int(),
});
