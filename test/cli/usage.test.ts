import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ABIS, deploymentSchema } from "@medexchain/chain";
import { readChains, writeChains } from "@medexchain/config";
import { MedexError } from "@medexchain/core";
import { expect } from "chai";
import { getAddress } from "ethers";
import { errorOutputSchema } from "../../cli/output/report-error.ts";
import { readConfig, writeConfig } from "../../cli/session/config.ts";
import { MEDEX, Person } from "./support/medex.ts";

/** What a deployment has an address of. */
const CONTRACTS = [...Object.keys(ABIS), "manager"];

describe("using medex", function () {
  this.timeout(60_000);
  let folder: string;
  let person: Person;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "medex-usage-"));
    person = new Person(folder, { MEDEX_HOME: folder });
  });
  after(() => rmSync(folder, { recursive: true }));

  it("ends with 2 on wrong use, and says where help is", async () => {
    for (const args of [
      ["bogus"],
      ["record", "show"],
      ["record", "show", "0x12"],
      ["keys", "create", "king", "arthur"],
    ]) {
      const { code, stderr, stdout } = await person.run(args);
      expect(code, args.join(" ")).to.equal(2);
      expect(stderr).to.include("--help");
      expect(stdout).to.equal("");
    }
  });

  it("ends with 2 when options are missing or do not go together", async () => {
    await person.misuses("POLICY_INVALID", "record", "publish", "x.csv");
    await person.misuses("INPUT_INVALID", "hospital", "init", "H", "--scheme", "rsa", "--chain", "chainA");
    await person.misuses("INPUT_INVALID", "audit", "export", "--format", "csv", "--ndjson");
    await person.misuses("INPUT_INVALID", "relayer", "retry");
    await person.misuses("INPUT_INVALID", "member", "enrol", "patient-1", "--account", "0x12");
  });

  it("tells wrong use to programs in JSON, and nothing else", async () => {
    for (const [args, about] of [
      [["bogus"], "bogus"],
      [["record"], "--help"],
      [["record", "show", "0x12"], "at least 4 of its hexadecimal digits"],
      [["keys", "create", "king", "arthur"], "king"],
      [["keys", "list", "--nonsense"], "--nonsense"],
    ] as const) {
      const { code, stderr, stdout } = await person.run([...args, "--json"]);
      expect([code, stdout], args.join(" ")).to.deep.equal([2, ""]);
      const { error } = errorOutputSchema.parse(JSON.parse(stderr));
      expect(error).to.include({ code: "USAGE", retriable: false });
      expect(error.message)
        .to.include(about)
        .and.not.match(/^error:/);
    }
    const { stderr } = await person.run(["relayer", "retry", "--json"]);
    expect(errorOutputSchema.parse(JSON.parse(stderr)).error.code).to.equal("INPUT_INVALID");
  });

  it("ends quietly with 141 when nobody reads its output", async () => {
    for (const command of ["--help", "keys list", "keys list --json"]) {
      const script = `"${process.execPath}" "${MEDEX}" ${command} | true; echo "\${PIPESTATUS[0]}"`;
      const { stdout, stderr } = await promisify(execFile)("bash", ["-c", script], {
        env: { ...process.env, MEDEX_HOME: folder },
      });
      expect([stdout, stderr], command).to.deep.equal(["141\n", ""]);
    }
  });

  it("writes no configuration that it could not read", async () => {
    const home = join(folder, "fresh");
    const file = join(home, "medex.config.json");
    const other = new Person(folder, { MEDEX_HOME: home });
    const deployment = {
      chainId: 1,
      rpcUrl: "http://127.0.0.1:1",
      ...Object.fromEntries(CONTRACTS.map((name) => [name, `0x${"1a".repeat(20)}`])),
    };
    await writeConfig(file, [["chains", "chainA"], { deployment }]);
    const before = readFileSync(file, "utf8");
    const add = ["hospital", "add", "Hospital A", "--chain"];
    const { stderr } = await other.fails("CONFIG_INVALID", ...add, "chainA", "--gateway", "nonsense");
    expect(stderr).to.include("hospitals.Hospital A.gateway");
    await other.fails("CONFIG_INVALID", ...add, "chainZ");
    expect((await other.run(["hospital", "add", "", "--chain", "chainA"])).code).to.equal(2);
    expect((await other.run(["hospital", "init", "", "--chain", "chainA", "--scheme", "ibe"])).code).to.equal(2);
    expect(readFileSync(file, "utf8")).to.equal(before);
    expect(readdirSync(home)).to.not.include("vaults");
    await other.ok(...add, "chainA", "--gateway", "http://127.0.0.1:8090");
    expect((await readConfig(file)).hospitals["Hospital A"]?.gateway).to.equal("http://127.0.0.1:8090");
    // Every address is read into one spelling.
    expect((await readConfig(file)).chains.chainA?.deployment.ledger).to.equal(getAddress(`0x${"1a".repeat(20)}`));
  });

  it("writes no chain that it could not read", async () => {
    const file = join(folder, "chains.config.json");
    const addresses = Object.fromEntries(CONTRACTS.map((name) => [name, `0x${"1a".repeat(20)}`]));
    const deployment = deploymentSchema.parse({ chainId: 1, rpcUrl: "http://127.0.0.1:1", ...addresses });
    const entry = { deployment, fromBlock: 0, confirmations: 0 };
    await writeChains(file, { chainA: entry });
    const before = readFileSync(file, "utf8");
    const error = await writeChains(file, { chainB: { ...entry, fromBlock: -1 } }).catch((thrown: unknown) => thrown);
    expect(MedexError.is(error, "CONFIG_INVALID") && error.message).to.include("chains.chainB.fromBlock");
    expect(readFileSync(file, "utf8")).to.equal(before);
    expect(await readChains(file)).to.deep.equal({ chainA: entry });
  });

  it("names a section that there is not, and leaves a relayer's and an editor's alone", async () => {
    const file = join(folder, "sections.config.json");
    writeFileSync(file, JSON.stringify({ $schema: "medex.config.json", relayer: { workers: 1 } }));
    expect((await readConfig(file)).relayers).to.deep.equal([]);
    writeFileSync(file, JSON.stringify({ ipsf: { url: "http://127.0.0.1:5001" } }));
    const error = await readConfig(file).catch((thrown: unknown) => thrown);
    expect(MedexError.is(error, "CONFIG_INVALID") && error.message)
      .to.include(file)
      .and.include('"ipsf"');
  });

  it("tells errors to programs in JSON", async () => {
    const { code, stderr } = await person.run(["record", "show", `0x${"00".repeat(32)}`, "--json"]);
    expect(code).to.equal(1);
    expect(JSON.parse(stderr).error).to.include({ code: "CONFIG_INVALID", retriable: false });
  });

  it("prints one field of a result, and says which there are", async () => {
    const vault = ["keys", "create", "owner", "bob"];
    const { code, stdout } = await person.run([...vault, "--field", "role"], { MEDEX_PASSPHRASE_FILE: secretFile() });
    expect([code, stdout]).to.deep.equal([0, "owner\n"]);
    expect((await person.run(["keys", "list", "--field", "0.name"])).stdout).to.equal("bob\n");
    const { stderr } = await person.run(["keys", "list", "--field", "0.secret"]);
    expect(JSON.parse(stderr).error).to.include({ code: "INPUT_INVALID" });
    expect(stderr).to.include("account").and.include("role");
  });

  it("takes the unit of every numeric column", async () => {
    for (const pair of ["chol", "=mg/dL", "chol="]) {
      await person.misuses("INPUT_INVALID", "record", "publish", "x.csv", "--private", "chol", "--numeric", pair);
    }
    expect((await person.run(["record", "publish", "x.csv", "--format", "fax"])).code).to.equal(2);
  });

  const secretFile = (): string => {
    const file = join(folder, "secret.txt");
    writeFileSync(file, "four unlikely words\n", { mode: 0o600 });
    return file;
  };

  it("asks nobody for a passphrase where there is no terminal, and takes none from a file that others can read", async () => {
    await person.fails("CONFIG_INVALID", "keys", "create", "owner", "alice");
    const file = join(folder, "passphrase.txt");
    writeFileSync(file, "four unlikely words\n", { mode: 0o644 });
    const { stderr } = await person.fails(
      "CONFIG_INVALID",
      "keys",
      "create",
      "owner",
      "alice",
      "--passphrase-file",
      file,
    );
    expect(stderr).to.include("chmod 600");
  });

  it("takes no other process for its devnet: an id alone may be another's by now", async () => {
    // This very process, as one that started at another time.
    writeFileSync(join(folder, "devnet.json"), JSON.stringify({ pid: process.pid, started: "1", services: {} }));
    expect((await person.run(["devnet", "status"])).code).to.equal(1);
    expect(await person.ok("devnet", "down")).to.deep.equal({ running: false });
    writeFileSync(join(folder, "devnet.json"), "{");
    await person.fails("CONFIG_INVALID", "devnet", "down");
  });
});
