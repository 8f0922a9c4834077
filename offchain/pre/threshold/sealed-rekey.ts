/**
 * The re-encryption key as an owner anchors it: what the doctor opens with, and the commitment to every relayer's partial. It is public: the
 * secret part, `rk1'`, is in no object whole, and its shares are in an object of their own (sealed-shares.ts), which this one names by digest.
 */
import { anyBytes, decodeObject, encodeList, encodeObject, MedexError } from "@medexchain/core";
import { concatBytes } from "@noble/hashes/utils.js";
import { z } from "zod";
import { checkG2, checkGt, type G2Bytes, type GtBytes } from "../elements.ts";
import { g2Field, gtField } from "../fields.ts";
import { RECORD_SECRET_LENGTH } from "../key-derivation.ts";
import { type XWingBox, xWingBoxOf } from "../x-wing.ts";
import { MAX_SHARES, type PartialContext } from "./group.ts";
import {
  checkLists,
  contextFields,
  contextItems,
  DIGEST_LENGTH,
  digestField,
  indexField,
  oneEach,
  readObject,
  wireContext,
} from "./wire.ts";

const indicesField = oneEach(indexField);
const thresholdField = z.int().min(1).max(MAX_SHARES);
const box = xWingBoxOf(RECORD_SECRET_LENGTH);

const named = z
  .strictObject({
    ...contextFields,
    v: z.literal(2), // 1 was RK' whole, sealed to one key of all relayers
    C3: g2Field,
    C4: gtField,
    indices: indicesField,
    digests: oneEach(digestField),
    threshold: thresholdField,
    shares: digestField,
    secret: box.exactOptional(),
  })
  .transform(({ v: _, ...fields }) => ({ ...fields, form: "named" as const }));

/** All digests, one after another. */
const digestsField = anyBytes()
  .refine(({ length }) => length > 0 && length % DIGEST_LENGTH === 0 && length <= MAX_SHARES * DIGEST_LENGTH, {
    error: "must be digests of 32 bytes",
  })
  .transform((bytes) =>
    Array.from({ length: bytes.length / DIGEST_LENGTH }, (_, at) =>
      bytes.slice(DIGEST_LENGTH * at, DIGEST_LENGTH * (at + 1)),
    ),
  );
const items = [
  z.literal(3),
  ...contextItems,
  g2Field,
  gtField,
  indicesField,
  digestsField,
  thresholdField,
  digestField,
] as const;
const listed = z
  .union([z.tuple(items), z.tuple([...items, box.shape.enc, box.shape.ct])])
  .transform(([_, requestId, epoch, C3, C4, indices, digests, threshold, shares, enc, ct]) => ({
    ...{ requestId, epoch, C3, C4, indices, digests, threshold, shares },
    ...(enc && ct && { secret: { enc, ct } }),
  }));
const schema = z.union([listed, named]);

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
  /** `Q` of the record, sealed to the doctor by the owner's device, which adds it; absent for records of before there was one. */
  readonly secret?: XWingBox;
}

/**
 * Encodes a re-encryption key as DAG-CBOR: `[3, requestId, epoch, C3, C4, indices, digests, threshold, shares, enc?, ct?]`, the digests in one string
 * of bytes; in the form of before, `{ v: 2, requestId, epoch, C3, C4, indices, digests, threshold, shares, secret? }`. Its digest is anchored.
 *
 * @throws INPUT_INVALID
 */
export function encodeSealedReKey(sealed: SealedReKey): Uint8Array {
  const { C3, C4, indices, digests, threshold, shares, secret } = sealed;
  checkLists(indices, threshold, digests);
  const { requestId, epoch } = wireContext(sealed);
  if (sealed.form === "named") {
    const fields = { C3, C4, indices: [...indices], digests: [...digests], threshold, shares };
    return encodeObject({ v: 2, requestId, epoch, ...fields, ...(secret && { secret: { ...secret } }) });
  }
  const all = concatBytes(...digests.map((digest) => checkDigest(digest)));
  const listed = [3, requestId, epoch, C3, C4, [...indices], all, threshold, shares];
  return encodeList([...listed, ...(secret ? [secret.enc, secret.ct] : [])]);
}

/** A digest among others is told by its place: one of another length would move all that follow. */
function checkDigest(digest: Uint8Array): Uint8Array {
  if (digest.length === DIGEST_LENGTH) return digest;
  throw new MedexError("INPUT_INVALID", `a partial's digest has ${DIGEST_LENGTH} bytes, not ${digest.length}`);
}

/**
 * Decodes a re-encryption key and checks its elements and its group. That it is for the request, epoch and relayers at hand is for the caller
 * to compare.
 *
 * @throws SEALED_REKEY_INVALID
 */
export function parseSealedReKey(bytes: Uint8Array): SealedReKey {
  return readObject(bytes, schema, "the sealed re-encryption key", "SEALED_REKEY_INVALID", (decoded) => {
    checkLists(decoded.indices, decoded.threshold, decoded.digests);
    return {
      ...decoded,
      epoch: BigInt(decoded.epoch),
      C3: checkG2(decoded.C3, "C3"),
      C4: checkGt(decoded.C4, "C4"),
    };
  });
}

/** Where what belongs to a sealed key is. */
export type SealedReKeyNames = Pick<SealedReKey, "indices" | "digests" | "shares">;

/**
 * Reads where the partials and the shares of a sealed key are, for who fetches them and leaves its elements to others: neither curve nor group is
 * checked.
 *
 * @throws SEALED_REKEY_INVALID
 */
export function namesInSealedReKey(bytes: Uint8Array): SealedReKeyNames {
  const what = "the sealed re-encryption key";
  const { indices, digests, shares } = decodeObject(bytes, schema, what, "SEALED_REKEY_INVALID");
  return { indices, digests, shares };
}
