import { toJson } from "@medexchain/core";
import { expect } from "chai";

describe("JSON with integers of any size", () => {
  it("writes them as digits, wherever they stand", () => {
    expect(toJson({ a: 2n ** 64n, b: [0n, { c: -1n }], d: "x" })).to.equal(
      '{"a":"18446744073709551616","b":["0",{"c":"-1"}],"d":"x"}',
    );
    expect(toJson(7n)).to.equal('"7"');
    expect(toJson({ id: 31337n }, { integer: Number })).to.equal('{"id":31337}');
  });

  it("does so also where a library has given bigints a form of its own", () => {
    // As the IOTA SDK does when it is loaded.
    const toJSON = { configurable: true, value: (): string => "0xa" };
    Object.defineProperty(BigInt.prototype, "toJSON", toJSON);
    try {
      expect(JSON.stringify({ a: 10n })).to.equal('{"a":"0xa"}');
      expect(toJson({ a: 10n })).to.equal('{"a":"10"}');
    } finally {
      Reflect.deleteProperty(BigInt.prototype, "toJSON");
    }
  });
});
