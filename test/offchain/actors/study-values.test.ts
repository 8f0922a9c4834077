import { ownValues, readDocumentResources, requireValues } from "@medexchain/actors/studies";
import { MedexError } from "@medexchain/core";
import type { Question } from "@medexchain/studies";
import { expect } from "chai";

const UCUM = "http://unitsofmeasure.org";
const QUESTION: Question = {
  version: 1,
  title: "Mean body weight of women from 40 to 65",
  columns: [
    { name: "weight", code: "29463-7", unit: "kg", scale: 1, min: "30", max: "200" },
    { name: "age", code: "30525-0", unit: "a", scale: 0, min: "0", max: "120" },
    {
      name: "sex",
      code: "46098-0",
      system: "http://hl7.org/fhir/administrative-gender",
      codes: ["female", "male", "other", "unknown"],
    },
  ],
  filter: {
    minimum: 20,
    conditions: [
      { column: "age", from: "40", to: "65" },
      { column: "sex", oneOf: ["female"] },
    ],
  },
  statistic: { kind: "mean", column: "weight" },
};
const TODAY = "2026-03-01";
const patient = (id: string, birthDate: string) => ({ resourceType: "Patient", id, gender: "female", birthDate });
const weight = {
  resourceType: "Observation",
  id: "w",
  status: "final",
  code: { coding: [{ system: "http://loinc.org", code: "29463-7" }] },
  effectiveDateTime: "2025-05-06",
  valueQuantity: { value: 72.5, system: UCUM, code: "kg" },
};
const read = (...resources: object[]) => {
  const document = resources.map((each) => JSON.stringify(each)).join("\n");
  return readDocumentResources(QUESTION, new TextEncoder().encode(document), "export.ndjson");
};
const codeOf = async (call: () => unknown): Promise<string> => {
  try {
    await call();
  } catch (error) {
    if (MedexError.is(error)) return `${error.code} ${error.message}`;
    throw error;
  }
  return expect.fail("it was accepted");
};

describe("a patient's values for a study", () => {
  it("are those of the question's columns, with where each was read", async () => {
    const own = ownValues(QUESTION, await read(patient("p", "1970-01-31"), weight), TODAY);
    expect(own.values).to.deep.equal({ weight: "72.5", age: "56", sex: "female" });
    expect(own.missing).to.deep.equal([]);
    const where = own.found.map(({ column, source }) => [column, source?.record, source?.resource, source?.date]);
    expect(where).to.deep.equal([
      ["weight", "export.ndjson", "Observation/w", "2025-05-06"],
      ["age", "export.ndjson", "Patient/p", TODAY],
      ["sex", "export.ndjson", "Patient/p", undefined],
    ]);
  });

  it("are of the filter's columns alone for whoever does not match it", async () => {
    const own = ownValues(QUESTION, await read(patient("p", "1990-01-31"), weight), TODAY);
    expect(own.values).to.deep.equal({ age: "36", sex: "female" });
    requireValues(ownValues(QUESTION, await read(patient("p", "1990-01-31")), TODAY));
  });

  it("are asked for by name where the records lack them", async () => {
    const withoutWeight = await read(patient("p", "1970-01-31"));
    const why = await codeOf(() => requireValues(ownValues(QUESTION, withoutWeight, TODAY)));
    expect(why).to.include("FEATURE_MISSING").and.include("weight: no Observation of LOINC 29463-7");
    const withoutPatient = ownValues(QUESTION, await read(weight), TODAY);
    expect(withoutPatient.missing.map(({ column }) => column)).to.deep.equal(["age", "sex"]);
    expect(withoutPatient.values).to.deep.equal({});
  });

  it("are what the patient gives where the records have none, and theirs where they have one", async () => {
    const given = { age: "50", sex: "female", weight: "99" };
    const own = ownValues(QUESTION, await read(weight), TODAY, given);
    expect(own.values).to.deep.equal({ weight: "72.5", age: "50", sex: "female" });
    expect(own.found.map(({ source }) => source !== undefined)).to.deep.equal([true, false, false]);
    expect(ownValues(QUESTION, await read(weight), TODAY, { ...given, sex: "male" }).values).to.deep.equal({
      age: "50",
      sex: "male",
    });
  });

  it("are read from no document of several patients", async () => {
    const why = await codeOf(() => read(patient("p", "1970-01-31"), patient("q", "1970-01-31"), weight));
    expect(why).to.include("INPUT_INVALID").and.include("several patients");
  });

  it("are read from no document whose Observations are of another patient, or of several", async () => {
    const of = (id: string) => ({ ...weight, id: `w${id}`, subject: { reference: `Patient/${id}` } });
    for (const resources of [
      [patient("p", "1970-01-31"), of("newborn")],
      [of("p"), of("newborn")],
    ]) {
      expect(await codeOf(() => read(...resources)))
        .to.include("INPUT_INVALID")
        .and.include("several patients");
    }
    const own = ownValues(QUESTION, await read(patient("p", "1970-01-31"), of("p")), TODAY);
    expect(own.values).to.include({ weight: "72.5" });
  });

  it("are read from FHIR alone", async () => {
    const csv = new TextEncoder().encode("weight\n72.5\n");
    expect(await codeOf(() => readDocumentResources(QUESTION, csv, "weights.csv"))).to.include("RECORD_FORMAT");
  });
});
