import { ownerPublicKey } from "@medexchain/pre";
import { expect } from "chai";
import { makeWorld, type World } from "../../../world/crypto.ts";
import { Fp12, Fr, G1, G2, g1, g2, gt, hash, type Point1, pair, toG1, toGt } from "../support/noble.ts";
import { type Dealt, deal } from "../threshold/dealt.ts";

const GT_TAG = "MEDEXCHAIN-V01-H2-with-BLS12381G1_XMD:SHA-256_SSWU_RO_";

/** The attack on one relayer and the user (colluders compute sk_DO' = H2(X) − (rk1' + c3')), by relayers who pool shares. */
describe("pre attack: relayers of a group who pool their shares with the user", () => {
  let world: World;
  let dealt: Dealt;
  before(async () => {
    world = await makeWorld();
    dealt = deal(world, 3, [1, 2, 3, 4, 5]);
  });

  /** f(0) as it follows from shares, as if they were enough. */
  const interpolate = (chosen: readonly number[]): Point1 => {
    let value = G1.ZERO;
    for (const { index, share } of dealt.dealing.shares.filter((one) => chosen.includes(one.index))) {
      const weight = chosen
        .filter((other) => other !== index)
        .reduce((product, other) => Fr.mul(product, Fr.div(BigInt(other), Fr.create(BigInt(other - index)))), Fr.ONE);
      value = value.add(g1(share).multiply(weight));
    }
    return value;
  };

  /** What the user, who knows X, makes of an rk1'. */
  const ownerKeyFrom = (rk1: Point1): Point1 => {
    const x = Fp12.div(gt(dealt.reKey.rk3), pair(g1(world.userKey), g2(dealt.reKey.rk2)));
    return hash(toGt(x), GT_TAG).subtract(rk1.add(g1(dealt.expected.ciphertext.c3)));
  };
  const isOwnerKey = (key: Point1): boolean => {
    const expected = pair(g1(ownerPublicKey(dealt.expected.owner)), g2(dealt.expected.hospitalKey));
    return Fp12.eql(pair(key, G2.BASE), expected);
  };

  it("have the scope's key when they are k: a threshold moves that line, and does not remove it", () => {
    expect(toG1(interpolate([1, 3, 5]))).to.deep.equal(dealt.reKey.rk1);
    expect(isOwnerKey(ownerKeyFrom(interpolate([1, 3, 5])))).to.equal(true);
  });

  it("have neither the scope's key nor M when they are k − 1, whichever they are", () => {
    for (const chosen of [
      [1, 2],
      [2, 5],
      [4, 5],
    ]) {
      expect(isOwnerKey(ownerKeyFrom(interpolate(chosen)))).to.equal(false);
      expect(dealt.open(dealt.partialsOf(chosen))).to.not.deep.equal(dealt.m);
    }
  });

  it("learn e(rk1', g2) from the commitments alone, which is not e(rk1', c1')", () => {
    const known = gt(dealt.dealing.commitments[0]!);
    expect(toGt(known)).to.deep.equal(toGt(pair(g1(dealt.reKey.rk1), G2.BASE)));
    expect(toGt(known)).to.not.deep.equal(toGt(pair(g1(dealt.reKey.rk1), g2(dealt.expected.ciphertext.c1))));
  });
});
