import { randomBytes } from "node:crypto";
import { BOX_OVERHEAD, openXChaCha, sealXChaCha, sha256 } from "@medexchain/core";
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";
import { concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";

/** draft-irtf-cfrg-xchacha-03, appendix A.3.1. */
const DRAFT = {
  plaintext:
    "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
  associated: "50515253c0c1c2c3c4c5c6c7",
  key: "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
  nonce: "404142434445464748494a4b4c4d4e4f5051525354555657",
  box: `bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452
    2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49`,
};
const bytesOf = (hex: string): Uint8Array => hexToBytes(hex.replaceAll(/\s/g, ""));

describe("core: XChaCha20-Poly1305 by the platform", () => {
  it("opens the draft's example, and nothing else under its key", () => {
    const key = bytesOf(DRAFT.key);
    const box = concatBytes(bytesOf(DRAFT.nonce), bytesOf(DRAFT.box));
    const associated = bytesOf(DRAFT.associated);
    expect(openXChaCha(key, box, associated)).to.deep.equal(utf8ToBytes(DRAFT.plaintext));
    for (const at of [0, 23, 24, box.length - 17, box.length - 16, box.length - 1]) {
      const altered = box.slice();
      altered.set([(box[at] ?? 0) ^ 1], at);
      expect(openXChaCha(key, altered, associated)).to.equal(undefined);
    }
    expect(openXChaCha(key, box, associated.subarray(1))).to.equal(undefined);
    expect(openXChaCha(key.toReversed(), box, associated)).to.equal(undefined);
    expect(openXChaCha(key, box.subarray(0, BOX_OVERHEAD - 1), associated)).to.equal(undefined);
  });

  it("seals what another implementation opens, and opens what it seals", () => {
    for (const length of [0, 1, 63, 64, 65, 100_000]) {
      const [key, associated, plaintext] = [randomBytes(32), randomBytes(9), new Uint8Array(randomBytes(length))];
      const box = sealXChaCha(key, plaintext, associated);
      expect(box.length).to.equal(length + BOX_OVERHEAD);
      const theirs = xchacha20poly1305(key, box.subarray(0, 24), associated);
      expect(theirs.decrypt(box.subarray(24))).to.deep.equal(plaintext);
      const other = concatBytes(box.subarray(0, 24), theirs.encrypt(plaintext));
      expect(openXChaCha(key, other, associated)).to.deep.equal(plaintext);
    }
  });

  it("draws a nonce for each box", () => {
    const [first, second] = [1, 2].map(() => sealXChaCha(new Uint8Array(32), new Uint8Array(8), new Uint8Array()));
    expect(first?.subarray(0, 24)).to.not.deep.equal(second?.subarray(0, 24));
  });

  it("hashes as another SHA-256 does", () => {
    for (const length of [0, 1, 64, 100_000]) {
      const bytes = new Uint8Array(randomBytes(length));
      expect(sha256(bytes)).to.deep.equal(nobleSha256(bytes));
    }
  });
});
