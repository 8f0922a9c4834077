import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesToHex } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { openVault } from "../../offchain/vault/index.ts";
import { firstResult, Person } from "../cli/support/medex.ts";

const example = (name: string): Buffer => readFileSync(new URL(`../../examples/${name}`, import.meta.url));

/** Step by step, as people do it: each in a home folder of their own, and with a passphrase of their own. */
describe("sharing a record between two hospitals with medex", function () {
  this.timeout(120_000);
  let folder: string;
  const children: ChildProcess[] = [];
  const people: Person[] = [];
  const passphrases: string[] = [];

  const join_ = (...parts: string[]) => join(folder, ...parts);
  const person = (name: string): Person => {
    mkdirSync(join_(name));
    const passphrase = `${name}: four unlikely words`;
    passphrases.push(passphrase);
    // One configuration for all, as the hospitals would hand it out.
    const one = new Person(folder, { MEDEX_HOME: join_(name), MEDEX_PASSPHRASE: passphrase });
    people.push(one);
    return one;
  };
  const configuration = () => ["--configuration", join_("medex.config.json")];

  let operations: Person;
  let hospitalA: Person;
  let hospitalB: Person;
  let patient: Person;
  let doctor: Person;
  let recordId: string;
  let granted: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "medex-share-"));
    operations = person("operations");
    hospitalA = person("hospital-a");
    hospitalB = person("hospital-b");
    patient = person("patient");
    doctor = person("doctor");
    writeFileSync(join_("record.json"), example("patient-record.json"));
    writeFileSync(join_("policy.json"), example("policy.json"));
  });

  after(async () => {
    for (const child of children) {
      if (child.exitCode !== null) continue;
      child.kill("SIGTERM");
      await once(child, "exit");
    }
    await operations.run(["devnet", "down"]);
    rmSync(folder, { recursive: true });
  });

  it("starts a devnet in the background, once, and finds it healthy", async () => {
    await operations.ok("devnet", "up", "--detach", "--any-ports", ...configuration());
    expect((await operations.ok("devnet", "status")).running).to.equal(true);
    await operations.fails("CONFIG_INVALID", "devnet", "up", ...configuration());
    expect((await operations.ok("doctor", ...configuration())).healthy).to.equal(true);
  });

  it("founds, registers and serves two hospitals", async () => {
    const key = ["--registrar-key-file", join_("operations", "devnet-registrar.key")];
    const found = (hospital: Person, name: string, scheme: string, chain: string) =>
      hospital.ok("hospital", "init", name, "--scheme", scheme, "--chain", chain, ...configuration());
    const serve = async (hospital: Person, name: string, chain: string) => {
      const service = hospital.start(["hospital", "serve", "--port", "0", "--json", ...configuration()]);
      children.push(service);
      const { url } = await firstResult(service);
      return () =>
        operations.ok("hospital", "add", name, "--chain", chain, "--gateway", String(url), ...configuration());
    };
    // The configuration is one file: those who write it take turns.
    const a = await found(hospitalA, "Hospital A", "ibe", "chainA");
    const b = await found(hospitalB, "Hospital B", "clc", "chainB");
    await operations.ok("devnet", "fund", String(a.operator), String(b.operator), ...configuration());
    for (const { registration } of [a, b]) {
      await operations.ok("hospital", "register", String(registration), ...key, ...configuration());
    }
    const again = await operations.ok("hospital", "register", String(a.registration), ...key, ...configuration());
    expect(again.registered).to.deep.include({ chain: "chainA", transactionHash: null });
    const add = await Promise.all([serve(hospitalA, "Hospital A", "chainA"), serve(hospitalB, "Hospital B", "chainB")]);
    for (const write of add) await write();
    await hospitalA.ok("hospital", "limit", "10", ...configuration());
  });

  it("enrols a patient and a doctor, whose keys are made on their own machines", async () => {
    const accounts = await Promise.all([
      patient.ok("keys", "create", "owner", "owner"),
      doctor.ok("keys", "create", "doctor", "doctor"),
    ]);
    const [a = "", b = ""] = accounts.map(({ account }) => String(account));
    await operations.ok("devnet", "fund", a, b, ...configuration());
    await patient.fails("CERTIFICATE_INVALID", "member", "join", "Hospital A", "patient-1", ...configuration());
    await Promise.all([
      hospitalA.ok("member", "enrol", "patient-1", "--account", a, ...configuration()),
      hospitalB.ok("member", "enrol", "doctor-1", "--account", b, ...configuration()),
    ]);
    await Promise.all([
      patient.ok("member", "join", "Hospital A", "patient-1", ...configuration()),
      doctor.ok("member", "join", "Hospital B", "doctor-1", ...configuration()),
    ]);
    const { chains } = await operations.ok("member", "show", "Hospital B", "doctor-1", ...configuration());
    expect(chains).to.have.length(2);
    expect((chains as { serial: string }[])[1]).to.include({ chain: "chainB", active: true, serial: "2" });
  });

  it("publishes a record, and takes a backup", async () => {
    const args = ["record", "publish", "record.json", "--policy", "policy.json", "--limit", "1"];
    recordId = String((await patient.ok(...args, ...configuration())).recordId);
    const records = await patient.ok("record", "list", ...configuration());
    expect((records as unknown as { recordId: string }[])[0]).to.include({
      recordId,
      status: "active",
      privateFragmentHere: true,
    });
    expect((await patient.ok("keys", "backup", "patient.backup.json")).fragments).to.equal(1);
  });

  it("restores a lost vault, which then approves a request for an old record", async () => {
    rmSync(join_("patient", "vaults"), { recursive: true });
    rmSync(join_("patient", "fragments"), { recursive: true });
    const { requestId } = await doctor.ok("access", "request", recordId, ...configuration());
    granted = String(requestId);
    await patient.fails("VAULT_NOT_FOUND", "access", "approve", granted, ...configuration());
    await patient.ok("keys", "restore", "patient.backup.json", "owner");
    await patient.fails("VAULT_EXISTS", "keys", "restore", "patient.backup.json", "owner");
    const approval = await patient.ok("access", "approve", granted, "--wait", "20", ...configuration());
    expect(approval.decision).to.equal("Granted");
  });

  it("opens the record, byte for byte, into a file for the doctor's eyes only", async () => {
    const args = ["access", "open", granted, "--output", "opened.json", "--wait", "20", ...configuration()];
    const { verified } = await doctor.ok(...args);
    expect(verified).to.have.length(5);
    expect(readFileSync(join_("opened.json")).equals(example("patient-record.json"))).to.equal(true);
    expect(statSync(join_("opened.json")).mode & 0o777).to.equal(0o600);
    await doctor.fails("INPUT_INVALID", ...args);
    const printed = await new Person(folder, { MEDEX_HOME: join_("doctor") }).run(
      ["access", "open", granted, ...configuration()],
      { MEDEX_PASSPHRASE: passphrases[4] },
    );
    expect(printed.stdout).to.equal(example("patient-record.json").toString());
    expect(printed.stderr).to.include("verified: every private feature");
    await doctor.ok("access", "ack", granted, ...configuration());
    await doctor.fails("CHAIN_REVERTED", "access", "ack", granted, ...configuration());
  });

  it("refuses the same doctor over the limit, and one whom the patient denies", async () => {
    const over = String((await doctor.ok("access", "request", recordId, ...configuration())).requestId);
    const { code, stdout } = await patient.run([
      "access",
      "approve",
      over,
      "--wait",
      "20",
      "--json",
      ...configuration(),
    ]);
    expect(code).to.equal(1);
    expect(JSON.parse(stdout).decision).to.equal("RecordLimitReached");
    await doctor.fails("ACCESS_LIMIT_REACHED", "access", "open", over, "--wait", "20", ...configuration());

    await patient.ok("record", "limit", recordId, "5", ...configuration());
    const denied = String((await doctor.ok("access", "request", recordId, ...configuration())).requestId);
    await patient.ok("access", "deny", denied, "--wait", "20", ...configuration());
    await doctor.fails("REQUEST_DENIED", "access", "open", denied, "--wait", "20", ...configuration());
    const states = (await doctor.ok("access", "list", ...configuration())) as unknown as { state: string }[];
    expect(states.map(({ state }) => state)).to.deep.equal(["Granted", "Refused", "Denied"]);
  });

  it("serves nobody whom the hospital has suspended, and grants nothing of a revoked record", async () => {
    await hospitalA.ok("member", "suspend", "patient-1", ...configuration());
    const publish = ["record", "publish", "record.json", "--policy", "policy.json", ...configuration()];
    await patient.fails("GATEWAY_CALL_REFUSED", ...publish);
    await hospitalA.ok("member", "reinstate", "patient-1", ...configuration());
    await patient.ok("record", "revoke", recordId, ...configuration());
    expect((await operations.ok("record", "show", recordId, ...configuration())).status).to.equal("revoked");
  });

  it("tells a wrong passphrase from a damaged vault, and changes the passphrase", async () => {
    const wrong = { MEDEX_PASSPHRASE: "not the passphrase" };
    const ended = await doctor.run(["access", "list", ...configuration()], wrong);
    expect(ended.stderr).to.include("[VAULT_PASSPHRASE_WRONG]");
    expect(ended.code).to.equal(1);

    writeFileSync(join_("new.txt"), "another four words\n", { mode: 0o600 });
    passphrases.push("another four words");
    await doctor.ok("keys", "passwd", "doctor", "--new-passphrase-file", join_("new.txt"));
    await doctor.fails("VAULT_PASSPHRASE_WRONG", "access", "list", ...configuration());
    await doctor.ok("access", "list", "--passphrase-file", join_("new.txt"), ...configuration());

    const path = join_("doctor", "vaults", "doctor.vault.json");
    writeFileSync(path, readFileSync(path, "utf8").replace(/[a-z](?=[A-Z])/, "0"));
    await doctor.fails("VAULT_DAMAGED", "access", "list", ...configuration());
    expect((await doctor.run(["doctor", ...configuration()])).stdout)
      .to.include("WRONG")
      .and.include("VAULT_DAMAGED");
  });

  it("has put no secret and no private value into an argument, an output or a log", async () => {
    const secrets = [...passphrases];
    for (const [home, name, index] of [
      ["hospital-a", "hospital-a", 1],
      ["hospital-a", "hospital-a-firewall", 1],
      ["hospital-b", "hospital-b", 2],
      ["hospital-b", "hospital-b-firewall", 2],
      ["patient", "owner", 3],
    ] as const) {
      secrets.push(...secretsOf(await openVault(join_(home, "vaults"), name, passphrases[index] ?? "")));
    }
    expect(secrets.length).to.be.greaterThan(15);
    const all =
      people.map(({ transcript }) => transcript).join("") + readFileSync(join_("operations", "devnet.log"), "utf8");
    expect(all).to.include("$ medex record publish").and.include(recordId);
    for (const secret of secrets) expect(all.toLowerCase().includes(secret.toLowerCase())).to.equal(false);
    expect(all).to.not.include("1962-11-08");
    expect(all).to.not.match(/\n {4}at /); // nor a stack
  });

  it("ends exactly the devnet that it started", async () => {
    expect((await operations.ok("devnet", "down")).ended).to.be.a("number");
    expect((await operations.run(["devnet", "status"])).code).to.equal(1);
    await operations.ok("devnet", "down");
  });
});

/** Every secret in a vault, in the encodings in which it could be printed. Public keys are not. */
function secretsOf(contents: object): string[] {
  return Object.entries(contents).flatMap(([key, value]) => {
    if (/public/i.test(key) || key === "V" || key === "U") return [];
    if (value instanceof Uint8Array) return [bytesToHex(value), Buffer.from(value).toString("base64")];
    return typeof value === "object" && value !== null ? secretsOf(value) : [];
  });
}
