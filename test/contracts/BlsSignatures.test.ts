import {
  BLS_POSSESSION_TAG,
  BLS_SIGNATURE_TAG,
  blsPublicKey,
  deriveBlsKey,
  type Hex32,
  signBls,
} from "@medexchain/chain";
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { expect } from "chai";
import { concat, hexlify, sha256, toBeHex, toUtf8Bytes } from "ethers";
import { network } from "hardhat";
import { BLS_VECTORS } from "../vectors/bls.ts";
import { digest } from "./support/messages.ts";
import { loadWorld } from "./support/world.ts";

interface Harness {
  isSupported(): Promise<boolean>;
  hashToPoint(message: Uint8Array, tag: Uint8Array): Promise<string>;
  isValid(key: string, message: string, tag: Uint8Array, signature: string): Promise<boolean>;
  add(one: string, other: string): Promise<string>;
}

const NAME = "BlsSignaturesHarness";
const coordinates = (...values: bigint[]): string => concat(values.map((value) => toBeHex(value, 64)));
const g1 = ({ x, y }: { x: bigint; y: bigint }): string => coordinates(x, y);
const g2 = (point: typeof bls12_381.G2.Point.BASE): string => {
  const { x, y } = point.toAffine();
  return coordinates(x.c0, x.c1, y.c0, y.c1);
};
const infinity = (length: number): string => hexlify(new Uint8Array(length));

describe("BlsSignatures", () => {
  let harness: Harness;
  const message = digest("what relayers attest");
  const [secret, otherSecret] = ["one", "another"].map((name) => deriveBlsKey(toUtf8Bytes(name.repeat(16))));
  const [key, otherKey] = [secret, otherSecret].map((each) => hexlify(blsPublicKey(each!)));
  const tag = toUtf8Bytes(BLS_SIGNATURE_TAG);
  const signed = (by = secret!, of = message) => hexlify(signBls(by, of as Hex32));

  beforeEach(async () => {
    const { a } = await loadWorld();
    harness = (await a.ethers.deployContract(NAME)) as unknown as Harness; // it is in no deployment, so it has no type
  });

  it("hashes to the points of RFC 9380, and to those of another implementation", async () => {
    const suite = BLS_VECTORS.hashToCurve;
    for (const { message: text, x, y } of suite.vectors) {
      const point = await harness.hashToPoint(toUtf8Bytes(text), toUtf8Bytes(suite.tag));
      expect(point).to.equal(coordinates(BigInt(`0x${x}`), BigInt(`0x${y}`)));
    }
    for (const ours of [BLS_SIGNATURE_TAG, BLS_POSSESSION_TAG]) {
      const expected = g1(bls12_381.shortSignatures.hash(toUtf8Bytes("any"), ours).toAffine());
      expect(await harness.hashToPoint(toUtf8Bytes("any"), toUtf8Bytes(ours))).to.equal(expected);
    }
  });

  it("takes signatures that others made: of drand's quicknet", async () => {
    const { tag: theirs, publicKey, rounds } = BLS_VECTORS.drand;
    const network = g2(bls12_381.G2.Point.fromHex(publicKey));
    for (const { round, signature } of rounds) {
      const point = g1(bls12_381.G1.Point.fromHex(signature).toAffine());
      const check = (of: number) => harness.isValid(network, sha256(toBeHex(of, 8)), toUtf8Bytes(theirs), point);
      expect(await check(round)).to.equal(true);
      expect(await check(round + 1)).to.equal(false);
    }
  });

  it("takes a signature for its key, message and tag, and for no other", async () => {
    expect(await harness.isValid(key!, message, tag, signed())).to.equal(true);
    expect(await harness.isValid(otherKey!, message, tag, signed())).to.equal(false);
    expect(await harness.isValid(key!, digest("something else"), tag, signed())).to.equal(false);
    expect(await harness.isValid(key!, message, toUtf8Bytes(BLS_POSSESSION_TAG), signed())).to.equal(false);
  });

  it("adds keys up, equal ones too", async () => {
    const [one, other] = [secret, otherSecret].map((each) => bls12_381.shortSignatures.getPublicKey(each!));
    expect(await harness.add(key!, otherKey!)).to.equal(g2(one!.add(other!)));
    expect(await harness.add(key!, key!)).to.equal(g2(one!.double()));
  });

  it("takes nothing that is no point of the subgroup", async () => {
    const [x, y] = [0, 1].map((number) => BigInt(`0x${signed().slice(2 + 128 * number, 130 + 128 * number)}`));
    const { ORDER } = bls12_381.fields.Fp;
    const wrong = [infinity(128), coordinates(x! + ORDER, y!), coordinates(x!, y! ^ 1n), offSubgroup()];
    for (const each of [...wrong, signed().slice(0, -2), `${signed()}00`]) {
      expect(await harness.isValid(key!, message, tag, each)).to.equal(false);
    }
    for (const each of [infinity(256), key!.slice(0, -2), `${key!}00`]) {
      expect(await harness.isValid(each, message, tag, signed())).to.equal(false);
    }
    expect(await harness.isValid(infinity(256), message, tag, infinity(128)), "nobody signs by nothing").to.equal(
      false,
    );
  });

  it("knows a chain without the precompiles by what they return", async () => {
    expect(await harness.isSupported()).to.equal(true);
    for (const [name, expected] of [
      ["prague", true],
      ["cancun", false],
    ] as const) {
      const { ethers } = await network.create(name);
      const there = (await ethers.deployContract(NAME)) as unknown as Harness; // as above
      expect(await there.isSupported(), name).to.equal(expected);
    }
  });
});

/** A point of the curve whose order is another than the subgroup's. */
function offSubgroup(): string {
  const { Fp } = bls12_381.fields;
  for (let x = 1n; ; x++) {
    const square = Fp.add(Fp.pow(x, 3n), 4n);
    if (Fp.eql(Fp.pow(square, (Fp.ORDER - 1n) / 2n), Fp.ONE)) return coordinates(x, Fp.sqrt(square));
  }
}
