import { isCommittedShare } from "@medexchain/pre";
import { expect } from "chai";
import { makeWorld, type World } from "../../../world/crypto.ts";
import { Fp12, G1, G2, g1, gt, pair, toG1, toGt } from "../support/noble.ts";
import { refuses } from "../support/refuses.ts";
import { check, type Dealt, deal } from "./dealt.ts";

describe("pre: shares of a re-encryption key", () => {
  let world: World;
  let dealt: Dealt;
  before(async () => {
    world = await makeWorld();
    dealt = deal(world, 3, [1, 2, 3, 5, 8]);
  });

  it("pass the device's check as the firewall deals them", () => {
    check(dealt);
    check(deal(world, 1, [1]));
  });

  it("lie on the polynomial that was committed to, by @noble: V_i = Π A_j^(i^j), and f(0) = rk1'", () => {
    const commitments = dealt.dealing.commitments.map(gt);
    expect(toGt(pair(g1(dealt.reKey.rk1), G2.BASE))).to.deep.equal(dealt.dealing.commitments[0]);
    for (const { index, share } of dealt.dealing.shares) {
      let expected = Fp12.ONE;
      for (const [power, commitment] of commitments.entries()) {
        expected = Fp12.mul(expected, Fp12.pow(commitment, BigInt(index) ** BigInt(power)));
      }
      expect(toGt(pair(g1(share), G2.BASE))).to.deep.equal(toGt(expected));
      expect(isCommittedShare({ index, share }, dealt.dealing)).to.equal(true);
    }
  });

  it("are told from others by the relayer that they are sealed to", () => {
    const [first, second] = dealt.dealing.shares;
    expect(isCommittedShare({ index: 1, share: second!.share }, dealt.dealing)).to.equal(false);
    expect(isCommittedShare({ index: 4, share: first!.share }, dealt.dealing), "an index without a share").to.equal(
      false,
    );
    expect(isCommittedShare({ index: 1, share: toG1(g1(first!.share).add(G1.BASE)) }, dealt.dealing)).to.equal(false);
  });

  it("are refused by the device when another key is shared", () => {
    const other = deal(world, 2, [1, 2], (reKey) => ({ ...reKey, rk1: toG1(g1(reKey.rk1).add(G1.BASE)) }));
    refuses(() => check(other), "PRE_DEALING_INVALID", "another key");
  });

  it("are refused by the device when one share, one commitment or one answer is another", () => {
    const { shares, commitments, digests } = dealt.dealing;
    const swapped = shares.map((one) => (one.index === 5 ? { index: 5, share: shares[0]!.share } : one));
    refuses(() => check(dealt, { shares: swapped }), "PRE_DEALING_INVALID", "relayer 5");
    refuses(
      () => check(dealt, { commitments: [commitments[0]!, commitments[2]!, commitments[1]!] }),
      "PRE_DEALING_INVALID",
      "relayer 2",
    );
    refuses(
      () => check(dealt, { digests: digests.map((digest, at) => (at === 4 ? digests[0]! : digest)) }),
      "PRE_DEALING_INVALID",
      "relayer 8",
    );
  });

  it("are refused by the device for other relayers or another threshold than the chain's", () => {
    const { shares, commitments, digests, indices } = dealt.dealing;
    const wrong = [
      { commitments: commitments.slice(0, 2) },
      { indices: [1, 2, 3, 5, 9] },
      { digests: digests.slice(1) },
      { shares: shares.slice(1) },
      { shares: shares.slice(1), indices: indices.slice(1), digests: digests.slice(1) },
    ];
    for (const change of wrong) refuses(() => check(dealt, change), "PRE_DEALING_INVALID", "threshold on-chain");
  });

  it("are dealt to no group that is none", () => {
    for (const [threshold, indices] of [
      [0, [1]],
      [3, [1, 2]],
      [1.5, [1, 2]],
      [1, []],
      [1, [0]],
      [1, [65_536]],
      [2, [1, 1]],
      [2, [2, 1]],
      [1, Array.from({ length: 65 }, (_, at) => at + 1)],
    ] as const) {
      refuses(() => deal(world, threshold, indices), "INPUT_INVALID");
    }
  });
});
