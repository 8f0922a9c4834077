import {
  connectFhirServer,
  type Resource,
  readGranted,
  stringifyResource,
  transactionOf,
  writeGranted,
} from "@medexchain/fhir";
import { expect } from "chai";
import { bytes, failsWith, observation, patient, startFhir } from "./support.ts";

const id = (digit: string): string => `0x${digit.repeat(64)}`;
const grant = {
  requestId: id("1"),
  recordId: id("2"),
  owner: id("3"),
  requester: id("4"),
  purpose: "TREAT",
  decidedAt: new Date("2026-01-02T03:04:05Z"),
  digests: { capsule: id("5") },
};
const NOW = new Date("2026-01-03T00:00:00Z");

interface Entry {
  readonly fullUrl: string;
  readonly resource: Record<string, unknown> & { meta: { tag: { system: string; code: string }[] } };
  readonly request: { readonly method: string; readonly url: string; readonly ifNoneExist: string };
}
const entriesOf = (bundle: Resource): Entry[] => JSON.parse(stringifyResource(bundle)).entry;
const bundleOf = (...resources: object[]) => ({
  resourceType: "Bundle",
  type: "collection",
  entry: resources.map((resource) => ({ resource })),
});

describe("a granted record for a FHIR server", () => {
  const both = readGranted(
    bytes(bundleOf(patient, observation("o1", { performer: [{ reference: "Practitioner/9" }] }))),
  );

  it("is created, where the server does not have it yet, under ids of the server's", () => {
    const entries = entriesOf(transactionOf(both, grant, NOW));
    expect(entries.map(({ request }) => `${request.method} ${request.url}`)).to.deep.equal([
      "POST Patient",
      "POST Observation",
      "POST Provenance",
    ]);
    for (const { resource, request } of entries) {
      expect(resource).not.to.have.property("id");
      const { system, code } = resource.meta.tag.at(-1)!;
      expect(decodeURIComponent(request.ifNoneExist)).to.equal(`_tag=${system}|${code}`);
    }
  });

  it("refers to itself by its entries, and to what it has not by a name", () => {
    const [first, second] = entriesOf(transactionOf(both, grant, NOW));
    expect(second?.resource.subject).to.deep.equal({ reference: first?.fullUrl });
    expect(second?.resource.performer).to.deep.equal([{ identifier: { value: "Practitioner/9" } }]);
  });

  it("says in its Provenance who granted what, why, and by which digests", () => {
    const entries = entriesOf(transactionOf(both, grant, NOW));
    const { target, agent, reason, entity, occurredDateTime } = entries[2]!.resource as never as {
      target: { reference: string }[];
      agent: { who: { identifier: object } }[];
      reason: { coding: { code: string }[] }[];
      entity: { what: { identifier: { value: string } } }[];
      occurredDateTime: string;
    };
    expect(target.map(({ reference }) => reference)).to.deep.equal(entries.slice(0, 2).map(({ fullUrl }) => fullUrl));
    expect(agent.map(({ who }) => who.identifier)).to.deep.equal(
      [grant.owner, grant.requester].map((value) => ({ system: "urn:medexchain:member", value })),
    );
    expect(reason[0]?.coding[0]?.code).to.equal("TREAT");
    expect(entity.map(({ what }) => what.identifier.value)).to.deep.equal([grant.recordId, grant.requestId, id("5")]);
    expect(occurredDateTime).to.equal("2026-01-02T03:04:05.000Z");
  });

  it("is found again by another request for the same record, and not when its content is another", () => {
    const tags = (granted: typeof both, requestId: string) =>
      entriesOf(transactionOf(granted, { ...grant, requestId }, NOW)).map(({ request }) => request.ifNoneExist);
    const [first, again] = [tags(both, id("1")), tags(both, id("a"))];
    expect(again.slice(0, 2)).to.deep.equal(first.slice(0, 2));
    expect(again[2]).not.to.equal(first[2]);
    const other = readGranted(bytes(bundleOf({ ...patient, birthDate: "1970-02-01" }, observation("o1"))));
    expect(tags(other, id("1"))[0]).not.to.equal(first[0]);
  });

  it("has nothing in the place of what was withheld, and says so", () => {
    const withheld = { ...patient, birthDate: null, name: [{ family: null }] };
    const { resource } = readGranted(bytes(withheld))[0]!;
    expect(resource).not.to.have.any.keys("birthDate", "name");
    expect(JSON.parse(stringifyResource(resource)).meta.security[0].code).to.equal("SUBSETTED");
    const whole = readGranted(bytes({ ...patient, name: [{ given: ["A", null], _given: [null, { id: "x" }] }] }));
    expect(stringifyResource(whole[0]!.resource)).to.include('"given":["A",null]').and.not.include("SUBSETTED");
  });

  it("keeps numbers as they were written, of JSON and of lines", () => {
    const text = '{"resourceType":"Observation","id":"o1","valueQuantity":{"value":36.50}}';
    for (const document of [text, `${text}\n${text.replace("o1", "o2")}\n`]) {
      const [first] = readGranted(new TextEncoder().encode(document));
      expect(stringifyResource(first!.resource)).to.include('"value":36.50');
    }
  });

  it("is refused whole where it has what would act on the server, and is no data of a patient", async () => {
    const subscription = {
      resourceType: "Subscription",
      id: "s1",
      status: "requested",
      criteria: "Observation?",
      channel: { type: "rest-hook", endpoint: "https://elsewhere.example" },
    };
    for (const resourceType of ["Subscription", "SearchParameter", "AuditEvent", "Bundle", "SubscriptionTopic"]) {
      const granted = readGranted(bytes(bundleOf(patient, { ...subscription, resourceType })));
      if (resourceType === "Bundle") expect(granted).to.have.length(2);
      const { message } = await failsWith("RECORD_FORMAT", () => transactionOf(granted, grant, NOW));
      expect(message).to.include(resourceType);
    }
  });

  it("is looked for by its own tag alone, whatever tags it brings", () => {
    const forged = { meta: { tag: [{ system: "urn:medexchain:granted", code: "another" }, { code: "kept" }] } };
    const [entry] = entriesOf(transactionOf(readGranted(bytes({ ...patient, ...forged })), grant, NOW));
    expect(entry?.resource.meta.tag.map(({ code }) => code))
      .to.have.length(2)
      .and.include("kept");
    expect(entry?.request.ifNoneExist).not.to.include("another");
  });

  it("is refused when it is no FHIR, or nothing", async () => {
    await failsWith("RECORD_FORMAT", () => readGranted(bytes({ a: 1 })));
    await failsWith("RECORD_FORMAT", () => readGranted(new TextEncoder().encode("name,age\n")));
    await failsWith("RECORD_FORMAT", () => transactionOf([], grant, NOW));
    const deep = `{"resourceType":"Basic","x":${"[".repeat(2_000)}${"]".repeat(2_000)}}`;
    await failsWith("RECORD_FORMAT", () => readGranted(new TextEncoder().encode(deep)));
    const [odd] = readGranted(new TextEncoder().encode('{"resourceType":"Basic","__proto__":{"id":"x"}}'));
    expect(odd?.resource.id).to.equal(undefined);
  });

  describe("when it is written", () => {
    const write = async (respond: (statuses: number) => unknown) => {
      await using server = await startFhir((_request, body) => ({ body: respond(JSON.parse(body).entry.length) }));
      return await writeGranted(connectFhirServer({ url: server.url }), bytes(bundleOf(patient)), grant);
    };
    const answer = (...statuses: string[]) => ({
      resourceType: "Bundle",
      type: "transaction-response",
      entry: statuses.map((status) => ({ response: { status, location: "Provenance/7/_history/1" } })),
    });

    it("counts what is new there, and what was there", async () => {
      expect(await write(() => answer("201 Created", "201 Created"))).to.deep.equal({
        created: 1,
        existing: 0,
        provenance: "Provenance/7/_history/1",
      });
      expect(await write(() => answer("200 OK", "201 Created"))).to.include({ created: 0, existing: 1 });
    });

    it("is not believed to be there when the server does not say so of each resource", async () => {
      for (const wrong of [
        answer("201 Created"),
        answer("201", "412 Precondition Failed"),
        { resourceType: "Bundle" },
        { ...answer(), entry: Array(2).fill({ response: { status: "201", location: "Provenance/\x1b]0;owned\x07" } }) },
      ]) {
        await failsWith("SERVICE_PROTOCOL", () => write(() => wrong));
      }
    });
  });
});
