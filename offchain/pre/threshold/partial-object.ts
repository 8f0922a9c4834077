/**
 * A relayer's partial as it publishes it. Its digest is the address at which everyone fetches it, and what the firewall commits to. A doctor fetches
 * k of them: the fields are in a list, whose names would be 32 bytes of each. With sealed keys of version 2 they had names.
 */
import { encodeList, encodeObject } from "@medexchain/core";
import { sha256 } from "@noble/hashes/sha2.js";
import { z } from "zod";
import { checkGt, type GtBytes } from "../elements.ts";
import { gtField } from "../fields.ts";
import { checkIndices, type PartialContext } from "./group.ts";
import { contextFields, contextItems, indexField, readObject, wireContext } from "./wire.ts";

const named = z
  .strictObject({ ...contextFields, index: indexField, partial: gtField })
  .transform(({ v: _, ...fields }) => ({ ...fields, form: "named" as const }));
const listed = z
  .tuple([z.literal(2), ...contextItems, indexField, gtField])
  .transform(([_, requestId, epoch, index, partial]) => ({ requestId, epoch, index, partial }));
const schema = z.union([listed, named]);

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
 * Encodes a partial as DAG-CBOR: `[2, requestId, epoch, index, partial]`; in the form of before, `{ v: 1, requestId, epoch, index, partial }`.
 *
 * @returns up to 645 bytes, of which `partialDigest` is the digest
 * @throws INPUT_INVALID
 */
export function encodePartial({ index, partial, ...context }: PublishedPartial): Uint8Array {
  checkIndices([index]);
  const { requestId, epoch } = wireContext(context);
  if (context.form === "named") return encodeObject({ v: 1, requestId, epoch, index, partial });
  return encodeList([2, requestId, epoch, index, partial]);
}

/**
 * Decodes a partial and checks its element. That it is the one asked for is known by its digest.
 *
 * @throws RE_ENCRYPTION_INVALID
 */
export function parsePartial(bytes: Uint8Array): PublishedPartial {
  return readObject(bytes, schema, "the partial", "RE_ENCRYPTION_INVALID", ({ epoch, partial, ...fields }) => ({
    ...fields,
    epoch: BigInt(epoch),
    partial: checkGt(partial, `the partial of relayer ${fields.index}`),
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
export function partialDigest(context: PartialContext, index: number, partial: GtBytes): Uint8Array {
  const { requestId, epoch, form } = context;
  return sha256(encodePartial({ requestId, epoch, index, partial, ...(form && { form }) }));
}
