/** A relayer's partial as it publishes it. Its digest is the address at which everyone fetches it, and what the firewall commits to. */
import { encodeObject } from "@medexchain/core";
import { sha256 } from "@noble/hashes/sha2.js";
import { z } from "zod";
import { checkGt, type GtBytes } from "../elements.ts";
import { gtField } from "../fields.ts";
import { checkIndices, type PartialContext } from "./group.ts";
import { contextFields, indexField, readObject, wireContext } from "./wire.ts";

const schema = z.strictObject({ ...contextFields, index: indexField, partial: gtField });

/** What one relayer answers with. */
export interface Partial {
  /** The relayer's index. */
  readonly index: number;
  /** `P_i`, 576 bytes. */
  readonly partial: GtBytes;
}

/** A partial with what it belongs to. */
export interface PublishedPartial extends Partial, PartialContext {}

/**
 * Encodes a partial as DAG-CBOR: `{ v: 1, requestId, epoch, index, partial }`.
 *
 * @returns up to 677 bytes, of which `partialDigest` is the digest
 * @throws INPUT_INVALID
 */
export function encodePartial({ index, partial, ...context }: PublishedPartial): Uint8Array {
  checkIndices([index]);
  return encodeObject({ v: 1, ...wireContext(context), index, partial });
}

/**
 * Decodes a partial and checks its element. That it is the one asked for is known by its digest.
 *
 * @throws RE_ENCRYPTION_INVALID
 */
export function parsePartial(bytes: Uint8Array): PublishedPartial {
  return readObject(bytes, schema, "the partial", "RE_ENCRYPTION_INVALID", ({ requestId, epoch, index, partial }) => ({
    requestId,
    epoch: BigInt(epoch),
    index,
    partial: checkGt(partial, `the partial of relayer ${index}`),
  }));
}

/**
 * `h_i`: SHA-256 of `encodePartial`, what the firewall commits to, and what a CID of the published partial holds.
 *
 * @param index of the relayer
 * @param partial `P_i`, 576 bytes
 * @returns 32 bytes
 * @throws INPUT_INVALID
 */
export function partialDigest({ requestId, epoch }: PartialContext, index: number, partial: GtBytes): Uint8Array {
  return sha256(encodePartial({ requestId, epoch, index, partial }));
}
