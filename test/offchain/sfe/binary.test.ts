import { assemble, CHUNK_LENGTH, openPolicy, readRecord, splitPiece } from "@medexchain/sfe";
import { assert } from "chai";
import fc from "fast-check";
import { example, privateNames, refusal, through, whole } from "./support.ts";

const BINARY = { format: "binary" } as const;
const random = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 197 + (i >> 8) * 31) & 255);

describe("sfe: binary", () => {
  it("gives any bytes back, whole and in pieces", () => {
    const lengths = fc.oneof(fc.integer({ min: 1, max: 3 * CHUNK_LENGTH }), fc.constantFrom(4095, 4096, 4097, 8192));
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 10_000 }), (length, pieceLength) => {
        const bytes = random(length);
        assert.deepEqual(through(bytes, { ...BINARY, pieceLength }, ["0-"]), bytes);
        const size = Math.ceil(pieceLength / CHUNK_LENGTH) * CHUNK_LENGTH;
        assert.lengthOf([...readRecord(bytes, { ...BINARY, pieceLength })], Math.ceil(length / size));
      }),
      { numRuns: 60 },
    );
  });

  it("takes an empty file", () => {
    const { head, features } = whole(new Uint8Array(0), BINARY);
    assert.lengthOf(features, 0);
    assert.deepEqual(assemble(head, []), new Uint8Array(0));
  });

  it("rounds a range outward to whole chunks, across pieces", () => {
    const bytes = random(3 * CHUNK_LENGTH + 10);
    const [a, b, c, d] = ["bytes[0-4095]", "bytes[4096-8191]", "bytes[8192-12287]", "bytes[12288-12297]"];
    for (const [selector, expected] of [
      ["0-0", [a]],
      ["4095-4096", [a, b]],
      ["4096-8191", [b]],
      ["8191-", [b, c, d]],
      ["12297-99999", [d]],
      ["0-", [a, b, c, d]],
    ] as const) {
      for (const pieceLength of [1, 1 << 20]) {
        assert.deepEqual(privateNames(bytes, { ...BINARY, pieceLength }, selector), [...expected], selector);
      }
    }
    refusal("POLICY_SELECTS_NOTHING", () => privateNames(bytes, BINARY, "0-5", "12298-"));
  });

  it("refuses what is no range, and names it", () => {
    for (const selector of [
      "5",
      "-5",
      "5-4",
      "a-b",
      "0x0-",
      "1.5-2",
      " 0-",
      "",
      "0-9999999999999999",
      "Patient.name",
    ]) {
      assert.include(
        refusal("POLICY_INVALID", () => openPolicy("binary", [selector])),
        JSON.stringify(selector),
      );
    }
  });

  it("blanks withheld chunks with zeros, and takes no chunk of another length or kind", () => {
    const bytes = random(CHUNK_LENGTH + 100);
    const piece = whole(bytes, BINARY);
    const { head, publicFragment, privateFragment } = splitPiece(piece, new Set([0]));
    const blanked = bytes.slice().fill(0, 0, CHUNK_LENGTH);
    assert.deepEqual(assemble(head, [publicFragment], { missing: "blank" }), blanked);
    for (const value of [random(99), random(101), "x".repeat(100)]) {
      const fragment = { features: [{ index: 1, value }] };
      refusal("FRAGMENT_INVALID", () => assemble(head, [fragment, privateFragment]));
    }
    const wrong = { features: privateFragment.features.map((f) => ({ ...f, value: random(CHUNK_LENGTH).reverse() })) };
    refusal("FRAGMENT_INVALID", () => assemble(head, [publicFragment, wrong]));
  });

  it("takes the example image", () => {
    const bytes = example("chest-image.png");
    assert.isAbove([...readRecord(bytes, BINARY)][0]!.features.length, 3);
    assert.deepEqual(through(bytes, BINARY, ["0-"]), bytes);
  });
});
