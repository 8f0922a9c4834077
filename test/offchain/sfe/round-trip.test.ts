import { assemble, decodeHead, encodeHead, parseFhir, splitDocument } from "@medexchain/sfe";
import { assert } from "chai";
import fc from "fast-check";
import { parseJsonSource } from "../../../offchain/sfe/json-source.ts";

const space = fc.array(fc.constantFrom(" ", "\t", "\n", "\r", "\r\n"), { maxLength: 3 }).map((s) => s.join(""));
const digits = (maxLength: number) =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength }).map((d) => d.join(""));
const number = fc
  .tuple(
    fc.constantFrom("", "-"),
    fc.oneof(
      fc.constant("0"),
      fc.tuple(fc.integer({ min: 1, max: 9 }), digits(20)).map(([a, b]) => `${a}${b}`),
    ),
    fc.option(digits(25), { nil: undefined }),
    fc.option(fc.tuple(fc.constantFrom("e", "E"), fc.constantFrom("", "+", "-"), digits(4)), { nil: undefined }),
  )
  .map(([sign, whole, fraction, exp]) => `${sign}${whole}${fraction ? `.${fraction}` : ""}${exp ? exp.join("") : ""}`);
const escaped = fc.constantFrom("\\n", '\\"', "\\\\", "\\/", "\\u0000", "\\u00E9", "\\ud83d\\ude00", "\\uD800", "\\b");
const plain = fc.string({ unit: "grapheme", maxLength: 4 }).map((s) => JSON.stringify(s).slice(1, -1));
const text = fc.array(fc.oneof(escaped, plain), { maxLength: 5 }).map((s) => `"${s.join("")}"`);
const scalar = fc.oneof(number, text, fc.constantFrom("true", "false", "null"));
const key = fc.string({ unit: "grapheme", minLength: 1, maxLength: 3 });

const { value } = fc.letrec<{ value: string; array: string; object: string }>((tie) => ({
  array: fc
    .array(fc.tuple(space, tie("value"), space), { maxLength: 4 })
    .map((items) => `[${items.map((item) => item.join("")).join(",")}]`),
  object: fc
    .uniqueArray(fc.tuple(key, space, space, tie("value"), space), { maxLength: 4, selector: ([name]) => name })
    .map((ms) => `{${ms.map(([name, a, b, v, c]) => `${a}${JSON.stringify(name)}${b}:${c}${v}${a}`).join(",")}}`),
  value: fc.oneof({ depthSize: "small", withCrossShrink: true }, scalar, tie("array"), tie("object")),
}));

const record = fc
  .tuple(space, fc.uniqueArray(fc.tuple(key, value), { minLength: 1, maxLength: 6, selector: ([name]) => name }), space)
  .map(([before, members, after]) => {
    const rest = members.map(([name, v]) => `${after}${JSON.stringify(name)}${before}:${v}`);
    // The type may stand anywhere.
    rest.splice(Math.floor(rest.length / 2), 0, `${before}"resourceType":${after}"Observation"`);
    return `${before}{${rest.join(",")}${after}}${after}`;
  });

describe("sfe: round trip", () => {
  it("is exact for any JSON layout and any split, and fragments hold each feature once", () => {
    fc.assert(
      fc.property(record, fc.array(fc.boolean(), { minLength: 1 }), (source, coin) => {
        const bytes = new TextEncoder().encode(source);
        const document = parseFhir(bytes);
        assert.deepEqual(assemble(document.head, [document]), bytes);

        assert.equal(new Set(document.features.map((f) => f.name)).size, document.features.length, "names are unique");
        const chosen = new Set(document.features.map((f) => f.index).filter((i) => coin[i % coin.length]));
        fc.pre(chosen.size > 0);
        const { head, publicFragment, privateFragment } = splitDocument(document, chosen);
        const stored = decodeHead(encodeHead(head));
        assert.deepEqual(stored, head);
        assert.deepEqual(assemble(stored, [publicFragment, privateFragment]), bytes);
      }),
      { numRuns: 300 },
    );
  });

  it("agrees with JSON.parse about values", () => {
    fc.assert(
      fc.property(record, (source) => {
        const parsed: unknown = JSON.parse(source);
        for (const { path, value: raw } of parseFhir(new TextEncoder().encode(source)).features) {
          const found = path.reduce((at: unknown, step) => Reflect.get(Object(at), step), parsed);
          assert.deepEqual(found, JSON.parse(String(raw)));
        }
      }),
      { numRuns: 200 },
    );
  });

  it("accepts as JSON just what JSON.parse does", () => {
    const change = fc.tuple(
      fc.nat(),
      fc.nat(3),
      fc.constantFrom("", ...'{}[]",:0123456789.eE+-\\ntruefalsn \t\u0001\u00a0/u'),
    );
    fc.assert(
      fc.property(value, fc.array(change, { maxLength: 3 }), (text, changes) => {
        const broken = changes.reduce((all, [place, count, by]) => {
          const at = place % (all.length + 1);
          return all.slice(0, at) + by + all.slice(at + count);
        }, text);
        const accepts = (parse: (source: string) => unknown): boolean => {
          try {
            parse(broken);
            return true;
          } catch (error) {
            // Names given twice are JSON, and refused before the rest is read.
            fc.pre(!(error instanceof Error && error.message.includes("given twice")));
            return false;
          }
        };
        assert.equal(accepts(parseJsonSource), accepts(JSON.parse), JSON.stringify(broken));
      }),
      { numRuns: 2000 },
    );
  });
});
