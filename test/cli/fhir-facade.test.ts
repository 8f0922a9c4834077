import { request as httpRequest } from "node:http";
import { indexGranted, readGranted } from "@medexchain/fhir";
import { expect } from "chai";
import { type Facade, startFacade } from "../../cli/fhir/facade.ts";
import { bytes, observation, patient } from "../offchain/fhir/support.ts";

const TOKEN = "a token of the test";

describe("the FHIR server over what was granted", () => {
  let facade: Facade;
  before(async () => {
    const entry = [patient, ...Array.from({ length: 5 }, (_, at) => observation(`o${at}`))].map((resource) => ({
      resource,
    }));
    const resources = readGranted(bytes({ resourceType: "Bundle", type: "collection", entry }));
    const index = indexGranted([{ recordId: `0x${"a".repeat(64)}`, owner: `0x${"1".repeat(64)}`, resources }]);
    facade = await startFacade({ index, token: TOKEN, version: "1.0.0", port: 0 });
  });
  after(() => facade.close());

  const get = async (
    path: string,
    headers: Record<string, string> = { authorization: `Bearer ${TOKEN}` },
    method = "GET",
  ) => {
    const response = await fetch(path.startsWith("http") ? path : `${facade.url}${path}`, { headers, method });
    return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) };
  };

  it("tells everybody what it can do, and nobody without the token anything else", async () => {
    const { status, body, headers } = await get("/metadata", {});
    expect([status, body.resourceType, body.fhirVersion]).to.deep.equal([200, "CapabilityStatement", "4.0.1"]);
    expect(body.implementation.url).to.equal(facade.url);
    expect(headers.get("content-type")).to.match(/^application\/fhir\+json/);
    for (const headers of [{}, { authorization: "Bearer other" }, { authorization: TOKEN }]) {
      for (const path of ["/Patient", "/Patient/p1", "/Patient/p1/$everything", "/nothing"]) {
        const refused = await get(path, headers as Record<string, string>);
        expect([refused.status, refused.body.resourceType]).to.deep.equal([401, "OperationOutcome"]);
      }
    }
  });

  it("reads, searches, and gives everything of a patient, a page at a time", async () => {
    expect((await get("/Patient/p1")).body).to.deep.equal(patient);
    const found: string[] = [];
    for (let next: string | undefined = "/Observation?patient=p1&_count=2"; next !== undefined; ) {
      const { body } = await get(next);
      expect([body.type, body.total]).to.deep.equal(["searchset", 5]);
      found.push(...body.entry.map(({ resource }: { resource: { id: string } }) => resource.id));
      next = body.link.find(({ relation }: { relation: string }) => relation === "next")?.url;
    }
    expect(found).to.deep.equal(["o0", "o1", "o2", "o3", "o4"]);
    expect((await get("/Patient/p1/$everything")).body.total).to.equal(6);
  });

  const refusals: [string, string, number, string?][] = [
    ["an id that was not granted", "/Patient/p2", 404],
    ["a type that was not granted", "/Encounter", 404],
    ["everything of a patient who was not granted", "/Patient/p2/$everything", 404],
    ["a parameter that it does not have", "/Observation?value-quantity=5", 400],
    ["a parameter of everything that it does not have", "/Patient/p1/$everything?_since=2024", 400],
    ["a count that is none", "/Observation?_count=-1", 400],
    ["another format", "/Patient/p1?_format=xml", 406],
    ["a way out of it", "/../../etc/passwd", 404],
    ["a write", "/Patient/p1", 405, "DELETE"],
  ];
  for (const [name, path, expected, method] of refusals) {
    it(`refuses ${name}, as an OperationOutcome`, async () => {
      const { status, body } = await get(path, undefined, method);
      expect([status, body.resourceType]).to.deep.equal([expected, "OperationOutcome"]);
    });
  }

  it("answers nobody who came here by another name, as a page in a browser may", async () => {
    const { port } = new URL(facade.url);
    const status = await new Promise((resolve, reject) => {
      const headers = { host: `rebound.example.org:${port}`, authorization: `Bearer ${TOKEN}` };
      httpRequest({ port, host: "127.0.0.1", path: "/metadata", headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on("error", reject)
        .end();
    });
    expect(status).to.equal(421);
    const { headers } = await get("/metadata", { origin: "https://example.org" });
    expect(headers.get("access-control-allow-origin")).to.equal(null);
  });
});
