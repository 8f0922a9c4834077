import { keccak256, rlpWriter } from "@medexchain/evm";
import { expect } from "chai";
import { encodeRlp, keccak256 as ethersKeccak, hexlify, type RlpStructuredDataish, toBeArray } from "ethers";
import fc from "fast-check";

describe("evm: RLP", () => {
  const rlp = rlpWriter();
  type Item = Uint8Array | bigint | readonly Item[];
  const write = (item: Item): void => {
    if (item instanceof Uint8Array) rlp.bytes(hexlify(item));
    else if (typeof item === "bigint") rlp.number(item);
    else rlp.list(() => item.forEach(write));
  };
  const forEthers = (item: Item): RlpStructuredDataish =>
    item instanceof Uint8Array ? item : typeof item === "bigint" ? toBeArray(item) : item.map(forEthers);
  const encode = (items: readonly Item[], type?: number): Buffer | undefined => {
    rlp.begin();
    items.forEach(write);
    return rlp.encoded(type);
  };
  // Where the form changes: nothing, a byte below and above 0x80, lengths to 55, 255 and beyond.
  const bytes = fc
    .tuple(fc.constantFrom(0, 1, 2, 54, 55, 56, 255, 256, 65_535, 65_536), fc.constantFrom(0x00, 0x7f, 0x80, 0xff))
    .map(([length, byte]) => new Uint8Array(length).fill(byte));
  const number = fc.oneof(fc.constantFrom(0n, 1n, 127n, 128n, 255n, 256n), fc.bigInt(0n, 2n ** 256n - 1n));
  const { item } = fc.letrec<{ item: Item }>((tie) => ({
    item: fc.oneof({ maxDepth: 4, depthSize: "small" }, bytes, number, fc.array(tie("item"), { maxLength: 4 })),
  }));

  it("is what ethers writes, of any nesting and size, and hashes to the same", () => {
    fc.assert(
      fc.property(fc.array(item, { maxLength: 5 }), (items) => {
        const expected = encodeRlp(items.map(forEthers));
        const encoded = encode(items)!;
        expect(hexlify(encoded)).to.equal(expected);
        expect(hexlify(rlp.hash()!)).to.equal(ethersKeccak(expected));
        expect(hexlify(encode(items, 2)!)).to.equal(`0x02${expected.slice(2)}`);
      }),
      { numRuns: 60 },
    );
  });

  it("keeps what it gave out when it writes the next", () => {
    const first = encode([1n, 2n]);
    encode([3n, 4n]);
    expect(first).to.deep.equal(Buffer.of(0xc2, 1, 2));
  });

  it("takes quantities as nodes write them, and gives nothing once a value was none", () => {
    rlp.begin();
    rlp.integer("0x0");
    rlp.integer("0x0400");
    expect(rlp.encoded()).to.deep.equal(Buffer.of(0xc4, 0x80, 0x82, 4, 0));
    for (const wrong of ["", "0x", "4", 4, undefined, "0xg1", `0x${"1".repeat(65)}`]) {
      rlp.begin();
      rlp.integer(wrong);
      expect(rlp.encoded(), String(wrong)).to.equal(undefined);
      expect(rlp.hash(), String(wrong)).to.equal(undefined);
    }
    for (const wrong of ["0x1", "12", 7, undefined, "0xzz"]) {
      rlp.begin();
      rlp.bytes(wrong);
      expect(rlp.encoded(), String(wrong)).to.equal(undefined);
    }
  });

  it("has the Keccak-256 that ethers has, of one part or several", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (all, cut) => {
        const expected = ethersKeccak(all);
        expect(hexlify(keccak256(all))).to.equal(expected);
        expect(hexlify(keccak256(all.subarray(0, cut), all.subarray(cut)))).to.equal(expected);
      }),
    );
  });
});
