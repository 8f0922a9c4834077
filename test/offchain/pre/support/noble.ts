/** The same group elements in @noble/curves: a second implementation, and the attackers' calculator. */

import { type G1Bytes, type G2Bytes, GT_LENGTH, type GtBytes } from "@medexchain/pre";
import { bls12_381 as bls } from "@noble/curves/bls12-381.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

export const { Fp12, Fr } = bls.fields;
export const G1 = bls.G1.Point;
export const G2 = bls.G2.Point;
export type Point1 = InstanceType<typeof G1>;
export type Point2 = InstanceType<typeof G2>;
export type Gt = ReturnType<typeof bls.pairing>;

const COEFFICIENT = 48;

export const g1 = (bytes: Uint8Array): Point1 => G1.fromBytes(bytes);
export const g2 = (bytes: Uint8Array): Point2 => G2.fromBytes(bytes);
export const pair = (p: Point1, q: Point2): Gt => bls.pairing(p, q);
export const hash = (message: Uint8Array, tag: string): Point1 =>
  G1.fromAffine(bls.G1.hashToCurve(message, { DST: utf8ToBytes(tag) }).toAffine());
export const randomExponent = (): bigint => Fr.fromBytes(bls.utils.randomSecretKey());

// The attackers in the tests hand-make elements, so the brands are theirs to give.
export const toG1 = (point: Point1): G1Bytes => point.toBytes(true) as Uint8Array as G1Bytes;
export const toG2 = (point: Point2): G2Bytes => point.toBytes(true) as Uint8Array as G2Bytes;

export const gt = (bytes: Uint8Array): Gt => Fp12.fromBytes(swapPairs(bytes));
export const toGt = (value: Gt): GtBytes => swapPairs(Fp12.toBytes(value)) as GtBytes;

/** noble writes each Fp2 coefficient pair highest first, the wire form lowest first. */
function swapPairs(bytes: Uint8Array): Uint8Array {
  const swapped = new Uint8Array(GT_LENGTH);
  for (let i = 0; i < GT_LENGTH / COEFFICIENT; i += 1) {
    swapped.set(bytes.subarray(i * COEFFICIENT, (i + 1) * COEFFICIENT), (i ^ 1) * COEFFICIENT);
  }
  return swapped;
}
