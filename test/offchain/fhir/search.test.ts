import {
  capabilityStatement,
  everythingOf,
  indexGranted,
  type Resource,
  readGranted,
  search,
  stringifyResource,
} from "@medexchain/fhir";
import { expect } from "chai";
import { intervalOf } from "../../../offchain/fhir/dates.ts";
import { bytes, failsWith, loinc, observation, patient } from "./support.ts";

const OWNER = `0x${"1".repeat(64)}`;
const recordOf = (digit: string, ...resources: object[]) => ({
  recordId: `0x${digit.repeat(64)}`,
  owner: OWNER,
  resources: readGranted(
    bytes({ resourceType: "Bundle", type: "collection", entry: resources.map((resource) => ({ resource })) }),
  ),
});
const idsOf = (found: readonly Resource[] | undefined) => found?.map(({ resourceType, id }) => `${resourceType}/${id}`);

describe("searches over what was granted", () => {
  const index = indexGranted([
    recordOf(
      "a",
      patient,
      { ...patient, id: "p2" },
      observation("o1"),
      observation("o2", { code: loinc("8480-6"), effectiveDateTime: "2024-05-07T10:30:00+02:00" }),
      observation("o3", { subject: { reference: "Patient/p2" }, effectiveDateTime: undefined }),
      observation("o4", { effectiveDateTime: undefined, effectivePeriod: { start: "2024-06-01", end: "2024-06-30" } }),
      observation("o5", { effectiveDateTime: undefined, effectivePeriod: { start: "2024-07" } }),
      {
        resourceType: "Encounter",
        id: "e1",
        subject: { reference: "Patient/p1" },
        serviceProvider: { reference: "Organization/h" },
      },
      { resourceType: "Organization", id: "h", partOf: { reference: "Organization/g" } },
      { resourceType: "Organization", id: "g" },
    ),
  ]);
  const find = (...parameters: [string, string][]) =>
    idsOf(search(index, "Observation", parameters))?.map((place) => place.slice(12));

  const cases: [string, [string, string][], string[]][] = [
    ["a patient, by id or reference", [["patient", "p2"]], ["o3"]],
    ["a patient, by reference", [["patient", "Patient/p2"]], ["o3"]],
    ["an id among some", [["_id", "o2,o9,o1"]], ["o1", "o2"]],
    ["a code", [["code", "8480-6"]], ["o2"]],
    ["a code of its system", [["code", "http://loinc.org|8480-6"]], ["o2"]],
    ["a code of another system", [["code", "http://snomed.info/sct|8480-6"]], []],
    ["a code without a system", [["code", "|8480-6"]], []],
    [
      "two conditions",
      [
        ["patient", "p1"],
        ["code", "http://loinc.org|"],
        ["date", "2024-05-06"],
      ],
      ["o1"],
    ],
    ["a month", [["date", "2024-05"]], ["o1", "o2"]],
    ["a minute in another zone", [["date", "2024-05-07T08:30Z"]], ["o2"]],
    ["from a day on", [["date", "ge2024-05-07"]], ["o2", "o4", "o5"]],
    ["before a day", [["date", "lt2024-05-07"]], ["o1"]],
    ["after a month, wholly", [["date", "sa2024-05"]], ["o4", "o5"]],
    [
      "between two days",
      [
        ["date", "gt2024-05-06"],
        ["date", "lt2024-06-15"],
      ],
      ["o2", "o4"],
    ],
    ["not in a month", [["date", "ne2024-05"]], ["o4", "o5"]],
    ["ended before a day", [["date", "eb2024-07-01"]], ["o1", "o2", "o4"]],
  ];
  for (const [name, parameters, found] of cases) {
    it(`find by ${name}`, () => expect(find(...parameters)).to.deep.equal(found));
  }

  it("refuse a parameter that they do not have, and a date that is none", async () => {
    await failsWith("INPUT_INVALID", () => find(["value-quantity", "5"]));
    await failsWith("INPUT_INVALID", () => find(["code:not", "5"]));
    await failsWith("INPUT_INVALID", () => find(["date", "yesterday"]));
    await failsWith("INPUT_INVALID", () => search(index, "Patient", [["patient", "p1"]]));
    expect(intervalOf("2024-13-01")).to.equal(undefined);
  });

  it("give everything of a patient with what it refers to, and nothing of another", () => {
    expect(idsOf(everythingOf(index, "p1"))).to.have.members([
      "Patient/p1",
      ...["o1", "o2", "o4", "o5"].map((id) => `Observation/${id}`),
      "Encounter/e1",
      "Organization/h",
      "Organization/g",
    ]);
    expect(everythingOf(index, "p9")).to.equal(undefined);
  });

  it("say in the CapabilityStatement what each type has", () => {
    const statement = JSON.parse(
      stringifyResource(capabilityStatement(index, "http://127.0.0.1:1", "1.0.0", new Date(0))),
    );
    const types: { type: string; searchParam: { name: string }[] }[] = statement.rest[0].resource;
    expect(types.map(({ type }) => type)).to.deep.equal(["Encounter", "Observation", "Organization", "Patient"]);
    expect(types[1]?.searchParam.map(({ name }) => name)).to.deep.equal(["_id", "patient", "code", "date"]);
  });

  it("tell two records' resources apart where they share an id, and know one that both have as one", () => {
    const two = indexGranted([
      recordOf("a", patient, observation("o1")),
      recordOf("b", { ...patient, birthDate: "1980-01-01" }, observation("o2"), {
        resourceType: "Organization",
        id: "h",
      }),
      recordOf("c", { resourceType: "Organization", id: "h" }),
    ]);
    expect(idsOf(search(two, "Patient", []))).to.deep.equal(["Patient/p1", "Patient/bbbbbbbb-p1"]);
    expect(idsOf(search(two, "Observation", [["patient", "bbbbbbbb-p1"]]))).to.deep.equal(["Observation/o2"]);
    expect(two.types.get("Organization")).to.have.length(1);
  });

  it("show nobody with what another owner's record says of somebody under the same id", () => {
    const other = { owner: `0x${"2".repeat(64)}` };
    const two = indexGranted([
      { ...recordOf("b", observation("o9")), ...other },
      recordOf("a", patient, observation("o1")),
      // The patient of another owner, to the byte, and a value of a patient whom that record does not have.
      { ...recordOf("c", patient, observation("o2")), ...other },
      { ...recordOf("d", observation("o3")), ...other },
    ]);
    expect(idsOf(search(two, "Observation", [["patient", "p1"]]))).to.deep.equal(["Observation/o1"]);
    expect(idsOf(everythingOf(two, "p1"))).to.deep.equal(["Patient/p1", "Observation/o1"]);
    const others = ["Observation/o9", "Observation/o2", "Observation/o3"];
    expect(idsOf(search(two, "Observation", [["patient", "cccccccc-p1"]]))).to.deep.equal(others);
    const alone = indexGranted([recordOf("a", patient), { ...recordOf("d", observation("o3")), ...other }]);
    expect(JSON.parse(stringifyResource(alone.types.get("Observation")?.[0] ?? null)).subject).to.deep.equal({
      identifier: { value: "Patient/p1" },
    });
  });

  it("keep a resource whose long id begins as another's", () => {
    const long = (end: string) => ({ resourceType: "Organization", id: `${"h".repeat(62)}${end}` });
    const index = indexGranted([
      recordOf("a", long("1"), long("2")),
      recordOf("b", { ...long("1"), name: "B" }, { ...long("2"), name: "B" }),
    ]);
    expect(index.types.get("Organization")).to.have.length(4);
    expect(new Set(index.types.get("Organization")?.map(({ id }) => id)).size).to.equal(4);
  });
});
