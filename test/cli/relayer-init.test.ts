import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ABIS } from "@medexchain/chain";
import { expect } from "chai";
import { Wallet } from "ethers";
import { Person } from "./support/medex.ts";

const PASSPHRASE = "seven words that nobody else would think of";
const contracts = Object.fromEntries(
  [...Object.keys(ABIS), "manager"].map((name, at) => [name, `0x${String(at % 10).repeat(40)}`]),
);

describe("medex relayer init", function () {
  this.timeout(60_000);
  let folder: string;
  let person: Person;
  let made: Record<string, unknown>;
  /** A relayer that has one parked job, later two, and takes calls of whoever has the token. */
  let jobs: object[] = [];
  const relayer = createServer((request, response) => {
    const isAllowed = request.headers.authorization === `Bearer ${tokenOf()}`;
    if (request.url === "/healthz") response.end("{}");
    else
      response
        .writeHead(isAllowed ? 200 : 401, { "content-type": "application/json" })
        .end(JSON.stringify({ result: jobs }));
  });
  const tokenOf = (): string => readFileSync(join(folder, "relayer", "admin.token"), "utf8").trim();

  before(async () => {
    await once(relayer.listen(0, "127.0.0.1"), "listening");
    folder = mkdtempSync(join(tmpdir(), "medex-relayer-init-"));
    const chainA = { deployment: { chainId: 31337, rpcUrl: "http://127.0.0.1:1", ...contracts } };
    const configFile = join(folder, "medex.config.json");
    writeFileSync(configFile, JSON.stringify({ chains: { chainA }, ipfs: { url: "http://127.0.0.1:2" } }));
    person = new Person(folder, { MEDEX_HOME: folder, MEDEX_PASSPHRASE: PASSPHRASE });
    const { port } = relayer.address() as AddressInfo; // a TCP server has one
    made = await person.ok("relayer", "init", "--port", String(port));
  });
  after(() => {
    relayer.closeAllConnections();
    relayer.close();
    rmSync(folder, { recursive: true });
  });

  it("makes an account, a sealing key and a token, each in a file of its owner's alone", async () => {
    const files = made.files as string[];
    expect(files.map((file) => statSync(file).mode & 0o777)).to.deep.equal([0o600, 0o600, 0o600]);
    const wallet = await Wallet.fromEncryptedJson(readFileSync(files[0] ?? "", "utf8"), PASSPHRASE);
    expect(wallet.address).to.equal(made.account);
    for (const file of files.slice(1)) expect(readFileSync(file, "utf8")).to.match(/^[0-9a-f]{64}\n$/);
    for (const secret of [wallet.privateKey.slice(2), tokenOf(), PASSPHRASE]) {
      expect(person.transcript).not.to.include(secret);
    }
  });

  it("replaces no relayer that is configured", async () => {
    const before = readFileSync(join(folder, "medex.config.json"), "utf8");
    await person.fails("CONFIG_INVALID", "relayer", "init");
    expect(readFileSync(join(folder, "medex.config.json"), "utf8")).to.equal(before);
  });

  it("leaves a configuration by which the relayer is asked; --watch prints its list when that changes, until interrupted", async () => {
    const job = (key: string) => ({
      key,
      kind: "deliver-request",
      chainId: "31337",
      requestId: "0x",
      state: "parked",
      attempts: 1,
      code: null,
      reason: null,
      parkedBy: "person",
      createdAt: "2026-01-01T00:00:00Z",
      updatedAt: "2026-01-01T00:00:00Z",
    });
    jobs = [job("one")];
    const child = person.start(["relayer", "jobs", "--watch", "1"]);
    let printed = "";
    for await (const chunk of child.stdout ?? []) {
      printed += chunk;
      if (printed.includes("two")) child.kill("SIGINT");
      else if (printed.includes("one")) jobs = [job("one"), job("two")];
    }
    if (child.exitCode === null) await once(child, "exit");
    expect(child.exitCode).to.equal(130);
    // Once as it was, once changed, and not once for each look.
    expect(printed.match(/one/g)).to.have.length(2);
  });
});
