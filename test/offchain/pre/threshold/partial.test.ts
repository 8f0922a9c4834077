import { decryptDU, encodePartial, isCommittedPartial, MAX_INDEX, reEncrypt } from "@medexchain/pre";
import { sha256 } from "@noble/hashes/sha2.js";
import { expect } from "chai";
import fc from "fast-check";
import { makeWorld, type World } from "../../../world/crypto.ts";
import { Fp12, Fr, g1, g2, gt, hash, pair, toGt } from "../support/noble.ts";
import { refuses } from "../support/refuses.ts";
import { deal } from "./dealt.ts";

const GT_TAG = "MEDEXCHAIN-V01-H2-with-BLS12381G1_XMD:SHA-256_SSWU_RO_";

/** Every set of `size` of some numbers. */
function subsets(of: readonly number[], size: number): number[][] {
  if (size === 0) return [[]];
  return of.flatMap((first, at) => subsets(of.slice(at + 1), size - 1).map((rest) => [first, ...rest]));
}

describe("pre: re-encryption by k of n", () => {
  let world: World;
  before(async () => {
    world = await makeWorld();
  });

  it("opens by any k, whatever their indices, and by no k − 1", () => {
    for (const [threshold, indices] of [
      [1, [1]],
      [1, [2, 9]],
      [2, [1, 2, 3]],
      [3, [1, 2, 4, 7, 19]],
    ] as const) {
      const dealt = deal(world, threshold, indices);
      for (const chosen of subsets(indices, threshold)) {
        expect(dealt.open(dealt.partialsOf(chosen)), chosen.join()).to.deep.equal(dealt.m);
      }
      for (const chosen of threshold === 1 ? [] : subsets(indices, threshold - 1)) {
        expect(dealt.open(dealt.partialsOf(chosen)), chosen.join()).to.not.deep.equal(dealt.m);
      }
    }
  });

  it("opens by indices as far apart as they may be", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: MAX_INDEX }), { minLength: 2, maxLength: 4 }), (drawn) => {
        const indices = drawn.toSorted((a, b) => a - b);
        const dealt = deal(world, indices.length, indices);
        expect(dealt.open(dealt.partialsOf(indices))).to.deep.equal(dealt.m);
      }),
      { numRuns: 5 },
    );
  });

  it("is the re-encryption by one relayer when k = n = 1", () => {
    const dealt = deal(world, 1, [1]);
    expect(dealt.dealing.shares[0]?.share).to.deep.equal(dealt.reKey.rk1);
    const whole = reEncrypt(dealt.expected.ciphertext, dealt.reKey);
    const [partial] = dealt.partialsOf([1]);
    const factor = Fp12.mul(gt(partial!.partial), pair(g1(dealt.expected.ciphertext.c3), g2(whole.C1)));
    expect(toGt(Fp12.mul(gt(dealt.expected.ciphertext.c2), factor))).to.deep.equal(whole.C2);
    expect(decryptDU(whole, world.userKey)).to.deep.equal(dealt.open([partial!]));
  });

  it("gives what @noble gives: the partials, and M from them", () => {
    const dealt = deal(world, 3, [1, 3, 4, 6]);
    const { ciphertext } = dealt.expected;
    const chosen = [1, 4, 6];
    const partials = dealt.partialsOf(chosen);
    for (const { index, partial } of partials) {
      const { share } = dealt.dealing.shares.find((one) => one.index === index)!;
      expect(toGt(pair(g1(share), g2(ciphertext.c1)))).to.deep.equal(partial);
    }
    const x = Fp12.div(gt(dealt.reKey.rk3), pair(g1(world.userKey), g2(dealt.reKey.rk2)));
    let m = Fp12.mul(gt(ciphertext.c2), pair(g1(ciphertext.c3).subtract(hash(toGt(x), GT_TAG)), g2(ciphertext.c1)));
    for (const { index, partial } of partials) {
      let weight = Fr.ONE;
      for (const other of chosen) {
        if (other !== index) weight = Fr.mul(weight, Fr.div(BigInt(other), Fr.create(BigInt(other - index))));
      }
      m = Fp12.mul(m, Fp12.pow(gt(partial), weight));
    }
    expect(toGt(m)).to.deep.equal(dealt.open(partials));
  });

  it("is bound to its request, epoch and relayer by the digest that the firewall commits to", () => {
    const dealt = deal(world, 2, [1, 2, 3]);
    const { requestId, epoch } = dealt.expected;
    const [first, second] = dealt.partialsOf([1, 2]);
    expect(dealt.dealing.digests[0]).to.deep.equal(sha256(encodePartial({ requestId, epoch, ...first! })));
    const holds = (partial = first!, context = { requestId, epoch }) =>
      isCommittedPartial(partial, dealt.dealing, context);
    expect(holds()).to.equal(true);
    expect(holds({ index: 1, partial: second!.partial }), "another relayer's").to.equal(false);
    expect(holds({ index: 4, partial: first!.partial }), "a relayer without a share").to.equal(false);
    expect(holds(first, { requestId, epoch: 8n }), "another epoch").to.equal(false);
    expect(holds(first, { requestId: world.random(32), epoch }), "another request").to.equal(false);
  });

  it("refuses none, one twice, and what is no element", () => {
    const dealt = deal(world, 2, [1, 2, 3]);
    const [first, second] = dealt.partialsOf([1, 2]);
    refuses(() => dealt.open([]), "INPUT_INVALID", "no partials");
    refuses(() => dealt.open([first!, first!]), "INPUT_INVALID", "ascending");
    refuses(() => dealt.open([second!, first!]), "INPUT_INVALID", "ascending");
    refuses(() => dealt.open([first!, { index: 2, partial: toGt(Fp12.ONE) }]), "PRE_ELEMENT_INVALID", "relayer 2");
  });
});
