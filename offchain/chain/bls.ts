/**
 * BLS signatures over BLS12-381, as `contracts/libraries/BlsSignatures.sol` verifies them.
 *
 * Source: draft-irtf-cfrg-bls-signature, ciphersuite BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_ (signatures in G1, keys in G2, proofs of
 * possession), with hash_to_curve of RFC 9380. What is signed has 32 bytes: an EIP-712 digest. Points are bytes as the precompiles of
 * EIP-2537 take them: coordinates of 64 bytes, big-endian, 128 bytes in G1 and 256 in G2.
 *
 * Limits: signatures add up only where each key's possession was proven, which `RelayerSet.setBlsKey` does before it takes one. Signing is
 * not constant-time: a relayer signs what it chose itself, on its own machine.
 */

import type { Hex32 } from "@medexchain/core";
import { fromHex32 } from "@medexchain/core";
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { expand, extract } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";

/** Tag of signatures. */
export const BLS_SIGNATURE_TAG = "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_";
/** Tag of proofs of possession. */
export const BLS_POSSESSION_TAG = "BLS_POP_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_";
export type BlsTag = typeof BLS_SIGNATURE_TAG | typeof BLS_POSSESSION_TAG;

export const BLS_SECRET_KEY_LENGTH = 32;
export const BLS_PUBLIC_KEY_LENGTH = 256;
export const BLS_SIGNATURE_LENGTH = 128;

const { shortSignatures, G1, G2, fields } = bls12_381;
type G1Point = InstanceType<typeof G1.Point>;
type G2Point = InstanceType<typeof G2.Point>;

const COORDINATE = 64;
/** What a coordinate below p has to begin with. */
const PADDING = COORDINATE - fields.Fp.BYTES;

/**
 * Derives a secret key: `KeyGen` of the draft, which is `HKDF_mod_r` of EIP-2333.
 *
 * @param seed secret, at least 32 bytes
 * @param info what the key is for; keys of one seed with different `info` tell nothing of each other
 * @returns 32 bytes, big-endian, to be wiped by the caller
 * @throws RangeError when the seed is shorter
 */
export function deriveBlsKey(seed: Uint8Array, info = ""): Uint8Array {
  if (seed.length < 32) throw new RangeError(`expected a seed of at least 32 bytes, got ${seed.length}`);
  const length = 48;
  const keyMaterial = concatBytes(seed, Uint8Array.of(0));
  const context = concatBytes(utf8ToBytes(info), Uint8Array.of(0, length));
  let salt = utf8ToBytes("BLS-SIG-KEYGEN-SALT-");
  try {
    for (;;) {
      salt = sha256(salt);
      const random = extract(sha256, keyMaterial, salt);
      const output = expand(sha256, random, context, length);
      const key = fields.Fr.create(bigIntOf(output));
      random.fill(0);
      output.fill(0);
      if (key !== 0n) return fields.Fr.toBytes(key);
    }
  } finally {
    keyMaterial.fill(0);
  }
}

/** The public key of a secret key. */
export const blsPublicKey = (secretKey: Uint8Array): Uint8Array => g2Bytes(shortSignatures.getPublicKey(secretKey));

/** Signs a digest. */
export function signBls(secretKey: Uint8Array, digest: Hex32, tag: BlsTag = BLS_SIGNATURE_TAG): Uint8Array {
  return g1Bytes(shortSignatures.sign(shortSignatures.hash(fromHex32(digest), tag), secretKey));
}

/**
 * Whether the holders of all of these keys signed a digest: `FastAggregateVerify`. False too where something is no point of its group, or the keys add up to
 * nothing.
 */
export function verifyBls(
  publicKeys: readonly Uint8Array[],
  digest: Hex32,
  signature: Uint8Array,
  tag: BlsTag = BLS_SIGNATURE_TAG,
): boolean {
  const keys = publicKeys.map(g2Point);
  const point = g1Point(signature);
  if (!point || keys.length === 0) return false;
  let sum = G2.Point.ZERO;
  for (const key of keys) {
    if (!key) return false;
    sum = sum.add(key);
  }
  if (sum.is0()) return false;
  return shortSignatures.verify(point, shortSignatures.hash(fromHex32(digest), tag), sum);
}

/**
 * Adds signatures of one digest up to one.
 *
 * @throws RangeError when there is none, or one is no point of G1
 */
export function addBlsSignatures(signatures: readonly Uint8Array[]): Uint8Array {
  if (signatures.length === 0) throw new RangeError("no signatures to add up");
  const sum = signatures.reduce((total, signature) => {
    const point = g1Point(signature);
    if (!point) throw new RangeError("a signature is no point of G1");
    return total.add(point);
  }, G1.Point.ZERO);
  return g1Bytes(sum);
}

function bigIntOf(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
}

const coordinate = (value: bigint): Uint8Array => concatBytes(new Uint8Array(PADDING), fields.Fp.toBytes(value));

function g1Bytes(point: G1Point): Uint8Array {
  if (point.is0()) return new Uint8Array(BLS_SIGNATURE_LENGTH);
  const { x, y } = point.toAffine();
  return concatBytes(coordinate(x), coordinate(y));
}

function g2Bytes(point: G2Point): Uint8Array {
  const { x, y } = point.toAffine();
  return concatBytes(...[x.c0, x.c1, y.c0, y.c1].map(coordinate));
}

/** A coordinate by its number; undefined where it is not below p. */
function coordinateAt(bytes: Uint8Array, number: number): bigint | undefined {
  const value = bigIntOf(bytes.subarray(COORDINATE * number, COORDINATE * (number + 1)));
  return value < fields.Fp.ORDER ? value : undefined;
}

/** A point of the subgroup, and not that at infinity; undefined for anything else. */
function g1Point(bytes: Uint8Array): G1Point | undefined {
  if (bytes.length !== BLS_SIGNATURE_LENGTH) return undefined;
  const [x, y] = [coordinateAt(bytes, 0), coordinateAt(bytes, 1)];
  if (x === undefined || y === undefined) return undefined;
  return valid(() => G1.Point.fromAffine({ x, y }));
}

function g2Point(bytes: Uint8Array): G2Point | undefined {
  if (bytes.length !== BLS_PUBLIC_KEY_LENGTH) return undefined;
  const [x0, x1, y0, y1] = [0, 1, 2, 3].map((number) => coordinateAt(bytes, number));
  if (x0 === undefined || x1 === undefined || y0 === undefined || y1 === undefined) return undefined;
  return valid(() => G2.Point.fromAffine({ x: { c0: x0, c1: x1 }, y: { c0: y0, c1: y1 } }));
}

/** The library throws for what is no point of the subgroup. */
function valid<P extends { assertValidity(): void; is0(): boolean }>(make: () => P): P | undefined {
  try {
    const point = make();
    point.assertValidity();
    return point.is0() ? undefined : point;
  } catch {
    return undefined;
  }
}
