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
import { randomBytes } from "node:crypto";
import { isMainThread } from "node:worker_threads";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import mcl, { type G1 } from "mcl-wasm";
import { accountOfKey, keyRecovery } from "./signatures.ts";

/** Account in lower case, digest, signature. */
export type SignatureToCheck = readonly [account: string, digest: Uint8Array, signature: Uint8Array];

/** Whether each was made by its account's own key. */
export type BatchVerifier = (batch: readonly SignatureToCheck[]) => boolean[];

/** Signatures of one sum: mcl keeps their points on its stack. */
const MOST_AT_ONCE = 512;
/** Below this many, a sum costs as much as recovering each. */
const FEWEST_AT_ONCE = 8;
/** Keys that are remembered, about 300 bytes each: an account whose key was forgotten has its next signature recovered. */
const MOST_KEYS = 10_000;

const { Fn, BASE } = secp256k1.Point;
const WEIGHT_BYTES = 16;

interface Known {
  readonly position: number;
  readonly account: string;
  readonly key: G1;
  readonly point: G1;
  readonly z: bigint;
  readonly r: bigint;
  readonly s: bigint;
}

/** Makes a verifier, in a worker thread that has no other use of mcl. */
export async function batchVerifier(): Promise<BatchVerifier> {
  if (isMainThread) throw new Error("the main thread's mcl is for offchain/pre");
  const keyOf = await keyRecovery();
  await mcl.init(mcl.SECP256K1);
  const { x, y } = BASE.toAffine();
  const base = pointOf(x, (y & 1n) === 1n);
  /** Oldest first. */
  const keys = new Map<string, G1>();

  const recovered = ([account, digest, signature]: SignatureToCheck): boolean => {
    const key = keyOf(digest, signature);
    if (!key || accountOfKey(key) !== account) return false;
    const oldest = keys.keys().next();
    if (keys.size >= MOST_KEYS && !oldest.done) keys.delete(oldest.value);
    keys.set(account, pointOf(integer(key.subarray(1, 33)), ((key[64] ?? 0) & 1) === 1));
    return true;
  };

  return (batch) => {
    const held = batch.map(() => false);
    let sum: Known[] = [];
    const settle = () => {
      const isGood = sum.length >= FEWEST_AT_ONCE && sumsToZero(sum, base);
      for (const { position } of sum) {
        const one = batch[position];
        held[position] = isGood || (one !== undefined && recovered(one));
      }
      sum = [];
    };
    for (const [position, one] of batch.entries()) {
      const key = keys.get(one[0]);
      const known = key && knownTerm(position, one, key);
      if (!known) {
        held[position] = recovered(one);
        continue;
      }
      sum.push(known);
      if (sum.length >= MOST_AT_ONCE) settle();
    }
    settle();
    return held;
  };
}

/** The numbers and the point of a signature; undefined for any that recovery might refuse, which then says so. */
function knownTerm(position: number, [account, digest, signature]: SignatureToCheck, key: G1): Known | undefined {
  const v = signature[64];
  if (digest.length !== 32 || signature.length !== 65 || (v !== 27 && v !== 28)) return undefined;
  const [z, r, s] = [digest, signature.subarray(0, 32), signature.subarray(32, 64)].map(integer) as [
    bigint,
    bigint,
    bigint,
  ]; // three
  if (r === 0n || r >= Fn.ORDER || s === 0n || 2n * s > Fn.ORDER) return undefined;
  try {
    return { position, account, key, point: pointOf(r, v === 28), z, r, s };
  } catch {
    return undefined; // mcl throws a plain Error: there is no point with this x
  }
}

/** Whether the weighted sum over all signatures is the point at infinity. */
function sumsToZero(sum: readonly Known[], base: G1): boolean {
  const random = randomBytes(WEIGHT_BYTES * sum.length);
  const inverses = Fn.invertBatch(sum.map(({ s }) => s));
  let ofBase = 0n;
  const ofKeys = new Map<string, { readonly key: G1; scalar: bigint }>();
  const points: G1[] = [];
  const scalars: bigint[] = [];
  for (const [at, { account, key, point, z, r }] of sum.entries()) {
    const weight = integer(random.subarray(WEIGHT_BYTES * at, WEIGHT_BYTES * (at + 1)));
    const weighted = Fn.mul(weight, inverses[at] ?? 0n);
    ofBase += weighted * z;
    const ofKey = ofKeys.get(account) ?? { key, scalar: 0n };
    ofKeys.set(account, ofKey);
    ofKey.scalar += weighted * r;
    points.push(point);
    scalars.push(weight);
  }
  points.push(base);
  scalars.push(Fn.neg(Fn.create(ofBase)));
  for (const { key, scalar } of ofKeys.values()) {
    points.push(key);
    scalars.push(Fn.neg(Fn.create(scalar)));
  }
  return mcl.mulVec(points, scalars.map(scalarOf)).isZero();
}

const integer = (bytes: Uint8Array): bigint =>
  BigInt(`0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex")}`);

const littleEndian = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(64, "0"), "hex").reverse();

function scalarOf(value: bigint): mcl.Fr {
  const scalar = new mcl.Fr();
  scalar.setLittleEndian(littleEndian(value));
  return scalar;
}

/** The point with an x, below the field's order, and the parity of its y. An Error of mcl where there is none. */
function pointOf(x: bigint, isOdd: boolean): G1 {
  const point = new mcl.G1();
  // As SEC 1 §2.3.3 compresses it, but with the bytes of x in reverse.
  point.deserialize(Buffer.concat([Buffer.of(isOdd ? 3 : 2), littleEndian(x)]));
  return point;
}
