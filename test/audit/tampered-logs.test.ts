import { once } from "node:events";
import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Deployment } from "@medexchain/chain";
import { expect } from "chai";
import { Person } from "../cli/support/medex.ts";
import { temporaryDirectory } from "../relayer/support/directory.ts";
import { audit, codesOf, type History, makeHistory, sourceOf } from "./support/history.ts";
import { LOG_LIES, LOGGED, omit } from "./support/log-lies.ts";
import { startLyingNode } from "./support/tamper.ts";
import { TRANSACTION_LIES } from "./support/transaction-lies.ts";

/** The auditor's configuration of the two chains. */
function writeConfig(home: string, a: Deployment, b: Deployment, services: object = {}): Promise<void> {
  const plain = (deployment: Deployment) => ({ deployment: { ...deployment, chainId: Number(deployment.chainId) } });
  const config = { chains: { a: plain(a), b: plain(b) }, ...services };
  return writeFile(join(home, "medex.config.json"), JSON.stringify(config));
}

describe("audit of a history that a node tampers with", () => {
  let history: History;
  before(async function () {
    this.timeout(240_000);
    history = await makeHistory();
  });
  after(() => history?.[Symbol.asyncDispose]());

  const sources = (a: Deployment, b: Deployment) => [sourceOf("a", a), sourceOf("b", b)];

  it("passes without lies", async () => {
    const { devnet, cast } = history;
    const storage = { store: cast.store, tangle: cast.tangle };
    const { findings, passed, chains } = await audit(sources(devnet.chainA, devnet.chainB), { storage });
    expect(codesOf(findings)).to.deep.equal([]);
    expect(passed).to.equal(true);
    expect(chains.map(({ entries, requests }) => [entries, requests])).to.deep.equal([
      [3n, 0n],
      [0n, 3n],
    ]);
  });

  for (const { name, on, lies, code } of [...LOG_LIES, ...TRANSACTION_LIES]) {
    it(`names it ${code} when a node ${name}`, async () => {
      const { chainA, chainB } = history.devnet;
      await using node = await startLyingNode(on === "a" ? chainA : chainB, lies);
      const told = on === "a" ? sources(node.deployment, chainB) : sources(chainA, node.deployment);
      const { findings, passed } = await audit(told);
      expect(codesOf(findings)).to.include(code);
      expect(passed).to.equal(false);
    });
  }

  it("names it NODES_DISAGREE when a second node has what the first omits", async () => {
    const { chainA, chainB } = history.devnet;
    await using node = await startLyingNode(chainA, { logs: omit(LOGGED, 1) });
    const { findings } = await audit([sourceOf("a", node.deployment, chainA.rpcUrl), sourceOf("b", chainB)]);
    expect(codesOf(findings)).to.include("NODES_DISAGREE");
  });

  it("finds nothing when the second node says the same, and asks for fewer blocks when a node refuses many", async () => {
    const { chainA, chainB } = history.devnet;
    await using node = await startLyingNode(chainA, {});
    node.proxy.intercept = async (method, params) => {
      const [range] = params as [{ fromBlock?: string; toBlock?: string }?];
      const tooMany = method === "eth_getLogs" && Number(range?.toBlock) - Number(range?.fromBlock) >= 10;
      return tooMany ? { error: { code: -32005, message: "query returned too many blocks" } } : undefined;
    };
    const { findings } = await audit([sourceOf("a", node.deployment, chainA.rpcUrl), sourceOf("b", chainB)]);
    expect(codesOf(findings)).to.deep.equal([]);
  });

  it("ends with the signal's exit code, and without a word, when medex audit is interrupted or nobody reads it", async () => {
    const { chainA, chainB } = history.devnet;
    await using home = await temporaryDirectory();
    await using node = await startLyingNode(chainA, {});
    await writeConfig(home.path, node.deployment, chainB);
    const person = new Person(home.path, { MEDEX_HOME: home.path });
    for (const [signal, code, ...args] of [
      ["SIGINT", 130, "verify"],
      ["SIGTERM", 143, "replay"],
      ["SIGINT", 130, "export", "--format", "html", "--output", join(home.path, "page.html")],
      ["SIGTERM", 143, "export", "--format", "csv", "--output", join(home.path, "accesses.csv")],
    ] as const) {
      const reading = Promise.withResolvers<void>();
      const ended = Promise.withResolvers<void>();
      node.proxy.intercept = async (method, _params, forward) => {
        if (method !== "eth_getLogs") return undefined;
        reading.resolve();
        await ended.promise;
        return (await forward()) as { result: unknown };
      };
      const child = person.start(["audit", ...args]);
      let told = "";
      child.stderr?.on("data", (text: string) => {
        told += text;
      });
      await reading.promise;
      const asked = performance.now();
      child.kill(signal);
      const [exitCode] = (await once(child, "close")) as [number | null];
      ended.resolve();
      expect([exitCode, told], args.join(" ")).to.deep.equal([code, ""]);
      expect(performance.now() - asked).to.be.lessThan(10_000);
    }
    expect((await readdir(home.path)).filter((name) => /page|accesses/.test(name))).to.deep.equal([]);

    node.proxy.intercept = undefined;
    const unread = person.start(["audit", "replay"]);
    unread.stdout?.destroy();
    expect(((await once(unread, "close")) as [number | null])[0]).to.equal(141);
  });

  it("is run with medex audit: a table, lines of JSON, filters, findings, and an exit code that tells", async () => {
    const { chainA, chainB, ipfsUrl, tangleUrl } = history.devnet;
    await using home = await temporaryDirectory();
    await using node = await startLyingNode(chainA, { logs: omit(LOGGED, 1) });
    const write = (a: Deployment) =>
      writeConfig(home.path, a, chainB, { ipfs: { url: ipfsUrl }, tangle: { url: tangleUrl } });
    const person = new Person(home.path, { MEDEX_HOME: home.path });
    await write(chainA);
    const table = await person.run(["audit", "replay"]);
    expect(table.code, table.stderr).to.equal(0);
    expect(table.stdout.trim().split("\n")).to.have.length(4);
    expect(table.stdout).to.match(/Granted +1\/1 +1\/10 +31337 Granted +31338 Granted opened/);
    expect(table.stderr, "no progress but on a terminal").to.equal("");
    const doctor = history.cast.doctors[1].memberId;
    const lines = await person.run(["audit", "replay", "--json", "--member", doctor]);
    const entries = lines.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { requestId: string; destinationState: string });
    expect(entries.map(({ requestId, destinationState }) => [requestId, destinationState])).to.deep.equal([
      [history.denied, "Denied"],
    ]);
    expect((await person.run(["audit", "replay", "--json", "--until", "2020-01-01"])).stdout).to.equal("");
    const honest = await person.run(["audit", "verify", "--json"]);
    expect(honest.code, honest.stdout).to.equal(0);
    expect(JSON.parse(honest.stdout)).to.include({ passed: true });

    await rm(join(home.path, "audit"), { recursive: true });
    await write(node.deployment);
    const lying = await person.run(["audit", "verify", "--skip-storage"]);
    expect(lying.code).to.equal(1);
    expect(lying.stdout)
      .to.match(/error +LEDGER_ENTRY_MISSING/)
      .and.to.match(/NOT PROVEN/);
  });
});
