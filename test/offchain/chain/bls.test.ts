import { strict as assert } from "node:assert";
import {
  addBlsSignatures,
  aggregateOf,
  BLS_POSSESSION_TAG,
  BLS_SIGNATURE_TAG,
  blsKeyRegistration,
  blsPublicKey,
  deriveBlsKey,
  type Hex32,
  LAST_AGGREGATE_INDEX,
  possessionDigestOf,
  readAggregate,
  signBls,
  toHex32,
  verifyBls,
} from "@medexchain/chain";
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { getBytes } from "ethers";
import mcl from "mcl-wasm";
import { generatorG2, hashToG1, reduceToScalar } from "../../../offchain/pre/curve.ts";
import { initCurve } from "../../../offchain/pre/init-curve.ts";
import { BLS_VECTORS } from "../../vectors/bls.ts";

const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex, "hex"));
const seedOf = (name: string) => sha256(new TextEncoder().encode(name));
const digestOf = (name: string): Hex32 => toHex32(seedOf(name));
/** Coordinates without their padding. */
const coordinates = (point: Uint8Array): string[] =>
  Array.from({ length: point.length / 64 }, (_, number) =>
    Buffer.from(point.subarray(64 * number + 16, 64 * (number + 1))).toString("hex"),
  );
const SET = { chainId: 31337n, address: "0x5FbDB2315678afecb367f032d93F642f64180aa3" };
const RELAYER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";

describe("BLS signatures", () => {
  const keys = ["one", "two", "three"].map((name) => deriveBlsKey(seedOf(name)));
  const publicKeys = keys.map(blsPublicKey);
  const digest = digestOf("what relayers attest");
  const [key, publicKey] = [keys[0]!, publicKeys[0]!];

  it("derive keys as EIP-2333 does, others for each purpose, and none from a short seed", () => {
    const { seed, secretKey } = BLS_VECTORS.keyGeneration;
    assert.equal(BigInt(toHex32(deriveBlsKey(bytesOf(seed)))), BigInt(secretKey));
    assert.notDeepEqual(deriveBlsKey(bytesOf(seed), "another purpose"), deriveBlsKey(bytesOf(seed)));
    assert.throws(() => deriveBlsKey(new Uint8Array(31)), RangeError);
  });

  it("hash to the points of RFC 9380", () => {
    const { tag, vectors } = BLS_VECTORS.hashToCurve;
    for (const { message, x, y } of vectors) {
      const point = bls12_381.shortSignatures.hash(new TextEncoder().encode(message), tag).toAffine();
      assert.deepEqual(point, { x: BigInt(`0x${x}`), y: BigInt(`0x${y}`) });
    }
  });

  it("are byte for byte those of another implementation", async () => {
    await initCurve();
    const secret = reduceToScalar(key);
    const wordsOf = (point: { getStr(base: number): string }) => {
      const [finite, ...numbers] = point.getStr(16).split(" ");
      assert.equal(finite, "1");
      return numbers.map((number) => number.padStart(96, "0"));
    };
    for (const tag of [BLS_SIGNATURE_TAG, BLS_POSSESSION_TAG] as const) {
      const hashed = hashToG1(getBytes(digest), new TextEncoder().encode(tag));
      assert.deepEqual(coordinates(signBls(key, digest, tag)), wordsOf(mcl.mul(hashed, secret)));
    }
    assert.deepEqual(coordinates(publicKey), wordsOf(mcl.mul(generatorG2(), secret)));
  });

  it("verify for the key, the digest and the tag that they were made for, and for no other", () => {
    const signature = signBls(key, digest);
    assert.equal(verifyBls([publicKey], digest, signature), true);
    assert.equal(verifyBls([publicKeys[1]!], digest, signature), false);
    assert.equal(verifyBls([publicKey], digestOf("something else"), signature), false);
    assert.equal(verifyBls([publicKey], digest, signature, BLS_POSSESSION_TAG), false);
    assert.equal(verifyBls([], digest, signature), false);
  });

  it("add up to one of all keys, and of no other keys", () => {
    const sum = addBlsSignatures(keys.map((each) => signBls(each, digest)));
    assert.equal(verifyBls(publicKeys, digest, sum), true);
    assert.equal(verifyBls(publicKeys.slice(1), digest, sum), false);
    assert.equal(verifyBls([...publicKeys, publicKey], digest, sum), false);
    assert.throws(() => addBlsSignatures([]), RangeError);
  });

  it("are not what is no point: wrong lengths, infinity, coordinates past p, off the curve, off the subgroup", () => {
    const signature = signBls(key, digest);
    const changed = (at: number, value: number) => signature.with(at, value);
    const wrong = [
      signature.subarray(1),
      Uint8Array.of(...signature, 0),
      new Uint8Array(128),
      changed(0, 1), // in the padding
      changed(16, 0xff), // above p
      changed(63, signature[63]! ^ 1), // off the curve
      offSubgroup(),
    ];
    for (const each of wrong) {
      assert.equal(verifyBls([publicKey], digest, each), false);
      assert.throws(() => addBlsSignatures([each]), RangeError);
    }
    for (const each of [publicKey.subarray(1), new Uint8Array(256), publicKey.with(255, publicKey[255]! ^ 1)]) {
      assert.equal(verifyBls([each], digest, signature), false);
    }
  });

  it("are nobody's where keys cancel each other out", () => {
    const opposite = bls12_381.fields.Fr.toBytes(bls12_381.fields.Fr.neg(BigInt(toHex32(key))));
    const both = [publicKey, blsPublicKey(opposite)];
    const signatures = [signBls(key, digest), signBls(opposite, digest)];
    assert.equal(verifyBls([both[1]!], digest, signatures[1]!), true);
    assert.equal(verifyBls(both, digest, addBlsSignatures(signatures)), false);
  });

  it("prove that a relayer holds its key, to one set of one chain", () => {
    const { key: registered, proof } = blsKeyRegistration(key, SET, RELAYER);
    assert.deepEqual(registered, publicKey);
    const holds = (set: typeof SET, relayer: string) =>
      verifyBls([publicKey], possessionDigestOf(set, relayer, publicKey), proof, BLS_POSSESSION_TAG);
    assert.equal(holds(SET, RELAYER), true);
    assert.equal(holds({ ...SET, chainId: 1n }, RELAYER), false);
    assert.equal(holds({ ...SET, address: RELAYER }, RELAYER), false);
    assert.equal(holds(SET, SET.address), false);
  });

  it("are attested as bits of indices and their sum", () => {
    const shares = [3, 1, LAST_AGGREGATE_INDEX].map((index, i) => ({ index, signature: signBls(keys[i]!, digest) }));
    const { relayer, signature } = aggregateOf(SET.address, shares);
    assert.equal(relayer, SET.address);
    const read = readAggregate(signature);
    assert.deepEqual(read.signers, [1, 3, LAST_AGGREGATE_INDEX]);
    assert.equal(verifyBls(publicKeys, digest, read.signature), true);
    assert.throws(() => readAggregate(getBytes(signature).subarray(1)), RangeError);
    assert.throws(() => readAggregate(`${signature}00`), RangeError);
    for (const index of [0, 1.5, LAST_AGGREGATE_INDEX + 1]) {
      assert.throws(() => aggregateOf(SET.address, [{ index, signature: shares[0]!.signature }]), RangeError);
    }
    assert.throws(() => aggregateOf(SET.address, [shares[0]!, shares[0]!]), RangeError);
  });
});

/** A point of the curve that has another order. */
function offSubgroup(): Uint8Array {
  const { Fp } = bls12_381.fields;
  for (let x = 1n; ; x++) {
    const square = Fp.add(Fp.pow(x, 3n), 4n);
    if (!Fp.eql(Fp.pow(square, (Fp.ORDER - 1n) / 2n), Fp.ONE)) continue;
    const point = new Uint8Array(128);
    point.set(Fp.toBytes(x), 16);
    point.set(Fp.toBytes(Fp.sqrt(square)), 80);
    return point;
  }
}
