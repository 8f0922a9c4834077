import { openByXWing, sealByXWing, xWingPublicKey } from "@medexchain/pre";
import { randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { ml_kem768_x25519 as reference } from "@noble/post-quantum/hybrid.js";
import { expect } from "chai";
import { failsWith } from "../../e2e/support.ts";

describe("sealing by X-Wing", () => {
  const info = utf8ToBytes("what it is for");
  const secret = randomBytes(48);

  it("opens with the key and the purpose that it was sealed for, and nothing else", async () => {
    const [seed, other] = [randomBytes(32), randomBytes(32)];
    const box = await sealByXWing(await xWingPublicKey(seed), info, secret);
    expect(await openByXWing(seed, info, box)).to.deep.equal(secret);
    await failsWith("SEALED_INVALID", () => openByXWing(other, info, box));
    await failsWith("SEALED_INVALID", () => openByXWing(seed, utf8ToBytes("another"), box));
    for (const part of ["enc", "ct"] as const) {
      for (const at of [0, box[part].length - 1]) {
        const altered = { ...box, [part]: box[part].with(at, (box[part][at] ?? 0) ^ 1) };
        await failsWith("SEALED_INVALID", () => openByXWing(seed, info, altered));
      }
      await failsWith("SEALED_INVALID", () => openByXWing(seed, info, { ...box, [part]: box[part].subarray(1) }));
    }
  });

  it("never seals the same twice, and seals to keys alone", async () => {
    const key = await xWingPublicKey(randomBytes(32));
    const [one, two] = [await sealByXWing(key, info, secret), await sealByXWing(key, info, secret)];
    expect(one.enc).to.not.deep.equal(two.enc);
    await failsWith("SEALED_INVALID", () => sealByXWing(key.subarray(1), info, secret));
    await failsWith("INPUT_INVALID", () => xWingPublicKey(randomBytes(31)));
    await failsWith("INPUT_INVALID", () => openByXWing(randomBytes(33), info, one));
  });

  it("makes the keys that another implementation makes, of which each opens what the other encapsulates", async () => {
    const seed = randomBytes(32);
    const { publicKey, secretKey } = reference.keygen(seed);
    expect(await xWingPublicKey(seed)).to.deep.equal(publicKey);
    // The library's own KEM below HPKE, which X-Wing's draft defines byte for byte.
    const { XWing } = await import("@hpke/hybridkem-x-wing");
    const kem = new XWing();
    const recipientKey = await kem.generateKeyPairDerand(seed.slice());
    const { cipherText, sharedSecret } = reference.encapsulate(publicKey);
    expect(new Uint8Array(await kem.decap({ recipientKey, enc: cipherText }))).to.deep.equal(sharedSecret);
    const mine = await kem.encap({ recipientPublicKey: recipientKey.publicKey });
    expect(reference.decapsulate(new Uint8Array(mine.enc), secretKey)).to.deep.equal(new Uint8Array(mine.sharedSecret));
  });
});
