/**
 * Many Ethereum signatures at once, for less than half of what one after the other costs.
 *
 * A signature (r, s, v) fixes the point R with x = r and the parity of v, and is by the key Q exactly if
 * R − (z/s)·G − (r/s)·Q = 0, which is what recovery solves for Q (SEC 1 §4.1.6). Where Q is known, as all signatures of an account after
 * its first are, the left sides are summed with random 128-bit weights: the sum is 0 if all are, and with probability 2⁻¹²⁸ otherwise
 * (small exponents test: Bellare, Garay, Rabin, "Fast batch verification", EUROCRYPT 1998, §3; the group's order is prime). A sum that
 * is not 0 says nothing about any single one: then each is recovered.
 *
 * The points are mcl's, which knows one curve in each thread: this is for threads of the audit's own, not for one that uses `offchain/pre`.
 */
import { isMainThread } from "node:worker_threads";
import { type KeyPoint, signatureSum } from "./signature-sum.ts";
import { accountOfKey, keyRecovery, MOST_AT_ONCE } from "./signatures.ts";

/** Account in lower case, digest, signature. */
export type SignatureToCheck = readonly [account: string, digest: Uint8Array, signature: Uint8Array];

/** Whether each was made by its account's own key. */
export type BatchVerifier = (batch: readonly SignatureToCheck[]) => boolean[];

/** Below this many, a sum costs as much as recovering each. */
const FEWEST_AT_ONCE = 8;
/** Keys that are remembered, about 400 bytes each: an account whose key was forgotten has its next signature recovered. */
const MOST_KEYS = 10_000;

/** Makes a verifier, in a worker thread that has no other use of mcl. */
export async function batchVerifier(): Promise<BatchVerifier> {
  if (isMainThread) throw new Error("the main thread's mcl is for offchain/pre");
  const keyOf = await keyRecovery();
  const sum = await signatureSum(MOST_AT_ONCE);
  /** Oldest first. */
  const keys = new Map<string, KeyPoint>();

  const recovered = ([account, digest, signature]: SignatureToCheck): boolean => {
    const key = keyOf(digest, signature);
    if (!key || accountOfKey(key) !== account) return false;
    const oldest = keys.keys().next();
    if (keys.size >= MOST_KEYS && !oldest.done) keys.delete(oldest.value);
    keys.set(account, sum.keyPoint(key));
    return true;
  };

  return (batch) => {
    const held = batch.map(() => false);
    /** Where in the batch the sum's are. */
    let positions: number[] = [];
    const settle = () => {
      const isGood = sum.isZero() && positions.length >= FEWEST_AT_ONCE;
      for (const position of positions) {
        const one = batch[position];
        held[position] = isGood || (one !== undefined && recovered(one));
      }
      positions = [];
    };
    for (const [position, one] of batch.entries()) {
      const [account, digest, signature] = one;
      const key = keys.get(account);
      if (!key || !sum.add(account, key, digest, signature)) {
        held[position] = recovered(one);
        continue;
      }
      positions.push(position);
      if (positions.length >= MOST_AT_ONCE) settle();
    }
    if (positions.length > 0) settle();
    return held;
  };
}
