import { deriveBeta, drawX, type G2Bytes, parseSealedReKey, type RandomSource, reKeyGen } from "@medexchain/pre";
import { bytesToNumberBE, numberToBytesBE } from "@noble/curves/utils.js";
import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { makeWorld, type Published, publish, type World } from "../../../world/crypto.ts";
import { Fr, G2, g2, randomExponent, toG2 } from "../support/noble.ts";

describe("pre attack: a subverted device speaks through the difference of two re-encryption keys", () => {
  const MESSAGE = 0x42n; // a byte of, say, the owner's key
  let world: World;
  let record: Published;
  before(async () => {
    world = await makeWorld();
    record = await publish(world);
  });

  /** The subverted device: λ2 = λ1 + message, by way of its randomness. */
  const lambda1 = randomExponent();
  const device =
    (lambda: bigint): RandomSource =>
    (length) =>
      numberToBytesBE(Fr.create(lambda), length);

  /** The observer: tries every byte. */
  function heard(first: G2Bytes, second: G2Bytes): bigint | undefined {
    const difference = g2(second).subtract(g2(first));
    for (let guess = 1n; guess < 256n; guess += 1n) {
      if (G2.BASE.multiply(guess).equals(difference)) return guess;
    }
    return undefined;
  }

  it("the paper's form: with β reused for rk2, the blinding cancels", () => {
    const beta = bytesToNumberBE(deriveBeta(randomBytes(32), record.recordId));
    const paperCrf = (lambda: bigint) => {
      const { reKey } = reKeyGen(record.ownerKey, drawX(), world.requester, device(lambda));
      return toG2(g2(reKey.rk2).add(G2.BASE.multiply(beta)));
    };
    expect(heard(paperCrf(lambda1), paperCrf(lambda1 + MESSAGE))).to.equal(MESSAGE);
  });

  it("ours: with a fresh γ per re-encryption key, nothing is heard", async () => {
    const { recordId, owner } = record;
    const { firewall, requester, group } = world;
    const { epoch } = group;
    const observed = async (lambda: bigint) => {
      const requestId = randomBytes(32);
      const x = await firewall.dealX(recordId, requestId, epoch);
      const proposal = reKeyGen(record.ownerKey, x, requester, device(lambda));
      const signedOff = await firewall.signOff({ recordId, requestId, epoch, owner, requester, proposal });
      return parseSealedReKey(signedOff.sealedReKey).C3;
    };
    expect(heard(await observed(lambda1), await observed(lambda1 + MESSAGE))).to.equal(undefined);
  });
});
