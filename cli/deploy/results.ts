/** What `medex deploy` prints with `--json`. */
import { z } from "zod";
import { address, integer } from "../output/json-types.ts";

export const deployResult = z.strictObject({
  chains: z.array(
    z.strictObject({
      name: z.string(),
      chainId: integer,
      manager: address,
      hospitals: address,
      records: address,
      relayers: address,
      ledger: address,
      grants: address,
      requests: address,
      checkpoints: address,
    }),
  ),
  output: z.string().describe("the configuration that was written"),
});
