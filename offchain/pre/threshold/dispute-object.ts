/** A relayer's dispute as it publishes it: the partial that its share gives, which its firewall did not commit to, and the proof. */
import { bytesOf, encodeObject } from "@medexchain/core";
import { z } from "zod";
import { checkGt } from "../elements.ts";
import { gtField } from "../fields.ts";
import { DISPUTE_PROOF_LENGTH } from "./dispute.ts";
import { checkIndices } from "./group.ts";
import type { PublishedPartial } from "./partial-object.ts";
import { contextFields, indexField, readObject, wireContext } from "./wire.ts";

const schema = z.strictObject({
  ...contextFields,
  index: indexField,
  partial: gtField,
  proof: bytesOf(DISPUTE_PROOF_LENGTH),
});

/** What a relayer says of a firewall's commitment. */
export interface Dispute extends PublishedPartial {
  /** From `provePartial`, 80 bytes. */
  readonly proof: Uint8Array;
}

/**
 * Encodes a dispute as DAG-CBOR: `{ v: 1, requestId, epoch, index, partial, proof }`. Its digest goes on-chain.
 *
 * @throws INPUT_INVALID
 */
export function encodeDispute({ index, partial, proof, ...context }: Dispute): Uint8Array {
  checkIndices([index]);
  return encodeObject({ v: 1, ...wireContext(context), index, partial, proof });
}

/**
 * Decodes a dispute and checks its element; the proof is for `verifyPartial`.
 *
 * @throws RE_ENCRYPTION_INVALID
 */
export function parseDispute(bytes: Uint8Array): Dispute {
  return readObject(bytes, schema, "the dispute", "RE_ENCRYPTION_INVALID", (decoded) => ({
    requestId: decoded.requestId,
    epoch: BigInt(decoded.epoch),
    index: decoded.index,
    partial: checkGt(decoded.partial, `the partial of relayer ${decoded.index}`),
    proof: decoded.proof,
  }));
}
