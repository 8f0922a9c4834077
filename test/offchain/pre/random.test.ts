import { generateFirewallSecrets, initCurve, type RandomSource, randomMessage, setupA } from "@medexchain/pre";
import { bytesToNumberBE } from "@noble/curves/utils.js";
import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { Fr, G2, toG2 } from "./support/noble.ts";
import { refuses } from "./support/refuses.ts";

describe("pre: randomness", () => {
  before(initCurve);

  it("reduces 48 random bytes modulo r to a scalar", () => {
    for (const wide of [randomBytes(48), new Uint8Array(48).fill(255)]) {
      const { secretKey, publicKey } = setupA(() => wide.slice());
      const expected = bytesToNumberBE(wide) % Fr.ORDER;
      expect(bytesToNumberBE(secretKey)).to.equal(expected);
      expect(publicKey).to.deep.equal(toG2(G2.BASE.multiply(expected)));
    }
  });

  it("refuses a source that gives a multiple of r", () => {
    const order = new Uint8Array(48);
    order.set(Fr.toBytes(Fr.ORDER - 1n), 16);
    order[47]! += 1;
    expect(bytesToNumberBE(order)).to.equal(Fr.ORDER);
    refuses(() => setupA(() => order.slice()), "PRE_RANDOM_INVALID");
    refuses(() => setupA((length) => new Uint8Array(length)), "PRE_RANDOM_INVALID");
  });

  it("refuses a source that gives another length", () => {
    const offByOne =
      (extra: number): RandomSource =>
      (length) =>
        randomBytes(length + extra);
    refuses(() => randomMessage(offByOne(1)), "PRE_RANDOM_INVALID");
    refuses(() => randomMessage(offByOne(-1)), "PRE_RANDOM_INVALID");
  });

  it("overwrites the bytes it drew for a scalar", () => {
    const drawn: Uint8Array[] = [];
    setupA((length) => {
      const bytes = randomBytes(length);
      drawn.push(bytes);
      return bytes;
    });
    expect(drawn).to.deep.equal([new Uint8Array(48)]);
  });

  it("draws from the platform by default, and differently each time", () => {
    const { blinding, prfKey } = generateFirewallSecrets();
    const again = generateFirewallSecrets();
    expect(again.blinding).to.not.deep.equal(blinding);
    expect(again.prfKey).to.not.deep.equal(prfKey);
    expect(prfKey).to.have.length(32);
  });
});
