/**
 * Everything that derives from `M`, and where a record has one from its secret `Q` with it: HKDF-SHA-256 (RFC 5869), one label per purpose. `M` is
 * as strong as pairings are, and whoever has the hospital's and its firewall's secrets computes it; `Q` is drawn on the owner's device and sealed
 * to each doctor alone (record-secret.ts).
 */

import { MedexError } from "@medexchain/core";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { GT_LENGTH, type GtBytes } from "./elements.ts";

/**
 * The purposes that keys are derived for, with the context that each is bound to:
 *
 * | label                | context     | key                                                      |
 * | -------------------- | ----------- | -------------------------------------------------------- |
 * | `capsule/box`        | record id   | XChaCha20-Poly1305 key of the capsule's box              |
 * | `capsule/commitment` | record id   | public value by which a wrong `M` is told before opening |
 * | `tangle/side-key`    | request id  | side key of the request's restricted Tangle channel      |
 */
export type KeyLabel = "capsule/box" | "capsule/commitment" | "tangle/side-key";

/** `Q`, in bytes. */
export const RECORD_SECRET_LENGTH = 32;

declare const joined: unique symbol;
/** `M ‖ Q`, 608 bytes, from `joinSecrets`. */
export type JoinedSecrets = Uint8Array & { readonly [joined]: true };

/**
 * Puts both secrets of a record together, as keys derive from them.
 *
 * @param q 32 bytes
 * @returns 608 bytes; wipe them after use
 * @throws INPUT_INVALID
 */
export function joinSecrets(m: GtBytes, q: Uint8Array): JoinedSecrets {
  if (q.length !== RECORD_SECRET_LENGTH) {
    throw new MedexError("INPUT_INVALID", `a record's secret Q has ${RECORD_SECRET_LENGTH} bytes, not ${q.length}`);
  }
  return concatBytes(m, q) as JoinedSecrets; // checked on the line above
}

const LABEL_ROOT = "medexchain/v1/";

/**
 * `HKDF-SHA-256(ikm = M or M ‖ Q, salt = none, info = "medexchain/v1/" ‖ label ‖ 0x00 ‖ context)`. Labels hold no zero byte, so label and
 * context cannot run into each other.
 *
 * @param m the decapsulated `M`, 576 bytes, or both secrets of a record
 * @param label the purpose
 * @param context what the key is bound to, see `KeyLabel`
 * @param length bytes wanted, 1 to 8160
 * @throws INPUT_INVALID when `M` or the length is out of range
 */
export function deriveKey(m: GtBytes | JoinedSecrets, label: KeyLabel, context: Uint8Array, length = 32): Uint8Array {
  if (m.length !== GT_LENGTH && m.length !== GT_LENGTH + RECORD_SECRET_LENGTH) {
    throw new MedexError(
      "INPUT_INVALID",
      `M must be ${GT_LENGTH} bytes, got ${m.length}; pass what decryption returned`,
    );
  }
  return expandLabel(m, label, context, length);
}

/** The same derivation from any secret of this folder; internal, since its labels are not those of `M`. */
export function expandLabel(secret: Uint8Array, label: string, context: Uint8Array, length: number): Uint8Array {
  if (!Number.isInteger(length) || length < 1 || length > 255 * 32) {
    throw new MedexError("INPUT_INVALID", `a derived key has 1 to 8160 bytes, not ${length}; choose another length`);
  }
  return hkdf(sha256, secret, undefined, concatBytes(utf8ToBytes(`${LABEL_ROOT}${label}\0`), context), length);
}
