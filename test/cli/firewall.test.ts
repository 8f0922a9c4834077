/** `medex hospital` and `medex firewall`, each with a home of its own, as processes; and a home of before the two were two. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Hospital } from "@medexchain/actors";
import { openSeenRecords } from "@medexchain/actors/files";
import { connectChain, transact, ZERO_32 } from "@medexchain/chain";
import { writeChains } from "@medexchain/config";
import { fromHex32 } from "@medexchain/core";
import { type Devnet, startDevnet } from "@medexchain/devnet";
import { createContentStore } from "@medexchain/ipfs";
import { crfSetup, generateFirewallSecrets, initCurve, setupB, xWingPublicKey } from "@medexchain/pre";
import { createVault, openVault } from "@medexchain/vault";
import { bytesToHex, randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { Wallet } from "ethers";
import { readConfig, writeConfig } from "../../cli/session/config.ts";
import { developmentAccount } from "../../devnet/chains.ts";
import { fund } from "../../devnet/funding.ts";
import { until } from "../until.ts";
import { firstResult, Person } from "./support/medex.ts";

const PASSPHRASES = {
  hospital: "hedge lantern ninety",
  firewall: "drawer velvet copper",
  doctor: "window orchid seven",
};

describe("a hospital and its firewall on the command line", function () {
  this.timeout(900_000); // each command is a process, of which a busy machine takes many seconds
  let folder: string;
  let devnet: Devnet;
  const running: ChildProcess[] = [];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "medex-firewall-"));
    devnet = await startDevnet();
    await initCurve();
  });
  after(async () => {
    for (const child of running) await end(child);
    await devnet?.close();
    rmSync(folder, { recursive: true });
  });

  /** One machine: a home with a configuration of its own. */
  const machine = async (name: string, passphrase: string) => {
    const home = join(folder, name);
    const file = join(home, "medex.config.json");
    const entry = (deployment: Devnet["chainA"]) => ({ deployment, fromBlock: 0, confirmations: 0 });
    await writeConfig(file, [["ipfs"], { url: devnet.ipfsUrl }]);
    await writeChains(file, { chainA: entry(devnet.chainA), chainB: entry(devnet.chainB) });
    return { home, file, person: new Person(folder, { MEDEX_HOME: home, MEDEX_PASSPHRASE: passphrase }) };
  };
  const stays = async (person: Person, ...args: string[]) => {
    const child = person.start([...args, "--json"]);
    running.push(child);
    return { child, result: await firstResult(child) };
  };
  const end = async (child: ChildProcess) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    if (child.kill()) await ended;
  };
  const secretFile = (name: string, text: string): string => {
    const file = join(folder, name);
    writeFileSync(file, `${text}\n`, { mode: 0o600 });
    return file;
  };
  const register = async (person: Person, registration: string) => {
    const key = secretFile("registrar.key", developmentAccount(0).privateKey);
    await person.ok("hospital", "register", registration, "--registrar-key-file", key);
  };
  const hexOf = (bytes: Uint8Array) => bytesToHex(bytes);

  it("are founded, paired and served apart, and a doctor joins through both", async () => {
    const h = await machine("hospital", PASSPHRASES.hospital);
    const f = await machine("firewall", PASSPHRASES.firewall);
    const founded = await h.person.ok("hospital", "init", "Hospital C", "--scheme", "clc", "--chain", "chainB");
    expect(founded).to.not.have.property("registration");
    const offer = join(folder, String(founded.offer));
    const made = await f.person.ok("firewall", "init", offer);
    const answer = join(folder, String(made.answer));

    // Given again, as after a crash before the files were written, both say the same.
    const texts = () => [offer, answer].map((file) => readFileSync(file, "utf8"));
    const before = texts();
    rmSync(offer);
    rmSync(answer);
    await h.person.ok("hospital", "init", "Hospital C", "--scheme", "clc", "--chain", "chainB");
    await f.person.ok("firewall", "init", offer);
    expect(texts()).to.deep.equal(before);

    // Served before they are paired, either says what to do.
    await h.person.fails("INPUT_INVALID", "hospital", "serve", "--port", "0");
    await f.person.fails("CONFIG_INVALID", "firewall", "serve", "--port", "0");
    const paired = await h.person.ok("hospital", "pair", answer);
    expect(paired.fingerprint).to.equal(made.fingerprint);
    await register(h.person, join(folder, String(paired.registration)));

    // Neither vault has what the other's keeper alone is to know.
    const held = await openVault(join(h.home, "vaults"), "hospital-c", PASSPHRASES.hospital);
    const guarded = await openVault(join(f.home, "vaults"), "hospital-c-firewall", PASSPHRASES.firewall);
    if (held.role !== "hospital" || guarded.role !== "firewall") throw new Error("other vaults than were made");
    const text = (value: unknown) =>
      JSON.stringify(value, (_key, field) => (field instanceof Uint8Array ? hexOf(field) : field));
    for (const secret of [held.masterKeys.secretKey, held.accountKey, held.serviceSeed ?? new Uint8Array(32)])
      expect(text(guarded)).to.not.include(hexOf(secret));
    for (const secret of [guarded.blinding, guarded.prfKey, guarded.gatewaySeed, guarded.callerKey])
      expect(text(held)).to.not.include(hexOf(secret ?? new Uint8Array(32)));

    const firewall = await stays(f.person, "firewall", "serve", "--port", "0", "--hospital-url", "http://127.0.0.1:9");
    expect(firewall.result.hospital, "it serves though its hospital does not answer yet").to.equal("down");
    await end(firewall.child);
    const hospital = await stays(h.person, "hospital", "serve", "--port", "0");
    expect(hospital.result.withFirewall).to.equal(false);
    const { url: service } = hospital.result;
    const both = await stays(f.person, "firewall", "serve", "--port", "0", "--hospital-url", String(service));
    expect(both.result.hospital).to.equal("up");

    const doctor = await machine("doctor", PASSPHRASES.doctor);
    const gateway = String(both.result.url);
    await doctor.person.ok("hospital", "add", "Hospital C", "--chain", "chainB", "--gateway", gateway);
    const { account } = await doctor.person.ok("keys", "create", "doctor", "dora");
    for (const address of [founded.operator, account]) await fund(devnet.chainB, String(address));
    await h.person.ok("member", "enrol", "doctor-1", "--account", String(account));
    const { memberId } = await doctor.person.ok("member", "join", "Hospital C", "doctor-1");
    const chain = await connectChain(devnet.chainB);
    const { keyDigest, serial } = await chain.hospitals.member(String(memberId));
    chain.close();
    expect(serial).to.equal(2n);
    expect(keyDigest).to.not.equal(ZERO_32);

    const found = async () => {
      const { stdout } = await doctor.person.run(["check", "--json"]);
      const { findings } = JSON.parse(stdout) as { findings: { what: string; ok: boolean; detail: string }[] };
      return findings.find(({ what }) => what === "hospital Hospital C");
    };
    expect(await found()).to.deep.include({ ok: true, detail: `registered, gateway at ${gateway}` });
    await end(hospital.child);
    await until("the firewall knows that its hospital is gone", async () => {
      const status = (await (await fetch(`${gateway}/v1/status`)).json()) as { issuer: string };
      return status.issuer === "down";
    });
    const missing = await found();
    expect(missing?.ok).to.equal(false);
    expect(missing?.detail).to.include("[HOSPITAL_UNREACHABLE]");
    await end(both.child);
    expect((await found())?.detail).to.include("the hospital's firewall does not answer");
  });

  it("are split where both vaults are of before the two were two, so that members notice nothing", async () => {
    const old = await machine("old", PASSPHRASES.hospital);
    const vaults = join(old.home, "vaults");
    // As version 0.2 left them: two vaults in one home, under one passphrase, without anything by which one calls the other.
    const masterKeys = setupB();
    const operator = new Wallet(Wallet.createRandom().privateKey);
    const accountKey = fromHex32(operator.privateKey);
    const pseudonym = "Hospital D";
    await createVault(
      vaults,
      "d",
      { role: "hospital", accountKey, pseudonym, scheme: "clc", masterKeys },
      PASSPHRASES.hospital,
    );
    const secrets = generateFirewallSecrets();
    const gatewaySeed = randomBytes(32);
    const { publicKey: masterPublicKey } = masterKeys;
    const guarded = { role: "firewall", hospital: pseudonym, ...secrets, masterPublicKey, gatewaySeed } as const;
    await createVault(vaults, "d-firewall", guarded, PASSPHRASES.hospital);
    const seen = await openSeenRecords(join(old.home, "firewalls", "d-firewall"));
    const [record, signOff] = [randomBytes(32), randomBytes(32)];
    await seen.records.add(record);
    await seen.signOffs.add(signOff);
    await writeConfig(old.file, [["hospitals", pseudonym], { chain: "chainB" }]);
    const publicKey = crfSetup(secrets.blinding, masterPublicKey);
    const store = createContentStore({ url: devnet.ipfsUrl });
    using hospital = new Hospital({ pseudonym, scheme: "clc", operator, masterKeys });
    const parameters = await hospital.publishParameters(store, publicKey, await xWingPublicKey(gatewaySeed));
    for (const deployment of [devnet.chainA, devnet.chainB]) {
      await fund(deployment, operator.address);
      const chain = await connectChain(deployment);
      const { hospitals } = chain.as(developmentAccount(0));
      const home = devnet.chainB.chainId;
      await transact(chain, () => hospitals.registerHospital(hospital.id, home, operator.address, parameters, 100));
      chain.close();
    }

    // It goes on in one process when that is asked for, which says what it is.
    expect((await old.person.fails("INPUT_INVALID", "hospital", "serve", "--port", "0")).stderr)
      .to.include("medex firewall split")
      .and.include("--with-firewall");
    old.person.transcript = "";
    const together = await stays(old.person, "hospital", "serve", "--with-firewall", "--port", "0");
    expect(together.result.withFirewall).to.equal(true);
    expect(old.person.transcript).to.include("For development").and.include("both secrets");
    const status = await (await fetch(`${together.result.url}/v1/status`)).json();
    expect(status).to.include({ issuer: "together" });
    await end(together.child);

    const file = join(folder, "moved.backup.json");
    const split = ["firewall", "split", file, "--new-passphrase-file"];
    await old.person.fails("INPUT_INVALID", ...split, secretFile("same.txt", PASSPHRASES.hospital));
    const done = await old.person.ok(...split, secretFile("new.txt", PASSPHRASES.firewall));
    expect(done.seenRecords).to.equal(1);
    expect(done.changed).to.have.length(2);
    await old.person.fails("INPUT_INVALID", ...split, secretFile("new.txt", PASSPHRASES.firewall)); // there is the file

    const f = await machine("new-firewall", PASSPHRASES.firewall);
    await writeConfig(f.file, [["hospitals", pseudonym], { chain: "chainB" }]);
    await f.person.ok("keys", "restore", file, "d-firewall");
    const moved = await openSeenRecords(join(f.home, "firewalls", "d-firewall"));
    expect([await moved.records.has(record), await moved.signOffs.has(signOff)]).to.deep.equal([true, true]);
    const own = await stays(old.person, "hospital", "serve", "--port", "0");
    await writeConfig(f.file, [["hospitals", pseudonym, "service"], own.result.url]);
    expect((await readConfig(f.file)).hospitals[pseudonym]?.service).to.equal(own.result.url);
    const firewall = await stays(f.person, "firewall", "serve", "--port", "0");
    expect(firewall.result.hospital).to.equal("up");
    // The blinding is the same, so what was published stays open; the key to which members seal is another.
    const restored = await openVault(join(f.home, "vaults"), "d-firewall", PASSPHRASES.firewall);
    expect(restored).to.deep.include(secrets).and.to.not.deep.include({ gatewaySeed });

    // What is left of it cannot be served any more.
    await old.person.fails("INPUT_INVALID", "firewall", "serve", "--port", "0", "--as", "d-firewall");
    await old.person.fails("INPUT_INVALID", "hospital", "serve", "--with-firewall", "--port", "0");
  });
});
