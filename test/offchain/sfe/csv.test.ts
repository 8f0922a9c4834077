import { assemble, decodeHead, encodeHead, openPolicy, parsePolicy, readRecord, splitPiece } from "@medexchain/sfe";
import { assert } from "chai";
import fc from "fast-check";
import { bytesOf, example, privateNames, refusal, through, whole } from "./support.ts";

const CSV = { format: "csv" } as const;

const plainCell = fc.string({
  unit: fc.constantFrom("a", "0", "\uFEFF", "é", "😀", " ", ".", "'", "\\", "\t"),
  maxLength: 4,
});
const quotedCell = fc
  .string({ unit: fc.constantFrom("a", '"', ",", ";", "\n", "\r", "\r\n", "é", " "), maxLength: 5 })
  .map((text) => `"${text.replaceAll('"', '""')}"`);

/** A table as text: any mix of line ends, quotes, byte order mark and final end. */
const table = fc
  .record({
    columns: fc.integer({ min: 1, max: 5 }),
    rows: fc.array(fc.array(fc.oneof(plainCell, quotedCell), { minLength: 5, maxLength: 5 }), { maxLength: 8 }),
    ends: fc.array(fc.constantFrom("\n", "\r\n"), { minLength: 9, maxLength: 9 }),
    mark: fc.boolean(),
    final: fc.boolean(),
    delimiter: fc.constantFrom(",", ";"),
  })
  .map(({ columns, rows, ends, mark, final, delimiter }) => {
    const header = Array.from({ length: columns }, (_, i) => (i === 1 ? '"col ""1"""' : `c${i}`));
    const lines = [header, ...rows.map((cells) => cells.slice(0, columns))];
    const body = lines
      .map((cells, i) => cells.join(delimiter) + (i < lines.length - 1 || final ? ends[i] : ""))
      .join("");
    return { text: (mark ? "\uFEFF" : "") + body };
  });

describe("sfe: CSV", () => {
  it("gives any table back byte for byte, whole and in pieces, and however it arrives", () => {
    fc.assert(
      fc.property(table, fc.integer({ min: 1, max: 40 }), ({ text }, pieceLength) => {
        const bytes = bytesOf(text);
        for (const options of [CSV, { ...CSV, pieceLength }]) {
          const documents = [...readRecord(bytes, options)];
          const back = Buffer.concat(documents.map((document) => assemble(document.head, [document])));
          assert.deepEqual(new Uint8Array(back), bytes);
          assert.deepEqual(through(bytes, options, ["c0"]), bytes);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("reads rows, not lines: features are columns, cells as they are written", () => {
    const { head, features } = whole(bytesOf('a,"b,c",d\r\n1,"x\ny",\n"2","",3'), CSV);
    assert.deepEqual(
      features.map(({ name, value }) => [name, value]),
      [
        ["a", '1\n"2"'],
        ["b,c", '"x\ny"\n""'],
        ["d", "\n3"],
      ],
    );
    assert.deepInclude(head, {
      prefix: 'a,"b,c",d\r\n',
      delimiter: ",",
      ends: [
        [1, "\n"],
        [1, ""],
      ],
    });
  });

  it("takes semicolons and tabs for delimiters where the header has them, and a table without rows", () => {
    assert.deepEqual(
      whole(bytesOf("a;b,c;d\n1;2;3\n"), CSV).features.map((f) => f.name),
      ["a", "b,c", "d"],
    );
    assert.deepEqual(
      whole(bytesOf("a\tb\n1\t2\n"), CSV).features.map((f) => f.name),
      ["a", "b"],
    );
    for (const text of ["a,b\r\n", "a,b"]) assert.deepEqual(through(bytesOf(text), CSV, ["b"]), bytesOf(text));
  });

  for (const [what, text, where] of [
    ["a row with fewer cells", "a,b\n1,2\n3\n", "row 3"],
    ["a row with more cells", "a,b\n1,2,3\n", "row 2"],
    ["an empty line", "a,b\n\n1,2\n", "row 2"],
    ["a quote inside a cell", 'a,b\n1,x"y"\n', "row 2"],
    ["text after a quoted cell", 'a,b\n"1"x,2\n', "row 2"],
    ["a quote that is not closed", 'a,b\n1,"2\n3,4\n', "row 2"],
    ["a lone carriage return", "a,b\n1\r2,3\n", "row 2"],
    ["a carriage return at the end", "a,b\n1,2\r", "row 2"],
    ["columns without any name", ",\n1,2\n", "row 1"],
    ["an empty file", "", "row 1"],
    ["a row above the limit", `a,b\n"${"x".repeat(2 << 20)}`, "row 2"],
  ] as const) {
    it(`refuses ${what}, and says where`, () => {
      const message = refusal("RECORD_FORMAT", () => [...readRecord(bytesOf(text), CSV)]);
      assert.include(message, where);
    });
  }

  it("refuses text that is not UTF-8, also where a piece ends", () => {
    for (const bytes of [Uint8Array.of(0x61, 0x2c, 0xff), Uint8Array.of(0x61, 0x2c, 0xc3)]) {
      assert.include(
        refusal("RECORD_FORMAT", () => [...readRecord(bytes, CSV)]),
        "UTF-8",
      );
    }
  });

  it("selects columns by their exact names, in every piece", () => {
    const bytes = bytesOf("id,name,age\n1,x,2\n3,y,4\n5,z,6\n");
    assert.deepEqual(privateNames(bytes, CSV, "age", "id"), ["age", "id"]);
    assert.deepEqual(privateNames(bytes, { ...CSV, pieceLength: 1 }, "age"), ["age", "age", "age"]);
    for (const name of ["Age", " age", "Patient.name", "0-"]) {
      refusal("POLICY_SELECTS_NOTHING", () => privateNames(bytes, CSV, "age", name));
    }
  });

  it("names a column without a name by its place, and selects all columns of a name that is given twice", () => {
    const bytes = bytesOf("\uFEFF,age,age,age[2]\n0,55,56,57\n");
    const { head, features } = whole(bytes, CSV);
    assert.deepEqual(
      features.map((f) => f.name),
      ["column[1]", "age", "age[3]", "age[2]"],
    );
    assert.deepEqual(decodeHead(encodeHead(head)), head);
    assert.deepEqual(privateNames(bytes, CSV, "age"), ["age", "age[3]"]);
    assert.deepEqual(privateNames(bytes, CSV, "column[1]", "age[2]"), ["column[1]", "age[2]"]);
    assert.deepEqual(through(bytes, CSV, ["age"]), bytes);
  });

  it("says which cell of a numeric column has no place in a slot", () => {
    const message = (cells: readonly string[], pieceLength = 1 << 20) =>
      refusal("FEATURE_OUT_OF_RANGE", () => [
        ...readRecord(bytesOf(`id,chol\n${cells.map((cell, i) => `${i},${cell}`).join("\n")}\n`), {
          ...CSV,
          pieceLength,
          numericColumns: { chol: "mg/dL" },
        }),
      ]);
    assert.match(message(["200", "", "180"]), /chol, row 3: the cell is empty/);
    assert.match(message(["200", "180", "NA"], 1), /chol, row 4: "NA" is not a number/);
    assert.match(message(["1", "1,5".replace(",", ";")]), /row 3: "1;5" is not a number/);
    assert.match(message(["0.00000000000000000001"]), /row 2: "0.00000000000000000001" has too many digits/);
    // At the scale of 0.001, a million does not fit.
    assert.match(message(["1000000", "0.001"]), /row 2: "1000000" has too many digits/);
  });

  it("leaves no private cell in D_head or in the public fragment", () => {
    const policy = openPolicy("csv", ["b"]);
    for (const piece of readRecord(bytesOf("a,b\n1,SECRET\n2,SECRET\n"), { ...CSV, pieceLength: 1 })) {
      const { head, publicFragment } = splitPiece(piece, policy.select(piece));
      assert.notInclude(JSON.stringify([head, publicFragment]), "SECRET");
    }
  });

  it("takes no value from a fragment that reaches beyond its column", () => {
    const piece = whole(bytesOf('a,b\n1,2\n3,"4"\n'), CSV);
    const { head, publicFragment } = splitPiece(piece, new Set());
    const fragment = (value: string | Uint8Array) => ({
      features: publicFragment.features.map((f) => (f.index === 1 ? { ...f, value } : f)),
    });
    assert.deepEqual(assemble(head, [fragment("x\ny")]), bytesOf("a,b\n1,x\n3,y\n"));
    for (const value of [
      "2",
      "2\n3\n4",
      "2,9\n3",
      "2\r\n3",
      '2\n"3',
      "2\n3\r",
      '2\n3"',
      "\ud800\n1",
      bytesOf("2\n3"),
    ]) {
      refusal("FRAGMENT_INVALID", () => assemble(head, [fragment(value)]));
    }
  });

  it("blanks withheld columns, and only private ones", () => {
    const policy = openPolicy("csv", ["b"]);
    const piece = whole(bytesOf("a,b,c\r\n1,2,3\r\n4,5,6"), CSV);
    const { head, publicFragment } = splitPiece(piece, policy.select(piece));
    assert.deepEqual(assemble(head, [publicFragment], { missing: "blank" }), bytesOf("a,b,c\r\n1,,3\r\n4,,6"));
    refusal("FEATURE_MISSING", () => assemble(head, [publicFragment]));
    assert.include(
      refusal("FEATURE_MISSING", () => assemble(head, [], { missing: "blank" })),
      "a, c",
    );
  });

  it("labels numeric columns with their units, and knows those that are not there", () => {
    const { features, head } = whole(bytesOf("a,b\n1,2\n"), { ...CSV, numericColumns: { b: "kg" } });
    assert.deepEqual(
      features.map((f) => f.measure),
      [undefined, { unit: { text: "kg" } }],
    );
    assert.deepEqual(head.features[1]?.measure, { unit: "kg" });
    const read = (numericColumns: Record<string, string>) => [
      ...readRecord(bytesOf("a,b\n1,2\n"), { ...CSV, numericColumns }),
    ];
    assert.include(
      refusal("FEATURE_MISSING", () => read({ constructor: "1" })),
      "constructor",
    );
    refusal("INPUT_INVALID", () => [...readRecord(bytesOf("x"), { format: "binary", numericColumns: { b: "1" } })]);
  });

  it("takes the example, and its policy", () => {
    const bytes = example("heart-visits.csv");
    const policy = parsePolicy(Buffer.from(example("heart-visits.policy.json")).toString());
    assert.deepEqual(through(bytes, { ...CSV, numericColumns: policy.numeric ?? {} }, policy.private), bytes);
    assert.lengthOf(privateNames(bytes, CSV, ...policy.private), 16);
  });
});
