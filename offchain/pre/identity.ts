/** Identities and ids: which bytes name an owner, a user, a record and a request. */

import { MedexError } from "@medexchain/core";
import { concatBytes, createView } from "@noble/hashes/utils.js";

/** Record ids and request ids are 32 bytes, as on-chain. */
export const ID_LENGTH = 32;

/**
 * An owner's IBE identity, `ID_DO = identity ‖ scope`: one key per scope, so that a granted re-encryption key can at worst
 * give away the key of its own scope.
 */
export interface ScopedIdentity {
  /** The owner's pseudonymous id. */
  readonly identity: Uint8Array;
  /** The record id, or the name of a series of records that the owner shares as one. */
  readonly scope: Uint8Array;
}

/**
 * The bytes of `ID_DO`. Each part is preceded by its length (4 bytes, big-endian), so that no two pairs give the same bytes.
 *
 * @throws INPUT_INVALID when a part is empty
 */
export function scopedIdentityBytes(owner: ScopedIdentity): Uint8Array {
  return concatBytes(
    lengthPrefixed(owner.identity, "the owner's identity"),
    lengthPrefixed(owner.scope, "the owner's scope"),
  );
}

/**
 * Checks the identity of a user.
 *
 * @throws INPUT_INVALID when it is empty
 */
export function checkUserIdentity(identity: Uint8Array): Uint8Array {
  expectNotEmpty(identity, "the user's identity");
  return identity;
}

/**
 * Checks a record or request id.
 *
 * @throws INPUT_INVALID when it is not 32 bytes
 */
export function checkId(id: Uint8Array, field: "recordId" | "requestId"): Uint8Array {
  if (!(id instanceof Uint8Array) || id.length !== ID_LENGTH) {
    throw new MedexError(
      "INPUT_INVALID",
      `${field} must be a Uint8Array of ${ID_LENGTH} bytes; pass the id as on-chain`,
    );
  }
  return id;
}

function lengthPrefixed(part: Uint8Array, field: string): Uint8Array {
  expectNotEmpty(part, field);
  const length = new Uint8Array(4);
  createView(length).setUint32(0, part.length);
  return concatBytes(length, part);
}

function expectNotEmpty(part: Uint8Array, field: string): void {
  if (!(part instanceof Uint8Array) || part.length === 0) {
    throw new MedexError("INPUT_INVALID", `${field} must be a Uint8Array that is not empty; pass the 32-byte id`);
  }
}
