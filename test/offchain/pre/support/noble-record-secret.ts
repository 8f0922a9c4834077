/** The secret of a record beside M a second time, over @noble only (docs/design.md §3). Nothing of offchain/pre is used. */
import { encode } from "@ipld/dag-cbor";
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { xWingPublicKey, xWingSeal } from "./hpke.ts";
import type { Input, Output } from "./noble-threshold.ts";

/** A key of M and Q together, for a purpose. */
function derive(input: Input, label: string, context: Uint8Array): Uint8Array {
  const info = concatBytes(utf8ToBytes(`medexchain/v1/${label}\0`), context);
  return hkdf(sha256, concatBytes(input("M"), input("Q")), undefined, info, 32);
}

export const RECORD_SECRET_ALGORITHMS: Record<string, (input: Input, random: Uint8Array[]) => Output> = {
  "key derivation with Q": (input) => ({
    key: derive(input, new TextDecoder().decode(input("label")), input("context")),
  }),
  "capsule with Q": (input, [, nonce]) => {
    // The first draw is the weight of the device's check of the firewall, of which nothing is to be seen.
    const [c1, c2, c3, recordId] = ["c1", "c2", "c3", "recordId"].map((field) => input(field));
    const associated = [
      "medexchain/v2/capsule",
      recordId,
      input("owner", "identity"),
      input("owner", "scope"),
      c1,
      c2,
      c3,
    ];
    const key = derive(input, "capsule/box", recordId!);
    const box = xchacha20poly1305(key, nonce!, encode(associated)).encrypt(input("payload"));
    const commitment = derive(input, "capsule/commitment", recordId!);
    return { capsule: encode({ v: 2, c1, c2, c3, commitment, nonce: nonce!, box }) };
  },
  "doctor's key": (input) => ({ publicKey: xWingPublicKey(input("seed")) }),
  "record secret": (input, [coins]) => {
    const info = concatBytes(utf8ToBytes("medexchain/v1/record-secret\0"), input("requestId"), input("recordId"));
    return xWingSeal(input("Q"), input("publicKey"), coins!, info);
  },
  "sealed re-encryption key with Q": (input) => {
    const [requestId, C3, C4, digests, shares, enc, ct] = ["requestId", "rk2", "rk3", "h", "shares", "enc", "ct"].map(
      (field) => input(field),
    );
    const [epoch, threshold, indices] = [input("epoch")[7]!, input("threshold")[0]!, [...input("indices")]];
    return { published: encode([3, requestId, epoch, C3, C4, indices, digests, threshold, shares, enc, ct]) };
  },
};
