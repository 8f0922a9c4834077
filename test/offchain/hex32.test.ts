import { fromHex32, hex32, toHex32, ZERO_32 } from "@medexchain/core";
import { expect } from "chai";
import fc from "fast-check";

describe("core: 32 bytes in hexadecimal", () => {
  it("go there and back, in lower case", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const hex = toHex32(bytes);
        expect(fromHex32(hex)).to.deep.equal(bytes);
        expect(hex32(`0x${hex.slice(2).toUpperCase()}`)).to.equal(hex);
      }),
    );
    expect(fromHex32(ZERO_32)).to.deep.equal(new Uint8Array(32));
  });

  it("are refused by any other length or form, without being quoted", () => {
    const good = "ab".repeat(32);
    for (const wrong of [
      "",
      "0x",
      good,
      `0X${good}`,
      `0x${good}ab`,
      `0x${good.slice(1)}`,
      `0x${good.slice(1)}g`,
      `0x${good}\n`,
    ]) {
      for (const read of [hex32, fromHex32]) {
        expect(() => read(wrong), JSON.stringify(wrong)).to.throw(
          RangeError,
          /^expected 0x and 64 hexadecimal digits$/,
        );
      }
    }
    for (const length of [0, 31, 33]) expect(() => toHex32(new Uint8Array(length))).to.throw(RangeError);
  });
});
