import { type CoveredData, coveredData, type NotCovered } from "@medexchain/actors";
import type { ConsentedData } from "@medexchain/fhir";
import { splitRecord } from "@medexchain/sfe";
import { expect } from "chai";
import { loinc, observation, patient } from "../fhir/support.ts";

const CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
const label = (...codes: string[]) => ({
  meta: { security: codes.map((code) => ({ system: CONFIDENTIALITY, code })) },
});
const HEART_RATE = "http://loinc.org|8867-4";
const ALL: ConsentedData = { records: [], resources: [], types: [], labels: [], codes: [] };

const bundle = (...resources: object[]) => ({
  resourceType: "Bundle",
  type: "collection",
  entry: resources.map((resource) => ({ resource })),
});

async function covered(
  data: Partial<ConsentedData>,
  record: object | string,
  selectors = ["Bundle.entry"],
): Promise<CoveredData | NotCovered> {
  const bytes = new TextEncoder().encode(typeof record === "string" ? record : JSON.stringify(record));
  const isTable = typeof record === "string" && record.startsWith("a,b");
  const format = isTable ? "csv" : typeof record === "string" ? "fhir-r4+ndjson" : "fhir-r4+json";
  const pieces = splitRecord(bytes, { format, selectors, lastLook: false });
  return coveredData(
    { ...ALL, ...data },
    (async function* () {
      yield* pieces;
    })(),
  );
}
/** The entries of which something is sent. */
const entriesOf = (found: CoveredData | NotCovered): string[] => {
  if (!("features" in found)) throw new Error(found.reason);
  return [...new Set([...(found.features ?? [])].map((name) => name.split(".resource")[0] ?? ""))];
};
const isRefused = (found: CoveredData | NotCovered, reason: RegExp) =>
  expect("reason" in found ? found.reason : "covered").to.match(reason);

describe("coveredData", () => {
  const heartRate = observation("o2", { code: loinc("8867-4") });

  it("covers everything where the consent is for all data, whatever the record is", async () => {
    expect(await coveredData(ALL, (async function* () {})())).to.deep.equal({ features: undefined, classes: [] });
  });

  it("takes the resources of a type, and nothing of others, in Bundles and lines", async () => {
    const found = await covered({ types: ["Observation"] }, bundle(patient, observation("o1"), heartRate));
    expect(entriesOf(found)).to.deep.equal(["Bundle.entry[1]", "Bundle.entry[2]"]);
    expect("classes" in found && found.classes).to.deep.equal(["type Observation"]);
    const lines = [patient, observation("o1")].map((each) => JSON.stringify(each)).join("\n");
    const ofLines = await covered({ types: ["Observation"] }, `${lines}\n`, ["Patient", "Observation"]);
    expect(
      "features" in ofLines && [...(ofLines.features ?? [])].every((name) => name.startsWith("line[1].Observation")),
    ).to.equal(true);
  });

  it("takes one resource, and those with a code", async () => {
    const record = bundle(patient, observation("o1"), heartRate);
    expect(entriesOf(await covered({ resources: ["Observation/o1"] }, record))).to.deep.equal(["Bundle.entry[1]"]);
    expect(entriesOf(await covered({ codes: [HEART_RATE] }, record))).to.deep.equal(["Bundle.entry[2]"]);
  });

  it("takes a resource by its label only where the consent names all labels that it has, the Bundle's too", async () => {
    const normal = { labels: [`${CONFIDENTIALITY}|N`] };
    const record = bundle(
      observation("o1", label("N")),
      observation("o2", label("N", "R")),
      observation("o3"),
      observation("o4", label("R")),
    );
    expect(entriesOf(await covered(normal, record))).to.deep.equal(["Bundle.entry[0]"]);
    isRefused(await covered(normal, { ...record, ...label("R") }, ["Bundle.entry", "Bundle.meta"]), /nothing/);
  });

  it("takes only what fits every condition", async () => {
    const record = bundle(heartRate, observation("o3", { code: loinc("8867-4"), ...label("N") }));
    const found = await covered(
      { types: ["Observation"], labels: [`${CONFIDENTIALITY}|N`], codes: [HEART_RATE] },
      record,
    );
    expect(entriesOf(found)).to.deep.equal(["Bundle.entry[1]"]);
  });

  it("leaves a record whose public part has more than the consent is for: that goes with every grant", async () => {
    const record = bundle(patient, heartRate);
    isRefused(await covered({ types: ["Observation"] }, record, ["Patient.name"]), /public part/);
    isRefused(
      await covered({ types: ["Observation"] }, { ...record, id: "of-a-clinic" }),
      /^Bundle\.id is in the record's public part/,
    );
  });

  it("leaves what holds other resources, unless they are covered too", async () => {
    const inner = { ...heartRate, contained: [patient] };
    expect(entriesOf(await covered({ types: ["Observation", "Patient"] }, bundle(inner)))).to.deep.equal([
      "Bundle.entry[0]",
    ]);
    isRefused(await covered({ types: ["Observation"] }, bundle(inner)), /nothing/);
    isRefused(await covered({ types: ["Observation", "Bundle"] }, bundle(bundle(patient))), /nothing/);
  });

  it("leaves what holds another resource two deep, or where FHIR has none", async () => {
    const twoDeep = { ...heartRate, contained: [{ ...observation("o9"), contained: [patient] }] };
    isRefused(await covered({ types: ["Observation"] }, bundle(twoDeep)), /nothing/);
    const elsewhere = { ...heartRate, extension: [{ url: "http://x.org", valueHidden: { deep: [patient] } }] };
    isRefused(await covered({ types: ["Observation"] }, bundle(elsewhere)), /nothing/);
    const all = await covered({ types: ["Observation", "Patient"] }, bundle(twoDeep));
    expect("classes" in all && all.classes).to.deep.equal(["type Observation", "type Patient"]);
  });

  it("takes of a Bundle's entry the resource and its address, and no other resource that is in the entry", async () => {
    const outcome = { resourceType: "OperationOutcome", issue: [{ severity: "error", diagnostics: "of the patient" }] };
    const entry = { fullUrl: "urn:uuid:1", resource: heartRate, response: { status: "200", outcome } };
    const record = { resourceType: "Bundle", type: "batch-response", entry: [entry] };
    const found = await covered({ types: ["Observation"] }, record);
    const names = "features" in found ? [...(found.features ?? [])] : [];
    expect(names).to.include("Bundle.entry[0].fullUrl");
    expect(names.filter((name) => !/\.(resource\.|fullUrl$)/.test(name))).to.deep.equal([]);
    isRefused(await covered({ types: ["Observation"] }, record, ["Bundle.entry.resource"]), /public part/);
  });

  it("takes nothing of an entry whose name only begins as a resource's does", async () => {
    const hidden = { resourceType: "Condition", id: "c1" };
    for (const name of ["resource2", "resource_", "resourceX"]) {
      const record = { ...bundle(), entry: [{ resource: observation("o1"), [name]: hidden }] };
      const found = await covered({ types: ["Observation"] }, record);
      expect("features" in found && [...(found.features ?? [])].filter((each) => each.includes(name))).to.deep.equal(
        [],
      );
    }
  });

  it("covers a resource that holds more others than a call takes arguments", async () => {
    const many = Array.from({ length: 130_000 }, () => ({ resourceType: "Observation" }));
    const deep = observation("o1", { contained: [{ resourceType: "Observation", contained: many }] });
    expect(await covered({ types: ["Observation"] }, deep, ["Observation.status"])).to.deep.equal({
      features: new Set(["Observation.status"]),
      classes: ["type Observation"],
    });
  });

  it("leaves a record that is no FHIR, and one that has nothing of it", async () => {
    isRefused(await covered({ types: ["Observation"] }, "a,b\n1,2\n", ["a"]), /no FHIR/);
    isRefused(await covered({ types: ["Condition"] }, bundle(patient)), /nothing/);
  });
});
