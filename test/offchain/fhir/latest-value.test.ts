import { latestValue, mayHaveValue, readGranted } from "@medexchain/fhir";
import { expect } from "chai";
import { bytes } from "./support.ts";

const LOINC = "http://loinc.org";
const UCUM = "http://unitsofmeasure.org";
const TODAY = "2026-03-01";
const WEIGHT = { code: "29463-7", unit: "kg" };
const SMOKING = { code: "72166-2", system: "http://snomed.info/sct", codes: ["266919005", "449868002"] };
const AGE = { code: "30525-0", unit: "a" };
const SEX = { code: "46098-0", system: "http://hl7.org/fhir/administrative-gender", codes: ["female", "male"] };

const coded = (code: string, system = LOINC) => ({ coding: [{ system, code }] });
const kilograms = (value: number | string, more: object = {}) => ({
  valueQuantity: { value, system: UCUM, code: "kg", unit: "kilogram", ...more },
});
let number = 0;
const weight = (effectiveDateTime: string | undefined, value: object, more: object = {}) => ({
  resourceType: "Observation",
  id: `w${++number}`,
  status: "final",
  code: coded("29463-7"),
  ...(effectiveDateTime !== undefined && { effectiveDateTime }),
  ...value,
  ...more,
});
const sourcesOf = (...resources: object[]) =>
  resources.flatMap((resource, i) =>
    readGranted(bytes(resource)).map((read) => ({ resource: read.resource, record: `record ${i}` })),
  );
const found = (asked: Parameters<typeof latestValue>[0], ...resources: object[]): string | undefined => {
  const answer = latestValue(asked, sourcesOf(...resources), TODAY);
  return "value" in answer ? answer.value : undefined;
};
const reasonOf = (asked: Parameters<typeof latestValue>[0], ...resources: object[]): string => {
  const answer = latestValue(asked, sourcesOf(...resources), TODAY);
  return "reason" in answer ? answer.reason : expect.fail(`it found ${answer.value}`);
};

describe("the value of a code in a person's records", () => {
  it("is the latest Observation's by its effective time, digit for digit, and says where it is from", () => {
    const older = weight("2024-05-01T08:00:00Z", kilograms(80));
    const latest = {
      ...weight("2025-01-02", {}),
      effectiveDateTime: undefined,
      effectivePeriod: { start: "2025-01-02" },
    };
    const text = JSON.stringify({ ...latest, valueQuantity: { value: 72.5, system: UCUM, code: "kg" } });
    const sources = [
      ...sourcesOf(older),
      ...readGranted(new TextEncoder().encode(text.replace("72.5", "72.50"))).map(({ resource }) => ({
        resource,
        record: "another",
      })),
    ];
    expect(latestValue(WEIGHT, sources, TODAY)).to.deep.equal({
      value: "72.50",
      date: "2025-01-02",
      record: "another",
      resource: `Observation/${latest.id}`,
    });
    expect(latestValue(WEIGHT, sources.toReversed(), TODAY)).to.deep.include({ value: "72.50" });
  });

  it("is a component's, by the component's own code", () => {
    const panel = {
      resourceType: "Observation",
      id: "bp",
      status: "final",
      code: coded("85354-9"),
      effectiveDateTime: "2025-01-02",
      component: [
        { code: coded("8480-6"), valueQuantity: { value: 128, system: UCUM, code: "mm[Hg]" } },
        { code: coded("8462-4"), valueQuantity: { value: 81, system: UCUM, code: "mm[Hg]" } },
      ],
    };
    expect(found({ code: "8480-6", unit: "mm[Hg]" }, panel)).to.equal("128");
    expect(found({ code: "8462-4", unit: "mm[Hg]" }, panel)).to.equal("81");
    expect(reasonOf({ code: "85354-9", unit: "mm[Hg]" }, panel)).to.include("has no number");
  });

  it("is of no Observation that does not stand, says no time, or is of somebody else", () => {
    for (const status of ["registered", "preliminary", "cancelled", "entered-in-error", "unknown", "stopped"]) {
      const reason = reasonOf(WEIGHT, weight("2025-01-02", kilograms(80), { status }));
      expect(reason).to.include(`its status is ${status}`);
    }
    expect(found(WEIGHT, weight("2025-01-02", kilograms(80), { status: "corrected" }))).to.equal("80");
    expect(reasonOf(WEIGHT, weight(undefined, kilograms(80)))).to.include("does not say when");
    expect(reasonOf(WEIGHT, weight("2025-01-02", kilograms(3), { focus: [{ reference: "Patient/9" }] }))).to.include(
      "somebody else",
    );
    const modifierExtension = [{ url: "https://example.org/not", valueBoolean: true }];
    expect(reasonOf(WEIGHT, weight("2025-01-02", kilograms(80), { modifierExtension }))).to.include("meant otherwise");
    // What is left out does not hide an older one that stands.
    const cancelled = weight("2025-06-01", kilograms(99), { status: "entered-in-error" });
    expect(found(WEIGHT, cancelled, weight("2025-01-02", kilograms(80)))).to.equal("80");
  });

  it("is of a person: of no group, device or place, however it is referred to", () => {
    const of = (subject: object) => weight("2025-01-02", kilograms(80), { subject });
    for (const reference of ["Group/1", "https://example.org/fhir/Device/7", "Location/ward"]) {
      expect(reasonOf(WEIGHT, of({ reference })), reference).to.include("somebody else");
    }
    expect(reasonOf(WEIGHT, of({ type: "Group", display: "all" }))).to.include("somebody else");
    for (const reference of ["Patient/1", "https://example.org/fhir/Patient/1/_history/2", "urn:uuid:7", "#p"]) {
      expect(found(WEIGHT, of({ reference })), reference).to.equal("80");
    }
  });

  it("is not told where the latest is of a day that is yet to come, which would hide all others for good", () => {
    const older = weight("2024-05-01", kilograms(80));
    expect(reasonOf(WEIGHT, older, weight("2205-01-02", kilograms(8)))).to.include("yet to come");
    // East of Greenwich it is tomorrow already.
    expect(found(WEIGHT, older, weight("2026-03-02", kilograms(81)))).to.equal("81");
    expect(reasonOf(AGE, { resourceType: "Patient", id: "p", birthDate: "2062-03-01" })).to.include("yet to come");
  });

  it("is not told where another record says that it was entered in error", () => {
    const older = weight("2024-05-01", kilograms(80));
    const wrong = weight("2025-01-02", kilograms(8));
    const retracted = { ...wrong, status: "entered-in-error" };
    expect(reasonOf(WEIGHT, older, wrong, retracted)).to.include("entered in error");
    expect(reasonOf(WEIGHT, retracted, wrong, older)).to.include("entered in error");
    expect(found(WEIGHT, older, retracted)).to.equal("80");
  });

  it("has the unit that is asked for, or there is none: no unit is converted, and no older value taken", () => {
    const older = weight("2024-01-02", kilograms(80));
    const latest = (quantity: object) => weight("2025-01-02", kilograms(176, quantity));
    expect(reasonOf(WEIGHT, older, latest({ code: "[lb_av]" })))
      .to.include("[lb_av]")
      .and.include("kg is asked for");
    expect(reasonOf(WEIGHT, older, latest({ code: undefined }))).to.include("no UCUM unit");
    expect(reasonOf(WEIGHT, older, latest({ system: "https://example.org/units" }))).to.include("no UCUM unit");
    expect(reasonOf(WEIGHT, older, latest({ comparator: ">" }))).to.include("above or below");
    const text = { valueString: "about 80", effectiveDateTime: "2025-01-02" };
    expect(reasonOf(WEIGHT, older, weight("2025-01-02", text))).to.include("no number");
  });

  it("takes UCUM's annotations for what they are: no part of the unit", () => {
    const rate = (code: string) => ({
      ...weight("2025-01-02", { valueQuantity: { value: 61, system: UCUM, code } }),
      code: coded("8867-4"),
    });
    expect(found({ code: "8867-4", unit: "/min" }, rate("{beats}/min"))).to.equal("61");
    expect(found({ code: "8867-4", unit: "{beats}/min" }, rate("/min"))).to.equal("61");
    expect(found({ code: "8867-4", unit: "1" }, rate("{score}"))).to.equal("61");
    expect(reasonOf({ code: "8867-4", unit: "/min" }, rate("/h"))).to.include("/h");
    const whole = { ...weight("2025-01-02", { valueInteger: 3 }), code: coded("8867-4") };
    expect(found({ code: "8867-4", unit: "{score}" }, whole)).to.equal("3");
    expect(reasonOf({ code: "8867-4", unit: "/min" }, whole)).to.include("no number");
  });

  it("is not told where two of the same time differ, unless one was issued later", () => {
    const [a, b] = [weight("2025-01-02", kilograms(80)), weight("2025-01-02", kilograms(81))];
    expect(reasonOf(WEIGHT, a, b)).to.include("differ");
    expect(found(WEIGHT, a, weight("2025-01-02", kilograms(80)))).to.equal("80");
    expect(found(WEIGHT, { ...a, issued: "2025-01-03T10:00:00Z" }, b)).to.equal("80");
  });

  it("is a code of the system that is asked for", () => {
    const smoking = (...codes: [string, string?][]) => ({
      ...weight("2025-01-02", {
        valueCodeableConcept: { coding: codes.map(([code, system]) => ({ system: system ?? SMOKING.system, code })) },
      }),
      code: coded("72166-2"),
    });
    expect(found(SMOKING, smoking(["x", LOINC], ["449868002"]))).to.equal("449868002");
    expect(reasonOf(SMOKING, smoking(["449868002", LOINC]))).to.include("none of the codes");
    expect(reasonOf(SMOKING, smoking(["8517006"]))).to.include("none of the codes");
    expect(reasonOf(SMOKING, smoking(["266919005"], ["449868002"]))).to.include("several");
  });

  it("is the Patient's age in completed years, and the Patient's gender", () => {
    const patient = (birthDate: string, gender = "female") => ({ resourceType: "Patient", id: "p", birthDate, gender });
    expect(found(AGE, patient("1962-03-01"))).to.equal("64");
    expect(found(AGE, patient("1962-03-02"))).to.equal("63");
    expect(found(AGE, patient("2026-03-01"))).to.equal("0");
    expect(reasonOf(AGE, patient("1962-03"))).to.include("no whole date");
    expect(reasonOf(AGE, patient("1962-13-01"))).to.include("no whole date");
    expect(reasonOf(AGE, patient("1962-03-01"), patient("1963-03-01"))).to.include("differ");
    expect(found(SEX, patient("1962-03-01"), patient("1962-03-01"))).to.equal("female");
    expect(reasonOf(SEX, patient("1962-03-01", "other"))).to.include("none of the codes");
    expect(reasonOf(SEX, weight("2025-01-02", kilograms(80)))).to.include("no Patient");
    // In another unit it is what was observed.
    const months = {
      ...weight("2025-01-02", { valueQuantity: { value: 9, system: UCUM, code: "mo" } }),
      code: coded(AGE.code),
    };
    expect(found({ ...AGE, unit: "mo" }, patient("1962-03-01"), months)).to.equal("9");
  });

  it("never stands in the reason for which there is none", () => {
    expect(reasonOf(WEIGHT, weight("2025-01-02", kilograms(176.4, { code: "[lb_av]" })))).to.not.include("176");
    expect(reasonOf(AGE, { resourceType: "Patient", birthDate: "1962-03" })).to.not.include("1962");
  });

  it("has none of a record's control characters in that reason, and little of its text", () => {
    const hostile = `\u001b[2J\u202e${"x".repeat(10_000)}`;
    for (const observation of [
      weight("2025-01-02", kilograms(80), { status: hostile }),
      weight("2025-01-02", kilograms(80, { code: hostile })),
    ]) {
      const reason = reasonOf(WEIGHT, observation);
      expect(reason).to.not.include("\u001b").and.not.include("\u202e");
      expect(reason.length).to.be.below(300);
    }
  });

  it("is looked for in few resources of many", () => {
    const [patient, observation, other] = [
      { resourceType: "Patient" },
      weight("2025-01-02", kilograms(80)),
      { resourceType: "Condition", code: coded("29463-7") },
    ];
    const has = (resource: object) => sourcesOf(resource).map((each) => mayHaveValue(each.resource, [WEIGHT, SEX]))[0];
    expect([has(patient), has(observation), has(other)]).to.deep.equal([true, true, false]);
    expect(sourcesOf(observation).map(({ resource }) => mayHaveValue(resource, [SMOKING]))).to.deep.equal([false]);
  });
});
