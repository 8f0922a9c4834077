import { assert } from "chai";
import { refusal } from "../offchain/sfe/support.ts";
import { draws, person } from "./people.ts";
import { bytesOf, take } from "./support.ts";

/** A visit table of invented people, as a program exports one. */
function visits(delimiter: string, end: string, quote: (text: string) => string): string {
  const draw = draws(4);
  const rows = Array.from({ length: 12 }, (_, i) => {
    const { family, given, mrn, birthDate, phone } = person(draw);
    const weight = (40 + draw() * 60).toFixed(i % 3);
    return [
      mrn,
      quote(`${given} ${family}`),
      birthDate,
      phone,
      i % 4 === 0 ? "" : weight,
      i % 5 === 0 ? "NA" : "1",
      "2024-02-03",
    ];
  });
  const header = ["mrn", "full name", "birth date", "phone", "weight", "smoker", "visit"];
  return [header, ...rows].map((cells) => cells.join(delimiter) + end).join("");
}

const always = (text: string): string => `"${text.replaceAll('"', '""')}"`;
const never = (text: string): string => text;
const PERSONAL = ["mrn", "full name", "birth date", "phone"];

/** Each with the columns that are private by `identifiers`. */
const TABLES: readonly [name: string, text: string, columns: readonly string[]][] = [
  ["commas", visits(",", "\n", never), PERSONAL],
  ["commas and CRLF, quoted", visits(",", "\r\n", always), PERSONAL],
  ["semicolons", visits(";", "\n", never), PERSONAL],
  ["tabs", visits("\t", "\n", always), PERSONAL],
  ["a byte order mark", `\uFEFF${visits(",", "\r\n", always)}`, PERSONAL],
  ["no end of the last row", visits(",", "\n", never).trimEnd(), PERSONAL],
  ["an index without a name", ",age,note\n0,55,good\n1,60,bad\n", ["column[1]", "note"]],
  ["a header twice", "age,age,name\n55,56,Ada\n", ["name"]],
  ["quoted numbers", 'pid,"chol"\n1,"200"\n2,"180.5"\n', ["pid"]],
  ["a line break in a cell", 'remark,x\n"two\nlines",1\n', ["remark"]],
  ["decimal commas", "Patient;Größe\nA;1,75\nB;1,80\n", ["Patient"]],
  ["mixed scales", "name,w\nAda,70\nBo,70.55\nCy,7.0e1\n", ["name"]],
];

describe("records: tables", () => {
  for (const [name, text, columns] of TABLES) {
    it(`with ${name}: the columns of the policy identifiers`, () => {
      assert.sameMembers(take(bytesOf(text), ["identifiers"]).private, [...columns]);
    });
  }

  it("research leaves no date; vitals-only leaves vital signs", () => {
    const bytes = bytesOf(visits(",", "\n", never));
    assert.deepEqual(take(bytes, ["research"]).public, ["weight", "smoker"]);
    assert.deepEqual(take(bytes, ["vitals-only"]).public, ["weight"]);
    assert.deepEqual(take(bytesOf("x,age\n1,90\n"), ["research"]).private, ["age"]);
  });

  for (const [what, text, why] of [
    ["a ragged row", "a,b\n1,2\n3\n", /1 cells where the header has 2 in row 3/],
    ["text after a quoted cell", 'a,b\n1,"2"x\n', /character 6.*row 2/],
    ["a quote that is not closed", 'a,b\n1,"2\n', /not closed.*row 2/],
  ] as const) {
    it(`${what} is refused with its place`, () => {
      assert.match(
        refusal("RECORD_FORMAT", () => take(bytesOf(text), ["a"])),
        why,
      );
    });
  }

  it("a private name in another column is told with its row, and may be allowed", () => {
    const bytes = bytesOf(
      "id,name,remark\n1,Ada Quendlebury,ok\n2,Bo Li,seen with QUENDLEBURY ada\n3,Cy Ng,ada quendlebury’s aunt\n",
    );
    const message = refusal("PRIVATE_VALUE_PUBLIC", () => take(bytes, ["name"]));
    assert.include(message, "remark, row 4");
    assert.notMatch(message, /quendlebury/i);
    assert.deepEqual(take(bytes, ["name"], { allowPublic: ["remark"] }).private, ["name"]);
  });

  it("a private number of four digits or more is found in any column", () => {
    const bytes = bytesOf("mrn,link\n12345,http://a.example/p?x=a%2F12345\n");
    assert.include(
      refusal("PRIVATE_VALUE_PUBLIC", () => take(bytes, ["mrn"])),
      "link, row 2",
    );
  });

  it("a line for a spreadsheet program, an empty line, and a column that there is not are named", () => {
    for (const [text, message] of [
      ["sep=;\nid;x\n1;2\n", "separator"],
      ["id,x\n1,2\n\n", "nothing (remove the empty line) where the header has 2 in row 3"],
    ] as const) {
      assert.include(
        refusal("RECORD_FORMAT", () => take(bytesOf(text), ["id"], { name: "in.csv" })),
        message,
      );
    }
    assert.include(
      refusal("POLICY_SELECTS_NOTHING", () => take(bytesOf("ID, Name ,x\n1,B,3\n"), ["Name"])),
      'whose columns are "ID", " Name ", "x"',
    );
    assert.include(
      refusal("POLICY_INVALID", () => take(bytesOf("name\nB\n"), ["name"])),
      "taken as bytes",
    );
  });
});
