/** What `medex access` prints with `--json`. */
import { DECISIONS, REQUEST_STATES } from "@medexchain/chain";
import { z } from "zod";
import { address, count, hex32, integer, timings, unixTime } from "../output/json-types.ts";

export const requestResult = z.strictObject({
  requestId: hex32,
  recordId: hex32,
  requester: hex32,
  purpose: hex32.describe("HL7 v3 PurposeOfUse, as ASCII padded with zeros"),
  destinationChainId: integer,
  destination: address,
  issuedAt: unixTime,
  expiry: unixTime,
  nonce: integer,
  transactionHash: hex32,
});
export const listResult = z.array(
  z.strictObject({
    requestId: hex32,
    recordId: hex32,
    requester: hex32,
    purpose: z.string().describe("HL7 v3 PurposeOfUse, in printable characters"),
    expiry: unixTime,
    state: z.enum(REQUEST_STATES),
  }),
);
export const approveResult = z.strictObject({
  requestId: hex32,
  decision: z.enum(DECISIONS).describe("Granted, or why Algorithm 1 refused"),
  transactionHash: hex32,
  sent: z
    .strictObject({
      sealedRekey: hex32,
      headBlockId: hex32,
      chunks: count,
      sizes: z.strictObject({ sealedRekey: count, message: count }).describe("bytes"),
    })
    .exactOptional()
    .describe("absent when it was refused: then nothing was sent"),
  timings,
});
export const denyResult = z.strictObject({
  requestId: hex32,
  decision: z.literal("DeniedByOwner"),
  transactionHash: hex32,
});
export const openResult = z.strictObject({
  requestId: hex32,
  recordId: hex32,
  file: z.string(),
  bytes: count,
  verified: z.array(z.string()).describe("what was checked before anything was written"),
  withheld: z.array(z.string()).describe("private features that the owner did not send; blank in the file"),
  timings,
});
export const ackResult = z.strictObject({
  requestId: hex32,
  acknowledgement: z.enum(["Opened", "Disputed"]),
  transactionHash: hex32,
});
