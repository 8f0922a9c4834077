import { MAX_TIMER_MS } from "@medexchain/core";
import { z } from "zod";
import { chainEntrySchema } from "./chain-entry.ts";

const serviceUrl = z.url({ protocol: /^https?$/ });
const name = z.string().min(1).max(256);
/** Chains and hospitals that an invite names at most. */
const MAX_CHAINS = 16;
const MAX_HOSPITALS = 1000;

const few = <V extends z.ZodType>(value: V, most: number) =>
  z.record(name, value).refine((record) => Object.keys(record).length <= most, `must have at most ${most} entries`);

/** What of `medex.config.json` is the same for everybody of a network, and goes with an invite. */
export const networkSchema = z.strictObject({
  chains: few(chainEntrySchema, MAX_CHAINS),
  ipfs: z.strictObject({ url: serviceUrl }).exactOptional(),
  tangle: z
    .strictObject({ url: serviceUrl, timeoutMs: z.int().positive().max(MAX_TIMER_MS).exactOptional() })
    .exactOptional(),
  /** By their pseudonyms. */
  hospitals: few(
    z.strictObject({
      /** A name of `chains`. */
      chain: name,
      /** Of its firewall, for its own members. */
      gateway: serviceUrl.exactOptional(),
    }),
    MAX_HOSPITALS,
  ),
});
export type NetworkDescription = z.infer<typeof networkSchema>;
