import { connectFhirServer, type FhirLimits, readPatient } from "@medexchain/fhir";
import { expect } from "chai";
import { type Answer, failsWith, observation, patient, searchset, startFhir } from "./support.ts";

const QUERY = { patient: "p1" };
const text = (document: Uint8Array): string => new TextDecoder().decode(document);

/** Reads from a server that answers so. */
async function readFrom(
  answer: (path: string, url: string) => Answer | Promise<Answer>,
  limits: Partial<FhirLimits> = {},
) {
  await using server = await startFhir((request) => answer(request.url ?? "", `http://${request.headers.host}`));
  return await readPatient(connectFhirServer({ url: server.url, limits }), QUERY);
}

describe("a patient's resources from a FHIR server", () => {
  it("come from all pages, each once, with numbers as they were written", async () => {
    const first = JSON.stringify(searchset([patient, observation("o1", { valueQuantity: { value: 1 } })], "NEXT"));
    const { document, resources } = await readFrom((path, url) =>
      path.startsWith("/Patient/p1/$everything")
        ? { body: first.replace('"value":1', '"value":36.50').replace("NEXT", `${url}/?_getpages=2`) }
        : { body: searchset([observation("o1"), observation("o2")]) },
    );
    expect(resources).to.equal(3);
    expect(text(document)).to.include('"value":36.50');
    const { type, entry } = JSON.parse(text(document));
    expect(type).to.equal("collection");
    expect(entry.map(({ resource }: { resource: { id: string } }) => resource.id)).to.deep.equal(["p1", "o1", "o2"]);
    expect(entry[1].fullUrl).to.match(/^http:\/\/127\.0\.0\.1:\d+\/Observation\/o1$/);
  });

  it("are what searches find, with the patient first", async () => {
    await using server = await startFhir(({ url }) => ({
      body: searchset(url?.startsWith("/Patient?") ? [patient] : [observation("o1")]),
    }));
    const searches = ["Observation?patient=p1&code=29463-7"];
    const { resources } = await readPatient(connectFhirServer({ url: server.url }), { ...QUERY, searches });
    expect(resources).to.equal(2);
    expect(server.asked).to.deep.equal(["GET /Patient?_id=p1", `GET /${searches[0]}&_count=200`]);
  });

  it("have no message about the search among them", async () => {
    const outcome = { resourceType: "OperationOutcome", issue: [] };
    const page = searchset([patient]);
    const { resources } = await readFrom(() => ({
      body: { ...page, entry: [...page.entry, { resource: outcome, search: { mode: "outcome" } }] },
    }));
    expect(resources).to.equal(1);
  });

  const endless = (_path: string, url: string): Answer => ({
    body: searchset([patient, observation(crypto.randomUUID())], `${url}/?page=${crypto.randomUUID()}`),
  });
  const hostile: [string, Parameters<typeof readFrom>, RegExp][] = [
    [
      "that leads to another server",
      [() => ({ body: searchset([patient], "http://127.0.0.2:1/next") })],
      /another server/,
    ],
    [
      "that leads to another port",
      [() => ({ body: searchset([patient], "http://127.0.0.1:1/next") })],
      /another server/,
    ],
    ["that redirects", [() => ({ status: 302, headers: { location: "http://127.0.0.1:1/" } })], /redirects/],
    ["whose pages are a circle", [(_path, url) => ({ body: searchset([patient], `${url}/again`) })], /circle/],
    ["whose pages have no end", [endless, { pages: 5 }], /more than 5 pages/],
    ["that sends too many resources", [endless, { resources: 4 }], /more than 4 resources/],
    ["that sends too much for one document", [endless, { answerBytes: 1_500 }], /more than 1500 bytes/],
    [
      "whose one answer is too long",
      [() => ({ body: "[".repeat(5_000) }), { answerBytes: 1_000 }],
      /more than the 1000 bytes/,
    ],
    ["that answers with no JSON", [() => ({ body: "<html>" })], /not JSON/],
    ["that answers with JSON without end", [() => ({ body: "[".repeat(100_000) })], /not JSON/],
    ["that answers with no Bundle", [() => ({ body: patient })], /no Bundle/],
    ["that sends an entry of nothing", [() => ({ body: { ...searchset([]), entry: [{}] } })], /without a resource/],
    [
      "that sends a resource without an id",
      [() => ({ body: searchset([{ resourceType: "Basic" }]) })],
      /without an id/,
    ],
    ["that sends no such patient", [() => ({ body: searchset([{ ...patient, id: "p2" }]) })], /no Patient\/p1/],
  ];
  for (const [name, [answer, limits], message] of hostile) {
    it(`are refused from a server ${name}`, async () => {
      expect((await failsWith("SERVICE_PROTOCOL", () => readFrom(answer, limits))).message).to.match(message);
    });
  }

  it("are given up when an answer does not come to its end", async () => {
    const never = () => new Promise<Answer>(() => {});
    const error = await failsWith("SERVICE_UNREACHABLE", () => readFrom(never, { answerMs: 100 }));
    expect(error.message).to.include("no whole answer in 0.1 s");
  });

  it("are refused with what the server says in codes, and without its words, which may quote a record", async () => {
    const issue = [
      { severity: "error", code: "forbidden", diagnostics: "Mrs Test\u001b[31m", expression: ["Patient.name"] },
    ];
    const answer = { status: 403, body: { resourceType: "OperationOutcome", issue } };
    const { message } = await failsWith("FHIR_REFUSED", () => readFrom(() => answer));
    expect(message).to.include("status 403 (forbidden at Patient.name)").and.not.include("Mrs Test");
  });

  it("are not asked for over http from another machine, nor with an id or a search that is none", async () => {
    await failsWith("CONFIG_INVALID", () => connectFhirServer({ url: "http://fhir.example.org" }));
    await failsWith("CONFIG_INVALID", () => connectFhirServer({ url: "https://user:word@fhir.example.org" }));
    const server = connectFhirServer({ url: "http://127.0.0.1:1" });
    await failsWith("INPUT_INVALID", () => readPatient(server, { patient: "../admin" }));
    await failsWith("INPUT_INVALID", () => readPatient(server, { ...QUERY, searches: ["http://elsewhere/"] }));
  });
});
