import { hkdfSync } from "node:crypto";
import { deriveKey, type GtBytes, initCurve, randomMessage } from "@medexchain/pre";
import { concatBytes, randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { refuses } from "./support/refuses.ts";

describe("pre: keys derived from M", () => {
  before(initCurve);

  it("are HKDF-SHA-256 with the documented info, as in node:crypto", () => {
    const m = randomMessage();
    const context = randomBytes(32);
    const info = concatBytes(utf8ToBytes("medexchain/v1/tangle/side-key"), Uint8Array.of(0), context);
    const expected = hkdfSync("sha256", m, new Uint8Array(0), info, 64);
    expect(deriveKey(m, "tangle/side-key", context, 64)).to.deep.equal(new Uint8Array(expected));
    expect(deriveKey(m, "tangle/side-key", context)).to.deep.equal(new Uint8Array(expected).slice(0, 32));
  });

  it("differ by label, by context, and by M", () => {
    const m = randomMessage();
    const context = randomBytes(32);
    const keys = [
      deriveKey(m, "capsule/box", context),
      deriveKey(m, "capsule/commitment", context),
      deriveKey(m, "tangle/side-key", context),
      deriveKey(m, "tangle/side-key", randomBytes(32)),
      deriveKey(randomMessage(), "tangle/side-key", context),
    ];
    expect(new Set(keys.map((key) => key.join())).size).to.equal(keys.length);
  });

  it("refuse a truncated M and a length out of range", () => {
    const m = randomMessage();
    refuses(() => deriveKey(m.slice(1) as GtBytes, "capsule/box", new Uint8Array(0)), "INPUT_INVALID");
    for (const length of [0, -1, 1.5, 8161]) {
      refuses(() => deriveKey(m, "capsule/box", new Uint8Array(0), length), "INPUT_INVALID");
    }
  });
});
