import { addressSchema, deploymentSchema } from "@medexchain/chain";
import { z } from "zod";

/** One chain as `medex.config.json` describes it, under the name of its network. */
export const chainEntrySchema = z.strictObject({
  /** Chain id, RPC URL, and the addresses of the contracts. */
  deployment: deploymentSchema,
  /** The registry of studies beside the suite, where there is one. */
  studies: addressSchema.optional(),
  /** The block in which the deployment began: no event is older. */
  fromBlock: z.number().int().nonnegative().default(0),
  /** How many blocks must follow a block before its events are believed; 0 where blocks are final at once (QBFT). */
  confirmations: z.number().int().nonnegative().default(0),
  /** Who validated the chain at `fromBlock`, where it is a QBFT network: then its headers are proven, not believed. */
  validators: z
    .array(addressSchema)
    .min(1)
    .refine(
      (all) => new Set(all.map((each) => each.toLowerCase())).size === all.length,
      "must name each validator once",
    )
    .optional(),
});
export type ChainEntry = z.infer<typeof chainEntrySchema>;
