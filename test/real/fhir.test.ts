/** A real FHIR server: a patient's record from it, what was granted to it, and the audit's export before its validator. */
import { openFreshAudit } from "@medexchain/audit";
import { fhirResources } from "@medexchain/audit/fhir";
import type { Hex32 } from "@medexchain/chain";
import {
  connectFhirServer,
  exportPatient,
  type FhirServer,
  type JsonObject,
  readPatient,
  writeGranted,
} from "@medexchain/fhir";
import { expect } from "chai";
import { grantOf } from "../../cli/fhir/grants.ts";
import { grantTo } from "../e2e/support.ts";
import { plain } from "../records/marked.ts";
import { syntheaLike } from "../records/synthea-like.ts";
import { type Network, startNetwork } from "../world/network.ts";
import { testServers } from "../world/servers.ts";

interface BundleEntry {
  readonly resource: { readonly resourceType: string; readonly id?: string };
  readonly response?: { readonly location: string };
}
const entriesOf = (text: string): BundleEntry[] => JSON.parse(text).entry ?? [];

/** Synthea-like data, without what leads out of its transaction: this server takes no reference to what it does not have. */
function transactionOf(seed: number): object {
  const bundle = plain(syntheaLike(seed)) as { entry: { resource: Record<string, unknown> }[] }; // as it is written there
  for (const { resource } of bundle.entry) {
    delete resource.generalPractitioner;
    delete resource.managingOrganization;
  }
  return bundle;
}

describe("a real FHIR server", () => {
  let server: FhirServer;
  let patient: string;
  let network: Network;
  let document: Uint8Array;
  let requestId: Hex32;

  const post = async (place: string, body: unknown): Promise<string> => {
    const headers = { "content-type": "application/fhir+json" };
    return (await server.call(place, { method: "POST", headers, body: JSON.stringify(body) })).text;
  };
  const get = async (place: string): Promise<string> => (await server.call(place)).text;

  before(async () => {
    if (testServers.fhir === undefined) throw new Error("MEDEX_TEST_FHIR_URL must name a FHIR server");
    // The first validation reads all of FHIR's definitions.
    server = connectFhirServer({ url: testServers.fhir, limits: { answerMs: 300_000 } });
    // Another patient's, too, which must not come with the first one's.
    for (const seed of [1, 2]) {
      const created = entriesOf(await post("", transactionOf(seed)));
      if (seed === 1) patient = created[0]?.response?.location.split("/")[1] ?? "";
    }
    network = await startNetwork();
  });
  after(() => network?.[Symbol.asyncDispose]());

  it("gives everything of one patient, in pages, and nothing of another", async () => {
    const fetched = await readPatient(server, { patient });
    document = fetched.document;
    const resources = entriesOf(new TextDecoder().decode(document)).map(({ resource }) => resource);
    expect(resources).to.have.length(fetched.resources);
    expect(resources.filter(({ resourceType }) => resourceType === "Patient").map(({ id }) => id)).to.deep.equal([
      patient,
    ]);
    const types = new Set(resources.map(({ resourceType }) => resourceType));
    expect([...types]).to.include.members(["Patient", "Encounter", "Observation", "Claim"]);
  });

  it("gives what searches find", async () => {
    const searches = [`Observation?patient=${patient}&_count=1`];
    const { document: found } = await readPatient(server, { patient, searches });
    const types = entriesOf(new TextDecoder().decode(found)).map(({ resource }) => resource.resourceType);
    expect(types.filter((type) => type === "Observation").length).to.be.greaterThan(2);
    expect(new Set(types)).to.deep.equal(new Set(["Patient", "Observation"]));
  });

  it("exports one patient in bulk", async () => {
    const { document: exported } = await exportPatient(server, { patient, types: ["Patient", "Observation"] });
    const lines = new TextDecoder().decode(exported).trim().split("\n");
    const types = lines.map((line) => JSON.parse(line).resourceType);
    expect(types.filter((type) => type === "Patient")).to.have.length(1);
    expect(types.filter((type) => type === "Observation").length).to.be.greaterThan(2);
  });

  it("takes what was granted of that record, once, with its Provenance", async () => {
    const { cast } = network;
    const [doctor] = cast.doctors;
    const { recordId } = await cast.patient.publish({ document, privateSelectors: ["identifiers"], maxAccessCount: 5 });
    requestId = await grantTo(cast, doctor, recordId);
    const opened = await doctor.open(requestId);
    expect(opened.document).to.deep.equal(document);
    const grant = await grantOf(cast.chainB, cast.chainA, requestId);
    const resources = entriesOf(new TextDecoder().decode(document)).length;
    const written = await writeGranted(server, opened.document, grant);
    expect(written).to.include({ created: resources, existing: 0 });
    expect(await writeGranted(server, opened.document, grant)).to.include({ created: 0, existing: resources });

    const provenance = JSON.parse(await get(written.provenance.split("/_history/")[0] ?? ""));
    const targets: string[] = provenance.target.map(({ reference }: { reference: string }) => reference);
    expect(targets).to.have.length(resources);
    const [, copy = ""] = /^Patient\/([^/]+)/.exec(targets.find((target) => target.startsWith("Patient/")) ?? "") ?? [];
    expect(copy).not.to.equal(patient);
    const observations = entriesOf(await get(`Observation?patient=${copy}`));
    expect(observations.length, "references lead to the copy").to.be.greaterThan(2);
  });

  it("finds no error in what the audit exports", async () => {
    const { cast } = network;
    const chains = [cast.chainA.deployment, cast.chainB.deployment];
    await using audit = await openFreshAudit(chains);
    const verdict = await audit.verify({ storage: { store: cast.store, tangle: cast.tangle } });
    expect(verdict.passed).to.equal(true);
    const contracts = new Map(chains.map((deployment) => [deployment.chainId, deployment]));
    const resources = [...fhirResources(audit.history!, {}, contracts)];
    expect(resources.length).to.be.greaterThan(3);
    const wrong: string[] = [];
    for (const resource of resources) {
      const outcome: { issue: JsonObject[] } = JSON.parse(await post(`${resource.resourceType}/$validate`, resource));
      for (const { severity, diagnostics, location } of outcome.issue) {
        // The server has no profile of IHE's; what they ask for is tested in test/audit/export.
        if (/https:\/\/profiles\.ihe\.net\//.test(String(diagnostics))) continue;
        if (severity === "error" || severity === "fatal")
          wrong.push(`${resource.resourceType} ${location}: ${diagnostics}`);
      }
    }
    expect(wrong).to.deep.equal([]);
  });
});
