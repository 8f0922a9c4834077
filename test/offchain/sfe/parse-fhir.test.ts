import { readFileSync } from "node:fs";
import { type ErrorCode, MedexError } from "@medexchain/core";
import { assemble, parseFhir } from "@medexchain/sfe";
import { assert } from "chai";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function refusal(bytes: Uint8Array): MedexError {
  try {
    parseFhir(bytes);
  } catch (error) {
    if (MedexError.is(error, "RECORD_FORMAT" satisfies ErrorCode)) return error;
    throw error;
  }
  return assert.fail("the record was accepted");
}

describe("sfe: parseFhir", () => {
  const example = new Uint8Array(readFileSync(new URL("../../../examples/patient-record.json", import.meta.url)));

  it("gives the example record back byte for byte", () => {
    const document = parseFhir(example);
    assert.deepEqual(assemble(document.head, [document]), example);
  });

  it("keeps the written form of numbers and strings", () => {
    const source = '{"resourceType":"Observation","a":[36.50,1.2E+3,-0,1e-7],"b":"\\u00e9\\/é","c":null,"d":[],"e":{}}';
    const { features } = parseFhir(bytesOf(source));
    assert.deepEqual(
      features.map(({ name, value, kind }) => [name, value, kind]),
      [
        ["Observation.a[0]", "36.50", "number"],
        ["Observation.a[1]", "1.2E+3", "number"],
        ["Observation.a[2]", "-0", "number"],
        ["Observation.a[3]", "1e-7", "number"],
        ["Observation.b", '"\\u00e9\\/é"', "string"],
        ["Observation.c", "null", "null"],
      ],
    );
  });

  it("keeps odd white space, and the end of the file", () => {
    const bytes = bytesOf(
      '\r\n\t{ "resourceType" :"Patient",\n\n"active"\t:true , "name":[ { } ,{"given" :[ ]}]}\n \n',
    );
    const document = parseFhir(bytes);
    assert.deepEqual(assemble(document.head, [document]), bytes);
  });

  it("takes a record without features", () => {
    const document = parseFhir(bytesOf('{"resourceType":"Patient"}'));
    assert.lengthOf(document.features, 0);
    assert.deepEqual(assemble(document.head, []), bytesOf('{"resourceType":"Patient"}'));
  });

  it("labels measured numbers with unit, UCUM code and LOINC code, components with their own", () => {
    const { features } = parseFhir(example);
    const measured = new Map(features.filter((f) => f.measure).map((f) => [f.name, f.measure]));
    const texts = (name: string): unknown[] => {
      const measure = measured.get(name);
      return [measure?.unit?.text, measure?.code?.text, measure?.loinc?.text];
    };
    assert.deepEqual(texts("Bundle.entry[1].resource.valueQuantity.value"), ["degrees Celsius", "Cel", "8310-5"]);
    assert.deepEqual(texts("Bundle.entry[5].resource.component[0].valueQuantity.value"), ["mmHg", "mm[Hg]", "8480-6"]);
    assert.deepEqual(texts("Bundle.entry[5].resource.component[1].valueQuantity.value"), ["mmHg", "mm[Hg]", "8462-4"]);
    assert.equal(measured.size, 14);
  });

  it("takes no other number for a measured one", () => {
    const attachment = '{"resourceType":"DocumentReference","content":[{"attachment":{"size":5000000,"value":1}}]}';
    assert.isEmpty(parseFhir(bytesOf(attachment)).features.filter((f) => f.measure));
  });

  it("finds a Quantity by its FHIR type, not by its member name", () => {
    const risk = '{"resourceType":"Condition","onsetAge":{"value":40,"unit":"a"},"onsetRange":{"low":{"value":39}}}';
    const names = parseFhir(bytesOf(risk)).features.filter((f) => f.measure);
    assert.deepEqual(
      names.map((f) => f.name),
      ["Condition.onsetAge.value", "Condition.onsetRange.low.value"],
    );
  });

  it("gives different paths different names", () => {
    const source = '{"resourceType":"Basic","a.b":1,"a":{"b":2,"`":3,"\\\\`":4},"a[0]":5}';
    const names = parseFhir(bytesOf(source)).features.map((f) => f.name);
    assert.equal(new Set(names).size, 5);
  });

  const refused: [string, string, string][] = [
    ["text that is not JSON", '{"resourceType":"Patient",\n  "active": tru}', "line 2, column 13"],
    ["a comment", '{"resourceType":"Patient"} // x', "line 1, column 28"],
    ["a trailing comma", '{"resourceType":"Patient",}', "line 1, column 27"],
    ["a second value", '{"resourceType":"Patient"} {}', "line 1, column 28"],
    ["a leading zero", '{"resourceType":"Patient","a":01}', "line 1, column 32"],
    ["a control character in a string", '{"resourceType":"Patient","a":"\u0001"}', "line 1, column 31"],
    ["white space that is not JSON's", '{"resourceType":"Patient","a":\u00a01}', "line 1, column 31"],
    ["a member that is given twice", '{"resourceType":"Patient",\r\n"a":1,"\\u0061":2}', "line 2, column 7"],
    ["an array", '[{"resourceType":"Patient"}]', "line 1, column 1"],
    ["an object without resourceType", '{"active":true}', "line 1, column 1"],
    ["a misspelt resourceType", '{"resourceType":"patient"}', "line 1, column 17"],
    ["an abstract resourceType", '{"resourceType":"DomainResource"}', "line 1, column 17"],
    ["a data type as resourceType", '{"resourceType":"Quantity"}', "line 1, column 17"],
    ["a name of JavaScript's as resourceType", '{"resourceType":"constructor"}', "line 1, column 17"],
    [
      "an unknown resource in a Bundle",
      '{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"X"}}]}',
      "line 1, column 63",
    ],
    ["a contained object that is no resource", '{"resourceType":"Patient","contained":[{"a":1}]}', "column 40"],
    ["deep nesting", `{"resourceType":"Basic","a":${"[".repeat(300)}${"]".repeat(300)}}`, "column"],
    ["an empty file", "", "line 1, column 1"],
  ];
  for (const [what, text, where] of refused) {
    it(`refuses ${what}, and says where`, () => {
      assert.include(refusal(bytesOf(text)).message, where);
    });
  }

  it("refuses a byte order mark and invalid UTF-8", () => {
    assert.include(refusal(bytesOf('\uFEFF{"resourceType":"Patient"}')).message, "byte order mark");
    assert.include(refusal(Uint8Array.of(0x7b, 0xc3, 0x28, 0x7d)).message, "UTF-8");
  });

  it("quotes nothing of the record in its errors", () => {
    assert.notInclude(refusal(bytesOf('{"resourceType":"Patient","ssn":"SECRET",}')).message, "SECRET");
  });
});
