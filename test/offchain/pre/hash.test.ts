import { hashUserIdentity, initCurve, ownerPublicKey, scopedIdentityBytes } from "@medexchain/pre";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { hashToG1 } from "../../../offchain/pre/curve.ts";
import { g1 } from "./support/noble.ts";
import { refuses } from "./support/refuses.ts";

// RFC 9380, appendix J.9.1: BLS12381G1_XMD:SHA-256_SSWU_RO_
const RFC_TAG = "QUUX-V01-CS02-with-BLS12381G1_XMD:SHA-256_SSWU_RO_";
const RFC_VECTORS = [
  {
    message: "",
    x: "052926add2207b76ca4fa57a8734416c8dc95e24501772c814278700eed6d1e4e8cf62d9c09db0fac349612b759e79a1",
    y: "08ba738453bfed09cb546dbb0783dbb3a5f1f566ed67bb6be0e8c67e2e81a4cc68ee29813bb7994998f3eae0c9c6a265",
  },
  {
    message: "abc",
    x: "03567bc5ef9c690c2ab2ecdf6a96ef1c139cc0b2f284dca0a9a7943388a49a3aee664ba5379a7655d3c68900be2f6903",
    y: "0b9c15f3fe6e5cf4211f346271d7b01c8f3b28be689c8429c85b67af215533311f0b8dfaaa154fa6b88176c229f2885d",
  },
];

describe("pre: hashing to the curve", () => {
  before(initCurve);

  for (const { message, x, y } of RFC_VECTORS) {
    it(`agrees with RFC 9380 on "${message}"`, () => {
      const { x: ourX, y: ourY } = g1(hashToG1(utf8ToBytes(message), utf8ToBytes(RFC_TAG)).serialize()).toAffine();
      expect([ourX, ourY]).to.deep.equal([BigInt(`0x${x}`), BigInt(`0x${y}`)]);
    });
  }

  it("keeps one domain tag's point from another's, whatever was hashed before", () => {
    const message = utf8ToBytes("message");
    const first = bytesToHex(hashToG1(message, utf8ToBytes("tag one")).serialize());
    const other = bytesToHex(hashToG1(message, utf8ToBytes("tag two")).serialize());
    expect(other).to.not.equal(first);
    expect(bytesToHex(hashToG1(message, utf8ToBytes("tag one")).serialize())).to.equal(first);
  });

  it("never gives an owner a user's point, even for the same bytes", () => {
    const owner = { identity: utf8ToBytes("same"), scope: utf8ToBytes("bytes") };
    expect(ownerPublicKey(owner)).to.not.deep.equal(hashUserIdentity(scopedIdentityBytes(owner)));
  });

  it("tells identity and scope apart however they are cut", () => {
    const cuts: [string, string][] = [
      ["ab", "c"],
      ["a", "bc"],
      ["abc", "\0"],
      ["c", "ab"],
    ];
    const points = cuts.map(([identity, scope]) =>
      bytesToHex(ownerPublicKey({ identity: utf8ToBytes(identity), scope: utf8ToBytes(scope) })),
    );
    expect(new Set(points).size).to.equal(cuts.length);
  });

  it("refuses an empty identity or scope", () => {
    const some = utf8ToBytes("some");
    const none = new Uint8Array(0);
    refuses(() => ownerPublicKey({ identity: none, scope: some }), "INPUT_INVALID", "identity");
    refuses(() => ownerPublicKey({ identity: some, scope: none }), "INPUT_INVALID", "scope");
    refuses(() => hashUserIdentity(none), "INPUT_INVALID", "identity");
  });
});
