/** The JSON of `medex record …`. */
import { z } from "zod";
import { chainName, digits, hex32, timings, transactionHash } from "../output/json-types.ts";
import { FORMATS } from "./formats.ts";

const maxAccessCount = { description: "how often one requester may be granted access" };

export const recordPublishOutput = z.object({
  recordId: hex32,
  format: z.enum(Object.values(FORMATS)),
  pieces: z.int().meta({ description: "parts into which a long record was cut" }),
  features: z.object({ public: z.int(), private: z.int() }),
  capsule: hex32,
  publicFragment: hex32,
  privateFragment: hex32,
  sizes: z
    .object({ document: z.int(), capsule: z.int(), publicFragment: z.int(), privateFragment: z.int() })
    .meta({ description: "in bytes" }),
  timings: timings("bfv", "capsule", "store", "anchor"),
  transactionHash,
  maxAccessCount: z.int().meta(maxAccessCount),
});

/** What a chain holds of a record. */
const facts = {
  owner: hex32,
  status: z.enum(["none", "active", "revoked", "unknown"]),
  maxAccessCount: digits.meta(maxAccessCount),
  anchoredAt: digits.meta({ description: "the number of the block in which it was anchored" }),
};

export const recordListOutput = z.array(
  z.object({
    recordId: hex32,
    ...facts,
    privateFragmentHere: z.boolean().meta({ description: "whether its private part is on this machine" }),
  }),
);

export const recordShowOutput = z.object({ recordId: hex32, chain: chainName, ...facts });

/** Of `revoke` and `limit`: the record as it is now. */
export const recordChangeOutput = z.object({ recordId: hex32, ...facts, transactionHash });
