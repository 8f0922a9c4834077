/** What `medex record` prints with `--json`. */
import { RECORD_FORMATS } from "@medexchain/sfe";
import { z } from "zod";
import { count, hex32, integer, timings } from "../output/json-types.ts";

export const publishResult = z.strictObject({
  recordId: hex32,
  format: z.enum(RECORD_FORMATS),
  pieces: count,
  features: z.strictObject({ public: count, private: count }),
  capsule: hex32,
  publicFragment: hex32,
  privateFragment: hex32,
  sizes: z
    .strictObject({ document: count, capsule: count, publicFragment: count, privateFragment: count })
    .describe("bytes"),
  timings,
  transactionHash: hex32,
  maxAccessCount: count,
});

const facts = {
  owner: hex32,
  status: z.enum(["none", "active", "revoked", "unknown"]),
  maxAccessCount: integer.describe("how often one requester may be granted access"),
  anchoredAt: integer.describe("the number of the block in which it was anchored"),
};

export const listResult = z.array(
  z.strictObject({
    recordId: hex32,
    ...facts,
    privateFragmentHere: z.boolean().describe("false: restore a backup before you approve a request for it"),
  }),
);
export const showResult = z.strictObject({ recordId: hex32, chain: z.string(), ...facts });
/** Of `revoke` and `limit`. */
export const changeResult = z.strictObject({ recordId: hex32, ...facts, transactionHash: hex32 });
