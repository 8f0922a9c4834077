/** The JSON of `medex firewall …`. */
import { z } from "zod";
import { address, chainName, hex32, transactionHash } from "../output/json-types.ts";

const fingerprint = z.string().meta({ description: "to compare with what `medex hospital pair` prints" });

export const firewallInitOutput = z.object({
  hospitalId: hex32,
  vault: z.string(),
  caller: address.meta({
    description: "the account that signs the firewall's calls to its hospital; it needs no funds",
  }),
  answer: z.string().meta({ description: "the file for the hospital" }),
  fingerprint,
});

/** Printed as soon as it serves. */
export const firewallServeOutput = z.object({
  url: z.string(),
  hospitalId: hex32,
  hospital: z.enum(["up", "down"]).meta({ description: "whether the hospital's own service answers" }),
});

export const firewallSplitOutput = z.object({
  hospitalId: hex32,
  file: z.string().meta({ description: "the backup to restore on the firewall's machine" }),
  seenRecords: z.int().meta({ description: "ids of records in it" }),
  left: z.array(z.string()).meta({ description: "what to remove here when the firewall serves there" }),
  parameters: hex32.meta({ description: "digest of the hospital's public parameters on IPFS" }),
  changed: z.array(
    z.object({
      chain: chainName,
      transactionHash: transactionHash.nullable().meta({ description: "null where it had them already" }),
    }),
  ),
});
