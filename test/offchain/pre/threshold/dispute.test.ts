import {
  type DisputeSubject,
  isCommittedPartial,
  type Partial,
  provePartial,
  type Share,
  verifyPartial,
} from "@medexchain/pre";
import { bytesToNumberBE } from "@noble/curves/utils.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { makeWorld, type World } from "../../../world/crypto.ts";
import { Fp12, Fr, G1, G2, g1, g2, gt, pair, toG1, toGt } from "../support/noble.ts";
import { type Dealt, deal } from "./dealt.ts";

describe("pre: a relayer's proof that its firewall committed wrongly", () => {
  let world: World;
  let dealt: Dealt;
  let subject: DisputeSubject;
  let share: Share;
  let partial: Partial;
  let proof: Uint8Array;
  let relayerSecret: Uint8Array;

  before(async () => {
    world = await makeWorld();
    dealt = deal(world, 2, [1, 2, 3]);
    const { requestId, epoch } = dealt.expected;
    subject = { requestId, epoch, ciphertext: dealt.ciphertext, commitments: dealt.dealing };
    share = dealt.dealing.shares[1]!;
    partial = dealt.partialsOf([2])[0]!;
    relayerSecret = world.random(32);
    proof = provePartial(share, partial, subject, relayerSecret);
  });

  it("holds, is 80 bytes, and the same bit by bit when made again", () => {
    expect(proof).to.have.length(80);
    expect(verifyPartial(partial, proof, subject)).to.equal(true);
    expect(provePartial(share, partial, subject, relayerSecret)).to.deep.equal(proof);
    expect(provePartial(share, partial, subject, world.random(32))).to.not.deep.equal(proof);
  });

  it("settles who was wrong when the firewall's digest is another", () => {
    const digests = dealt.dealing.digests.map((digest) => digest.toReversed());
    const commitments = { ...dealt.dealing, digests };
    expect(isCommittedPartial(partial, commitments, subject), "it is not what was committed to").to.equal(false);
    expect(verifyPartial(partial, proof, { ...subject, commitments }), "and yet the share's").to.equal(true);
  });

  it("does not hold for another partial, relayer, request, epoch or capsule", () => {
    const others = dealt.partialsOf([1, 3]);
    const another = deal(world, 2, [1, 2, 3]);
    expect(verifyPartial({ index: 2, partial: others[0]!.partial }, proof, subject)).to.equal(false);
    expect(verifyPartial({ index: 1, partial: partial.partial }, proof, subject)).to.equal(false);
    expect(verifyPartial(partial, proof, { ...subject, requestId: world.random(32) })).to.equal(false);
    expect(verifyPartial(partial, proof, { ...subject, epoch: 8n })).to.equal(false);
    expect(verifyPartial(partial, proof, { ...subject, ciphertext: another.ciphertext })).to.equal(false);
    expect(verifyPartial(partial, proof, { ...subject, commitments: another.dealing })).to.equal(false);
  });

  it("cannot be made without the share: by another's share, or for a partial of one's choice", () => {
    const thief = dealt.dealing.shares[0]!;
    expect(verifyPartial(partial, provePartial(thief, partial, subject, relayerSecret), subject)).to.equal(false);
    const chosen = { index: 2, partial: toGt(pair(G1.BASE, G2.BASE)) };
    expect(verifyPartial(chosen, provePartial(share, chosen, subject, relayerSecret), subject)).to.equal(false);
  });

  it("does not hold with any byte altered, cut or added, and never throws for it", () => {
    for (let at = 0; at < proof.length; at += 7) {
      const altered = proof.with(at, proof[at]! ^ 1);
      expect(verifyPartial(partial, altered, subject), `byte ${at}`).to.equal(false);
    }
    expect(verifyPartial(partial, proof.slice(1), subject)).to.equal(false);
    expect(verifyPartial(partial, concatBytes(proof, proof), subject)).to.equal(false);
    expect(verifyPartial(partial, new Uint8Array(80), subject), "a challenge of zero, and no point").to.equal(false);
    expect(verifyPartial(partial, concatBytes(proof.slice(0, 32), toG1(G1.BASE)), subject)).to.equal(false);
  });

  it("is what @noble verifies: the equations, and the challenge over all of the statement", () => {
    const challenge = bytesToNumberBE(proof.subarray(0, 32));
    const z = g1(proof.subarray(32));
    const v = pair(g1(share.share), G2.BASE);
    const t1 = Fp12.div(pair(z, G2.BASE), Fp12.pow(v, challenge));
    const t2 = Fp12.div(pair(z, g2(dealt.ciphertext.c1)), Fp12.pow(gt(partial.partial), challenge));
    const statement = concatBytes(
      utf8ToBytes("medexchain/v1/partial-proof\0"),
      subject.requestId,
      Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 2),
      dealt.ciphertext.c1,
      toGt(v),
      partial.partial,
    );
    const again = bytesToNumberBE(sha512(concatBytes(statement, toGt(t1), toGt(t2)))) % Fr.ORDER;
    expect(again).to.equal(challenge);
  });
});
