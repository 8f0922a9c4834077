/**
 * The re-encryption key as an owner anchors it: what the doctor opens with, and the commitment to every relayer's partial. It is public: the
 * secret part, `rk1'`, is in no object whole, and its shares are in an object of their own (sealed-shares.ts), which this one names by digest.
 */
import { encodeObject } from "@medexchain/core";
import { z } from "zod";
import { checkG2, checkGt, type G2Bytes, type GtBytes } from "../elements.ts";
import { g2Field, gtField } from "../fields.ts";
import { MAX_SHARES, type PartialContext } from "./group.ts";
import { checkLists, contextFields, digestField, indexField, oneEach, readObject, wireContext } from "./wire.ts";

const schema = z.strictObject({
  ...contextFields,
  v: z.literal(2), // 1 was RK' whole, sealed to one key of all relayers
  C3: g2Field,
  C4: gtField,
  indices: oneEach(indexField),
  digests: oneEach(digestField),
  threshold: z.int().min(1).max(MAX_SHARES),
  shares: digestField,
});

/** The re-encryption key of one request, as its relayers and its doctor read it. */
export interface SealedReKey extends PartialContext {
  /** `rk2'`, 96 bytes. */
  readonly C3: G2Bytes;
  /** `rk3'`, 576 bytes. */
  readonly C4: GtBytes;
  /** The relayers that hold shares, ascending. */
  readonly indices: readonly number[];
  /** `h_i`, 32 bytes each, in the order of the indices: where each relayer's partial is found. */
  readonly digests: readonly Uint8Array[];
  /** k: how many partials open. */
  readonly threshold: number;
  /** Digest of the sealed shares, 32 bytes. */
  readonly shares: Uint8Array;
}

/**
 * Encodes a re-encryption key as DAG-CBOR: `{ v: 2, requestId, epoch, C3, C4, indices, digests, threshold, shares }`. Its digest is anchored.
 *
 * @throws INPUT_INVALID
 */
export function encodeSealedReKey(sealed: SealedReKey): Uint8Array {
  const { C3, C4, indices, digests, threshold, shares } = sealed;
  checkLists(indices, threshold, digests);
  return encodeObject({
    v: 2,
    ...wireContext(sealed),
    C3,
    C4,
    indices: [...indices],
    digests: [...digests],
    threshold,
    shares,
  });
}

/**
 * Decodes a re-encryption key and checks its elements and its group. That it is for the request, epoch and relayers at hand is for the caller
 * to compare.
 *
 * @throws SEALED_REKEY_INVALID
 */
export function parseSealedReKey(bytes: Uint8Array): SealedReKey {
  return readObject(bytes, schema, "the sealed re-encryption key", "SEALED_REKEY_INVALID", ({ v: _, ...decoded }) => {
    checkLists(decoded.indices, decoded.threshold, decoded.digests);
    return {
      ...decoded,
      epoch: BigInt(decoded.epoch),
      C3: checkG2(decoded.C3, "C3"),
      C4: checkGt(decoded.C4, "C4"),
    };
  });
}
