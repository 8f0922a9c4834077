import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transact } from "@medexchain/chain";
import { writeChains } from "@medexchain/config";
import type { Devnet } from "@medexchain/devnet";
import { createVault } from "@medexchain/vault";
import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { Person } from "../../cli/support/medex.ts";
import { type History, makeHistory } from "../support/history.ts";
import { loadValidator } from "../support/validator.ts";

/** A real history: opened, over the limit, denied, and the record revoked after all. */
describe("medex audit export and mine", function () {
  this.timeout(120_000);
  let folder: string;
  let history: History;
  let auditor: Person;
  const PASSPHRASE = "four unlikely words, here";

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "medex-audit-"));
    history = await makeHistory();
    const { devnet, cast, recordId } = history;
    const { chainA, patient } = cast;
    await transact(chainA, () => patient.chain.records.revoke(recordId));

    const config = join(folder, "medex.config.json");
    writeFileSync(config, JSON.stringify({ hospitals: {} }));
    const entry = (deployment: Devnet["chainA"]) => ({ deployment, fromBlock: 0, confirmations: 0 });
    await writeChains(config, { chainA: entry(devnet.chainA), chainB: entry(devnet.chainB) });
    const more = {
      hospitals: { "Hospital A": { chain: "chainA" }, "Hospital B": { chain: "chainB" } },
      ipfs: { url: devnet.ipfsUrl },
      tangle: { url: devnet.tangleUrl },
    };
    writeFileSync(config, JSON.stringify({ ...JSON.parse(readFileSync(config, "utf8")), ...more }));
    mkdirSync(join(folder, "vaults"), { mode: 0o700 });
    const membership = { hospital: "Hospital A", pseudonym: "patient-1" };
    const secrets = { accountKey: randomBytes(32), secret: randomBytes(32) };
    await createVault(join(folder, "vaults"), "alice", { role: "owner", ...secrets, membership }, PASSPHRASE);
    auditor = new Person(folder, { MEDEX_HOME: folder, MEDEX_PASSPHRASE: PASSPHRASE });
  });
  after(async () => {
    await history?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const read = (name: string): string => readFileSync(join(folder, name), "utf8");
  const exportTo = (file: string, ...options: string[]) =>
    auditor.ok("audit", "export", "--output", join(folder, file), ...options);

  it("writes what both chains tell as valid FHIR, with the IHE profiles, in a file for its owner only", async () => {
    expect(await exportTo("bundle.json", "--format", "fhir")).to.include({ format: "fhir", requests: 3 });
    expect(statSync(join(folder, "bundle.json")).mode & 0o777).to.equal(0o600);
    const bundle = JSON.parse(read("bundle.json"));
    const validate = loadValidator();
    expect(validate(bundle)).to.deep.equal([]);
    const resources = bundle.entry.map(({ resource }: { resource: { meta?: { profile: string[] } } }) => resource);
    for (const resource of resources) expect(validate(resource), JSON.stringify(resource)).to.deep.equal([]);
    const claims = resources.map(
      (r: { meta?: { profile: string[] } }) => r.meta?.profile[0]?.split("BasicAudit.")[1] ?? "-",
    );
    for (const [profile, count] of [
      ["AuthZconsent", 3],
      ["PrivacyDisclosure.Source", 1],
      ["PrivacyDisclosure.Recipient", 1],
      ["PatientRead", 1],
    ] as const) {
      expect(
        claims.filter((claim: string) => claim === profile),
        profile,
      ).to.have.length(count);
    }
    const consents = resources.filter((r: { resourceType: string }) => r.resourceType === "Consent");
    const states = consents.map(
      (c: { status: string; provision: { type: string } }) => `${c.status} ${c.provision.type}`,
    );
    expect(states).to.have.members(["inactive permit", "rejected permit", "active deny", "active deny"]);
    // No name is on a chain, and none gets into an export.
    for (const name of ["patient-1", "doctor-1", "Hospital A", "Garcia"])
      expect(read("bundle.json")).to.not.include(name);
  });

  it("replaces no file unasked, and leaves none behind when it fails", async () => {
    const file = join(folder, "once.csv");
    await exportTo("once.csv", "--format", "csv");
    const before = read("once.csv");
    await auditor.fails("INPUT_INVALID", "audit", "export", "--format", "csv", "--output", file);
    expect(read("once.csv")).to.equal(before);
    await exportTo("once.csv", "--format", "csv", "--force");
    await auditor.fails("INPUT_INVALID", "audit", "export", "--format", "csv", "--output", join(folder, "no", "x.csv"));
    const { code } = await auditor.run(["audit", "export", "--format", "xml"]);
    expect(code).to.equal(2);
  });

  it("filters by person, record, hospital and time, and writes to standard output", async () => {
    const { cast, recordId, granted, refused, denied } = history;
    const [, second] = cast.doctors;
    const ids = async (...options: string[]): Promise<string[]> => {
      const { stdout, stderr, code } = await auditor.run([
        "audit",
        "export",
        "--format",
        "json",
        "--ndjson",
        ...options,
      ]);
      expect(code, stderr).to.equal(0);
      return stdout
        .trimEnd()
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line).requestId);
    };
    expect(await ids("--hospital", "Hospital B", "--record", recordId)).to.deep.equal([granted, refused, denied]);
    expect(await ids("--member", second.memberId)).to.deep.equal([denied]);
    expect(await ids("--until", "2020-01-01")).to.deep.equal([]);
  });

  it("makes the auditor's page, with the verdict", async () => {
    const { granted, refused, denied } = history;
    expect(await exportTo("audit.html", "--format", "html")).to.include({ passed: true });
    const html = read("audit.html");
    expect(html).to.include("Nothing is wrong").and.not.include("STORAGE_SKIPPED");
    for (const said of [granted, refused, denied, "Hospital B", "RecordLimitReached", "DeniedByOwner", "chainA"]) {
      expect(html).to.include(said);
    }
  });

  it("passes no audit in which something could not be checked, and makes its page all the same", async () => {
    const config = JSON.parse(readFileSync(join(folder, "medex.config.json"), "utf8"));
    const other = join(folder, "no-ipfs.json");
    writeFileSync(other, JSON.stringify({ ...config, ipfs: { url: "http://127.0.0.1:9" } }));
    const options = ["--format", "html", "--configuration", other];
    const made = await auditor.run(["audit", "export", "--output", join(folder, "failed.html"), ...options, "--json"]);
    expect(made.code, made.stderr).to.equal(1);
    expect(JSON.parse(made.stdout)).to.include({ passed: false });
    const printed = await auditor.run(["audit", "export", ...options]);
    expect([printed.code, printed.stdout.includes("The audit failed")]).to.deep.equal([1, true]);
    expect((await auditor.run(["audit", "verify", "--configuration", other])).code).to.equal(1);
    expect(read("failed.html")).to.include("The audit failed").and.include(history.granted);
  });

  it("tells patients who asked for and read each of their records, and what is left", async () => {
    const { cast, recordId, granted, refused, denied } = history;
    const { code, stdout, stderr } = await auditor.run(["audit", "mine", "--json"]);
    expect(code, stderr).to.equal(0);
    const [record, ...others] = JSON.parse(stdout);
    expect(others).to.deep.equal([]);
    expect(record).to.include({ recordId, status: "revoked", limit: "1" });
    const seen = record.requests.map((r: { requestId: string; hospital: string; outcome: string }) => [
      r.requestId,
      r.hospital,
      r.outcome,
    ]);
    expect(seen).to.deep.equal([
      [granted, "Hospital B", "Opened"],
      [refused, "Hospital B", "RecordLimitReached"],
      [denied, "Hospital B", "DeniedByOwner"],
    ]);
    expect(record.requests[0].openedAt).to.be.a("string");
    const [first, second] = cast.doctors;
    expect(record.left).to.deep.equal([
      { requester: first.memberId, ofRecord: "0", atHospital: "9" },
      { requester: second.memberId, ofRecord: "0", atHospital: "10" },
    ]);
    const human = await auditor.run(["audit", "mine"]);
    expect(human.stdout).to.include("Hospital B").and.include("RecordLimitReached");
  });
});
