/** The JSON of `medex deploy`. */
import { z } from "zod";
import { address, chainName, digits } from "../output/json-types.ts";

export const deployOutput = z.object({
  chains: z.array(
    z.object({
      name: chainName,
      chainId: digits,
      manager: address,
      hospitals: address,
      records: address,
      relayers: address,
      ledger: address,
      mailbox: address,
      grants: address,
      requests: address,
      checkpoints: address,
      equivocations: address,
      consents: address,
    }),
  ),
  output: z.string().meta({ description: "the configuration that was written" }),
});
