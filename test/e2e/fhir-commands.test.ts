import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Hex32, hex32, transact, ZERO_32 } from "@medexchain/chain";
import { writeChains } from "@medexchain/config";
import { type Devnet, fund, startDevnet } from "@medexchain/devnet";
import { expect } from "chai";
import { assembleCast, type Cast, type HospitalSite } from "../../devnet/cast.ts";
import { firstResult, Person } from "../cli/support/medex.ts";
import { consentFor } from "../offchain/fhir/consent-example.ts";
import { observation, patient, searchset, startFhir } from "../offchain/fhir/support.ts";
import { drawFor } from "../world/seed.ts";

const LATER = 4_000_000_000n;

describe("medex and a FHIR server", function () {
  this.timeout(300_000);
  const stack = new AsyncDisposableStack();
  let devnet: Devnet;
  let cast: Cast;
  let home: string;
  let alice: Person;
  let dora: Person;
  let server: Awaited<ReturnType<typeof startFhir>>;
  const written: { entry: { resource: { resourceType: string; meta: object } }[] }[] = [];
  let requestId: string;

  /** Makes a person's vault, has the hospital enrol the account, and the person join. */
  async function enrol({ hospital, chain, name }: HospitalSite, role: string, pseudonym: string): Promise<Person> {
    const folder = join(home, pseudonym);
    const person = new Person(home, { MEDEX_HOME: folder, MEDEX_PASSPHRASE: "a passphrase of the tests" });
    const configured = (...args: string[]) => person.ok(...args, "--configuration", join(home, "medex.config.json"));
    const { account } = await configured("keys", "create", role, pseudonym);
    await fund(chain.deployment, String(account));
    const [certificate, signature] = await hospital.certify(chain, {
      pseudonym,
      account: String(account),
      keyDigest: ZERO_32,
      serial: 1n,
      notAfter: LATER,
    });
    await transact(chain, () => chain.as(hospital.operator).hospitals.enrolMember(certificate, signature));
    await configured("member", "join", name, pseudonym);
    return person;
  }
  const here = (...args: string[]) => [...args, "--configuration", join(home, "medex.config.json")];

  before(async () => {
    server = stack.use(
      await startFhir((request, body) => {
        if (request.method === "GET") return { body: searchset([patient, observation("o1")]) };
        const bundle = JSON.parse(body);
        written.push(bundle);
        const response = { status: "201 Created", location: "Provenance/7" };
        return {
          body: { resourceType: "Bundle", type: "transaction-response", entry: bundle.entry.map(() => ({ response })) },
        };
      }),
    );
    devnet = stack.adopt(await startDevnet(), (running) => running.close());
    cast = stack.use(await assembleCast(devnet, { draw: drawFor("fhir commands"), services: true }));
    home = await mkdtemp(join(tmpdir(), "medexchain-fhir-"));
    stack.defer(() => rm(home, { recursive: true, force: true }));
    const configuration = join(home, "medex.config.json");
    const { hospitalA, hospitalB } = cast;
    const hospitals = {
      [hospitalA.name]: { chain: "chainA", gateway: hospitalA.services?.firewallUrl },
      [hospitalB.name]: { chain: "chainB", gateway: hospitalB.services?.firewallUrl },
    };
    await writeFile(
      configuration,
      JSON.stringify({ ipfs: { url: devnet.ipfsUrl }, tangle: { url: devnet.tangleUrl } }),
    );
    const entry = { fromBlock: 0, confirmations: 0 };
    await writeChains(configuration, {
      chainA: { deployment: devnet.chainA, ...entry },
      chainB: { deployment: devnet.chainB, ...entry },
    });
    await writeFile(configuration, JSON.stringify({ ...JSON.parse(await readFile(configuration, "utf8")), hospitals }));
    alice = await enrol(hospitalA, "owner", "alice");
    dora = await enrol(hospitalB, "doctor", "dora");
  });
  after(() => stack.disposeAsync());

  it("publishes a patient's record from there, and writes what was granted back", async () => {
    const source = ["--from", server.url, "--patient", "p1"];
    const { recordId } = await alice.ok(...here("record", "publish", ...source, "--policy", "identifiers", "--yes"));
    ({ requestId } = (await dora.ok(...here("access", "request", String(recordId)))) as { requestId: string });
    await alice.ok(...here("access", "approve", requestId, "--yes", "--wait", "60"));
    const opened = await dora.ok(...here("access", "open", requestId, "--to", server.url, "--wait", "60"));
    expect(opened.server).to.deep.equal({ url: server.url, created: 2, existing: 0, provenance: "Provenance/7" });
    const types = written[0]?.entry.map(({ resource }) => resource.resourceType);
    expect(types).to.deep.equal(["Patient", "Observation", "Provenance"]);
    expect(JSON.stringify(written[0]?.entry[2])).to.include(requestId).and.include(String(recordId));
  });

  it("serves what was granted to who has the token, until it is ended", async () => {
    const child = dora.start(here("fhir", "serve", "--port", "0", "--json"));
    const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
    const { url, tokenFile, requests, resources } = await firstResult(child);
    expect([requests, resources]).to.deep.equal([[requestId], 2]);
    const token = (await readFile(String(tokenFile), "utf8")).trim();
    expect(dora.transcript).not.to.include(token);
    const answer = await fetch(`${url}/Patient/p1`, { headers: { authorization: `Bearer ${token}` } });
    expect(JSON.parse(await answer.text())).to.deep.equal(patient);
    expect((await fetch(`${url}/Patient/p1`)).status).to.equal(401);
    child.kill("SIGTERM");
    expect(await ended).to.equal(143);
  });

  it("answers a request by a Consent that the patient signed, until it is revoked", async () => {
    const { memberId, recordId } = await ownerAndRecord();
    await alice.ok(...here("record", "limit", recordId, "5"));
    const hospital = cast.hospitalA.hospital.id;
    const file = join(home, "consent.json");
    const document = consentFor({ owner: memberId, hospital }, cast.hospitalB.hospital.id);
    await writeFile(file, JSON.stringify(document));
    await alice.misuses("INPUT_INVALID", ...here("consent", "sign", file, "--count", "2"));
    const { consentId } = await alice.ok(...here("consent", "sign", file, "--count", "2", "--yes"));
    const { requestId: asked } = await dora.ok(...here("access", "request", recordId));
    const answered = await answerOnce();
    expect(answered).to.include({ requestId: asked, consentId, outcome: "approved", decision: "Granted" });
    await dora.ok(...here("access", "open", String(asked), "--wait", "60", "--output", join(home, "consented.json")));
    const [listed] = (await alice.ok(...here("consent", "list"))) as unknown as Record<string, unknown>[];
    expect(listed).to.include({ consentId, state: "in force", used: "1", count: "2" });
    const revoked = await alice.ok(...here("consent", "revoke", "latest"));
    expect(revoked).to.deep.include({ consentId, withdrawn: [] });
    await writeFile(file, JSON.stringify({ ...document, modifierExtension: [] }));
    await alice.fails("CONSENT_INEXPRESSIBLE", ...here("consent", "sign", file, "--count", "2", "--yes"));
  });

  /** The patient's member id, and a record of theirs. */
  async function ownerAndRecord(): Promise<{ memberId: Hex32; recordId: Hex32 }> {
    const [record] = (await alice.ok(...here("record", "list"))) as unknown as { recordId: Hex32 }[];
    const recordId = record?.recordId ?? ZERO_32;
    return { memberId: hex32((await cast.chainA.records.record(recordId)).owner), recordId };
  }

  /** What `medex consent serve` prints of the first request that arrives. */
  async function answerOnce(): Promise<Record<string, unknown>> {
    const child = alice.start(here("consent", "serve", "--every", "1", "--json"));
    const ended = new Promise((resolve) => child.once("exit", resolve));
    const answer = await firstResult(child);
    child.kill("SIGTERM");
    expect(await ended).to.equal(143);
    return answer;
  }

  it("says what is wrong with how it is called, before it asks anybody", async () => {
    const policy = ["--policy", "identifiers"];
    await alice.misuses("INPUT_INVALID", ...here("record", "publish", ...policy));
    await alice.misuses("INPUT_INVALID", ...here("record", "publish", "a.json", "--from", server.url, ...policy));
    await alice.misuses("INPUT_INVALID", ...here("record", "publish", "--from", server.url, ...policy));
    await dora.misuses("INPUT_INVALID", ...here("access", "open", requestId, "--to", server.url, "--output", "x.json"));
    await dora.misuses(
      "INPUT_INVALID",
      ...here("access", "open", requestId, "--to", server.url, "--client-id", "medex"),
    );
    const key = join(home, "client.jwk");
    await writeFile(key, "{}");
    await chmod(key, 0o644);
    const client = ["--client-id", "medex", "--client-key-file", key];
    await dora.fails("CONFIG_INVALID", ...here("access", "open", requestId, "--to", server.url, ...client));
    await dora.fails("CONFIG_INVALID", ...here("access", "open", requestId, "--to", "http://ehr.example.org/fhir"));
  });
});
