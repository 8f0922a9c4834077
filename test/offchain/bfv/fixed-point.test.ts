import { fromFixedPoint, toFixedPoint } from "@medexchain/bfv";
import { assert } from "chai";
import fc from "fast-check";

describe("bfv: fixed-point numbers", () => {
  const cases: [string, number | undefined, [bigint, number] | undefined][] = [
    ["36.50", undefined, [3650n, 2]],
    ["0", 18, [0n, 18]],
    ["0", 19, undefined],
    ["0.0", 4_294_967_295, undefined],
    ["0", -1, undefined],
    ["36.50", 1, [365n, 1]],
    ["36.50", 3, [36500n, 3]],
    ["36.55", 1, undefined],
    ["-0", undefined, [0n, 0]],
    ["-0.00", undefined, [0n, 2]],
    ["0e999999999", undefined, [0n, 0]],
    ["1.2e3", undefined, [1200n, 0]],
    ["1.2E+3", 2, [120000n, 2]],
    ["-1.25e-1", undefined, [-125n, 3]],
    ["1e-2", 1, undefined],
    ["100e-2", 0, [1n, 0]],
    ["1e400", undefined, undefined],
    ["1e-400", undefined, undefined],
    ["1e99999999999999999999", undefined, undefined],
    ["1e-99999999999999999999", undefined, undefined],
    ["123456789012345678", undefined, [123456789012345678n, 0]],
    ["1234567890123456789", undefined, undefined],
    ["1", 18, undefined],
    ["1", -1, undefined],
    ["1", 0.5, undefined],
    ["0", 2, [0n, 2]],
    ["01", undefined, undefined],
    ["1.", undefined, undefined],
    [".5", undefined, undefined],
    ["+1", undefined, undefined],
    ['"1"', undefined, undefined],
    ["NaN", undefined, undefined],
    ["", undefined, undefined],
  ];
  for (const [text, scale, expected] of cases) {
    it(`${text} at scale ${scale ?? "as written"} is ${expected ?? "refused"}`, () => {
      const value = toFixedPoint(text, scale);
      assert.deepEqual(value && [value.integer, value.scale], expected);
    });
  }

  it("is the inverse of fromFixedPoint", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n }),
        fc.integer({ min: 0, max: 17 }),
        (integer, scale) => {
          assert.deepEqual(toFixedPoint(fromFixedPoint({ integer, scale })), { integer, scale });
        },
      ),
    );
  });
});
