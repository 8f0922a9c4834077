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

  it("takes no zero in the place of a key or of what was encapsulated, in either half", async () => {
    const seed = randomBytes(32);
    const key = await xWingPublicKey(seed);
    const box = await sealByXWing(key, info, secret);
    const zeros = (bytes: Uint8Array, from: number, to: number) =>
      bytes.map((byte, at) => (at < from || at >= to ? byte : 0));
    const lowOrder = zeros(key, 1184, 1216).with(1184, 1);
    for (const wrong of [zeros(key, 0, 1216), zeros(key, 1184, 1216), lowOrder]) {
      await failsWith("SEALED_INVALID", () => sealByXWing(wrong, info, secret));
    }
    for (const [from, to] of [
      [0, 1120],
      [0, 1088],
      [1088, 1120],
    ] as const) {
      await failsWith("SEALED_INVALID", () => openByXWing(seed, info, { ...box, enc: zeros(box.enc, from, to) }));
    }
  });

  it("does not open what X25519 alone has sealed, as the suite before did", async () => {
    const seed = randomBytes(32);
    const { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } = await import("@hpke/core");
    const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
    const { publicKey } = await suite.kem.deriveKeyPair(seed.slice());
    const sealed = await suite.seal({ recipientPublicKey: publicKey, info }, secret);
    const [enc, ct] = [new Uint8Array(sealed.enc), new Uint8Array(sealed.ct)];
    await failsWith("SEALED_INVALID", () => openByXWing(seed, info, { enc, ct }));
    const padded = new Uint8Array(1120);
    padded.set(enc, 1088);
    await failsWith("SEALED_INVALID", () => openByXWing(seed, info, { enc: padded, ct }));
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
