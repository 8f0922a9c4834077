/** What a device keeps of what is under way and is secret, in its folder: in a box under a key that its vault derives, and its folder does not hold. */
import { fromHex32, type Hex32 } from "@medexchain/chain";
import { openXChaCha, sealXChaCha } from "@medexchain/core";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import type { ApprovalPart, ApprovalProgress } from "./approval-progress.ts";
import type { Owner } from "./owner.ts";

/** Which secret it is. */
export interface SealedPartSubject {
  readonly recordId: Hex32;
  /** Of what is under way: a request, or the record itself. */
  readonly about: Hex32;
  readonly part: ApprovalPart;
}

/**
 * A secret that was kept before; else makes it, and keeps it durably, in a box.
 *
 * @returns it; wipe it after use
 */
export async function sealedOnce(
  owner: Pick<Owner, "fragmentKeyOf">,
  progress: ApprovalProgress,
  subject: SealedPartSubject,
  make: () => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const { part } = subject;
  const key = keyOf(owner, subject);
  try {
    const associated = utf8ToBytes(part);
    const seal = async () => {
      const secret = await make();
      const box = sealXChaCha(key, secret, associated);
      secret.fill(0);
      return box;
    };
    const keep = () => progress.once(part, seal);
    const kept = openXChaCha(key, await keep(), associated);
    if (kept !== undefined) return kept;
    await progress.drop(part); // damaged, or of another vault: of no use
    const made = openXChaCha(key, await keep(), associated);
    if (made === undefined) throw new RangeError("what was sealed just now opens");
    return made;
  } finally {
    key.fill(0);
  }
}

/** Of the key of the record's private fragment, which no capsule holds: whoever was granted the record does not have it. */
function keyOf(owner: Pick<Owner, "fragmentKeyOf">, { recordId, about }: SealedPartSubject): Uint8Array {
  const fragmentKey = owner.fragmentKeyOf(recordId);
  const info = concatBytes(utf8ToBytes("medexchain/v1/device-progress\0"), fromHex32(about));
  try {
    return hkdf(sha256, fragmentKey, undefined, info, 32);
  } finally {
    fragmentKey.fill(0);
  }
}
