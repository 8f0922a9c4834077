/** What the attackers compute, with nothing but what they see. */
import { type G1Bytes, type GtBytes, HASH_TAGS, type ReKey } from "@medexchain/pre";
import { Fp12, g1, g2, gt, hash, pair, toG1, toGt } from "./noble.ts";

/** A user's view of X: `X = rk3' / e(sk_DU, rk2')`. */
export function xByUser(reKey: Pick<ReKey, "rk2" | "rk3">, userKey: G1Bytes): GtBytes {
  return toGt(Fp12.div(gt(reKey.rk3), pair(g1(userKey), g2(reKey.rk2))));
}

/** `sk_DO' = H2(X) − (rk1' + c3')`: RK' and X give the owner's key. */
export function ownerKeyFrom(rk1: G1Bytes, c3: G1Bytes, x: GtBytes): G1Bytes {
  return toG1(hash(x, HASH_TAGS.gt).subtract(g1(rk1).add(g1(c3))));
}

/** Whether `needle` occurs in `haystack`. */
export function contains(haystack: Uint8Array, needle: Uint8Array): boolean {
  return Buffer.from(haystack).includes(Buffer.from(needle));
}
