import { once } from "node:events";
import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FindingCode } from "@medexchain/audit";
import { ABIS, type Deployment, ZERO_32 } from "@medexchain/chain";
import { expect } from "chai";
import { AbiCoder, Interface, keccak256, Wallet } from "ethers";
import { Person } from "../cli/support/medex.ts";
import { temporaryDirectory } from "../relayer/support/directory.ts";
import { audit, codesOf, type History, makeHistory, sourceOf } from "./support/history.ts";
import { type RawTransaction, sentAnew } from "./support/rpc-transaction.ts";
import { eventTopic, type Lies, type RawLog, startLyingNode, withWord, wordAt } from "./support/tamper.ts";

const LOGGED = eventTopic("ledger", "AccessLogged");
const of = (topic: string) => (log: RawLog) => log.topics[0] === topic;
const omit =
  (topic: string, number: number): NonNullable<Lies["logs"]> =>
  (logs) => {
    const at = logs.filter(of(topic))[number];
    expect(at, "the log to omit").to.not.equal(undefined);
    return logs.filter((log) => log !== at);
  };
const change =
  (topic: string, number: number, changed: (log: RawLog) => Partial<RawLog>): NonNullable<Lies["logs"]> =>
  (logs) => {
    const at = logs.filter(of(topic))[number];
    expect(at, "the log to change").to.not.equal(undefined);
    return logs.map((log) => (log === at ? { ...log, ...changed(log) } : log));
  };
const addToWord = (number: number) => (log: RawLog) => ({
  data: withWord(log.data, number, wordAt(log.data, number) + 1n),
});
/** Flips a bit in the last byte but 43 of the data: inside a signature that ends it, whose 65 bytes are padded to 96. */
const flipSignature = ({ data }: RawLog) => {
  const at = data.length - 2 * 44;
  return {
    data:
      data.slice(0, at) +
      (Number.parseInt(data.slice(at, at + 2), 16) ^ 1).toString(16).padStart(2, "0") +
      data.slice(at + 2),
  };
};

/** Grants the refused entry, with counts and all heads to fit, as an operator would who runs a ledger of his own. */
const grantOverLimit = (logs: RawLog[]): RawLog[] => {
  let head: string = ZERO_32;
  return logs.map((log) => {
    if (!of(LOGGED)(log)) return log;
    let data = log.data;
    const index = BigInt(log.topics[1] ?? 0);
    if (index >= 1n) {
      data =
        index === 1n
          ? withWord(withWord(withWord(data, 4, 1n), 5, wordAt(data, 5) + 1n), 7, wordAt(data, 7) + 1n)
          : data;
    }
    const words = `0x${data.slice(2, 2 + 640)}`;
    head = keccak256(AbiCoder.defaultAbiCoder().encode(["bytes32", "uint64"], [head, index]) + words.slice(2));
    return { ...log, data: withWord(data, 10, BigInt(head)) };
  });
};

const LIAR = new Wallet(Wallet.createRandom().privateKey);
const selectorOf = (contract: keyof typeof ABIS, name: string) =>
  new Interface(ABIS[contract]).getFunction(name)!.selector;
const AUTHORIZE = selectorOf("grants", "authorize");
const SUBMIT = ["submitReEncryption", "submitReEncryptions"].map((name) => selectorOf("grants", name));
const REQUEST = selectorOf("requests", "request");
const ACKNOWLEDGE = selectorOf("requests", "acknowledge");
const SET_LIMIT = selectorOf("hospitals", "setMaxAccessCount");
const everyTransaction =
  (changed: (transaction: RawTransaction) => RawTransaction): NonNullable<Lies["block"]> =>
  // A block without its transactions has their hashes in their place.
  (block) => ({
    ...block,
    transactions: block.transactions.map((each) => (typeof each === "string" ? each : changed(each))),
  });

/** Puts the first request's transaction, which the same doctor signed, where the acknowledgement's is, under the latter's hash. */
function earlierOfDoctor(): (transaction: RawTransaction) => RawTransaction {
  let earlier: RawTransaction | undefined;
  return (each) => {
    if (each.input.startsWith(REQUEST)) earlier ??= each;
    return earlier && each.input.startsWith(ACKNOWLEDGE) ? { ...earlier, hash: each.hash } : each;
  };
}

interface Case {
  readonly name: string;
  readonly on: "a" | "b";
  readonly lies: Lies;
  readonly code: FindingCode;
}

const CASES: Case[] = [
  { name: "omits a ledger entry", on: "a", lies: { logs: omit(LOGGED, 1) }, code: "LEDGER_ENTRY_MISSING" },
  { name: "omits the last ledger entry", on: "a", lies: { logs: omit(LOGGED, 2) }, code: "LEDGER_ENTRY_MISSING" },
  {
    name: "omits a request",
    on: "b",
    lies: { logs: omit(eventTopic("requests", "AccessRequested"), 1) },
    code: "EVENT_MISSING",
  },
  {
    name: "omits the last request",
    on: "b",
    lies: { logs: omit(eventTopic("requests", "AccessRequested"), 2) },
    code: "EVENT_MISSING",
  },
  {
    name: "omits a delivery",
    on: "a",
    lies: { logs: omit(eventTopic("grants", "RequestDelivered"), 0) },
    code: "EVENT_MISSING",
  },
  {
    name: "omits an answer",
    on: "a",
    lies: { logs: omit(eventTopic("grants", "ResponseReady"), 0) },
    code: "EVENT_MISSING",
  },
  {
    name: "omits a response",
    on: "b",
    lies: { logs: omit(eventTopic("requests", "ResponseDelivered"), 0) },
    code: "STATE_DIFFERS",
  },
  {
    name: "omits an acknowledgement",
    on: "b",
    lies: { logs: omit(eventTopic("requests", "Acknowledged"), 0) },
    code: "STATE_DIFFERS",
  },
  {
    name: "omits a hospital's limit",
    on: "a",
    lies: { logs: omit(eventTopic("hospitals", "MaxAccessCountSet"), 0) },
    code: "LIMIT_NOT_IN_FORCE",
  },
  {
    name: "omits a record",
    on: "a",
    lies: { logs: omit(eventTopic("records", "RecordAnchored"), 0) },
    code: "DECISION_WRONG",
  },
  {
    name: "omits a certificate",
    on: "b",
    lies: { logs: omit(eventTopic("hospitals", "MemberEnrolled"), 0) },
    code: "CERTIFICATE_UNKNOWN",
  },
  {
    name: "omits a relayer",
    on: "b",
    lies: { logs: omit(eventTopic("relayers", "RelayerAdded"), 0) },
    code: "ATTESTATION_INVALID",
  },
  {
    name: "exchanges two ledger entries",
    on: "a",
    lies: {
      logs: (logs) => {
        const [, second, third] = logs.filter(of(LOGGED));
        return logs.map((log) => {
          const other = log === second ? third : log === third ? second : undefined;
          return other ? { ...log, topics: other.topics, data: other.data } : log;
        });
      },
    },
    code: "LEDGER_ORDER",
  },
  { name: "sends logs out of order", on: "a", lies: { logs: (logs) => logs.toReversed() }, code: "EVENT_ORDER" },
  {
    name: "sends a log twice",
    on: "a",
    lies: { logs: (logs) => logs.flatMap((log) => (of(LOGGED)(log) ? [log, log] : [log])) },
    code: "EVENT_ORDER",
  },
  { name: "changes who asked", on: "a", lies: { logs: change(LOGGED, 0, addToWord(2)) }, code: "LEDGER_HEAD_MISMATCH" },
  { name: "changes a count", on: "a", lies: { logs: change(LOGGED, 0, addToWord(5)) }, code: "COUNT_WRONG" },
  { name: "changes a limit", on: "a", lies: { logs: change(LOGGED, 0, addToWord(8)) }, code: "LIMIT_NOT_IN_FORCE" },
  {
    name: "changes an entry's time",
    on: "a",
    lies: { logs: change(LOGGED, 0, addToWord(9)) },
    code: "LEDGER_TIMESTAMP",
  },
  {
    name: "changes blocks' times",
    on: "a",
    lies: { block: (block) => ({ ...block, timestamp: `0x${(Number(block.timestamp) + 60).toString(16)}` }) },
    code: "LEDGER_TIMESTAMP",
  },
  {
    name: "logs a grant over the limit, with heads that fit",
    on: "a",
    lies: { logs: grantOverLimit },
    code: "ACCESS_OVER_LIMIT",
  },
  {
    name: "changes a request's expiry",
    on: "b",
    lies: { logs: change(eventTopic("requests", "AccessRequested"), 0, addToWord(6)) },
    code: "REQUEST_ID_WRONG",
  },
  {
    name: "forges a requester's signature",
    on: "b",
    lies: { logs: change(eventTopic("requests", "AccessRequested"), 0, flipSignature) },
    code: "REQUEST_FORGED",
  },
  {
    name: "forges a certificate's signature",
    on: "b",
    lies: { logs: change(eventTopic("hospitals", "MemberEnrolled"), 0, flipSignature) },
    code: "CERTIFICATE_INVALID",
  },
  {
    name: "takes a response's attestations away",
    on: "b",
    lies: {
      // After the answer: where the attestations are; then their epoch, expiry, and where the list is; then its length.
      logs: change(eventTopic("requests", "ResponseDelivered"), 0, ({ data }) => ({ data: withWord(data, 10, 0n) })),
    },
    code: "ATTESTATIONS_TOO_FEW",
  },
  {
    name: "has a response's attestations expire before it was taken",
    on: "b",
    lies: {
      logs: change(eventTopic("requests", "ResponseDelivered"), 0, ({ data }) => ({ data: withWord(data, 8, 1n) })),
    },
    code: "ATTESTATION_STALE",
  },
  {
    name: "has a response's attestations name an epoch that is yet to come",
    on: "b",
    lies: {
      logs: change(eventTopic("requests", "ResponseDelivered"), 0, ({ data }) => ({ data: withWord(data, 7, 99n) })),
    },
    code: "ATTESTATION_STALE",
  },
  {
    name: "forges an attestation",
    on: "b",
    lies: { logs: change(eventTopic("requests", "ResponseDelivered"), 0, flipSignature) },
    code: "ATTESTATION_INVALID",
  },
  {
    name: "changes when it was decided",
    on: "b",
    lies: { logs: change(eventTopic("requests", "ResponseDelivered"), 0, addToWord(2)) },
    code: "SIDES_DIFFER",
  },
  {
    name: "invents a decision at the requester's",
    on: "a",
    lies: { logs: change(eventTopic("grants", "ResponseReady"), 1, addToWord(1)) },
    code: "DECISION_NOT_LOGGED",
  },
  {
    name: "changes what was anchored",
    on: "a",
    lies: { logs: change(eventTopic("records", "RecordAnchored"), 0, addToWord(1)) },
    code: "RECORD_CONTENTS_WRONG",
  },
  {
    name: "truncates a log",
    on: "a",
    lies: { logs: change(LOGGED, 0, ({ data }) => ({ data: data.slice(0, 130) })) },
    code: "LOG_MALFORMED",
  },
  {
    name: "puts a log into another block",
    on: "a",
    lies: { logs: change(LOGGED, 0, () => ({ blockHash: ZERO_32 })) },
    code: "HEADER_MISMATCH",
  },
  {
    name: "breaks the chain of headers",
    on: "a",
    lies: { block: (block) => ({ ...block, parentHash: ZERO_32 }) },
    code: "HEADER_MISMATCH",
  },
  {
    name: "has the owner's and the operator's transactions sent by another",
    on: "a",
    lies: { resend: () => ({ by: LIAR }) },
    code: "AUTHOR_FORGED",
  },
  {
    name: "has acknowledgements sent by another",
    on: "b",
    lies: { resend: ({ input }) => (input.startsWith(ACKNOWLEDGE) ? { by: LIAR } : undefined) },
    code: "AUTHOR_FORGED",
  },
  {
    name: "has a hospital's limit set by another",
    on: "a",
    lies: { resend: ({ input }) => (input.startsWith(SET_LIMIT) ? { by: LIAR } : undefined) },
    code: "AUTHOR_FORGED",
  },
  {
    name: "has approvals sent by another",
    on: "a",
    lies: { resend: ({ input }) => (input.startsWith(AUTHORIZE) ? { by: LIAR } : undefined) },
    code: "APPROVAL_FORGED",
  },
  {
    name: "has an approval sent by another to the owner's account, as if that were a contract",
    on: "a",
    lies: { resend: ({ input, from }) => (input.startsWith(AUTHORIZE) ? { by: LIAR, to: from } : undefined) },
    code: "APPROVAL_FORGED",
  },
  {
    name: "has an acknowledgement sent by another to the requester's account, as if that were a contract",
    on: "b",
    lies: { resend: ({ input, from }) => (input.startsWith(ACKNOWLEDGE) ? { by: LIAR, to: from } : undefined) },
    code: "AUTHOR_FORGED",
  },
  {
    name: "names a contract that is none of the suite's as the recipient of an approval",
    on: "a",
    lies: {
      block: everyTransaction((each) => (each.input?.startsWith(AUTHORIZE) ? { ...each, to: LIAR.address } : each)),
    },
    code: "TRANSACTION_ALTERED",
  },
  {
    name: "has re-encryptions sent by another than a relayer",
    on: "a",
    lies: { resend: ({ input }) => (SUBMIT.includes(input.slice(0, 10)) ? { by: LIAR } : undefined) },
    code: "ATTESTATION_INVALID",
  },
  {
    name: "names the owner as the sender of what another sent",
    on: "a",
    lies: {
      block: everyTransaction((each) => ({
        ...each,
        ...sentAnew(each, 31337n, LIAR),
        hash: each.hash,
        from: each.from,
      })),
    },
    code: "TRANSACTION_ALTERED",
  },
  {
    name: "tells what the same person sent before in the place of an acknowledgement",
    on: "b",
    lies: { block: everyTransaction(earlierOfDoctor()) },
    code: "TRANSACTION_ALTERED",
  },
  {
    name: "tells another acknowledgement than the requester sent",
    on: "b",
    lies: { logs: change(eventTopic("requests", "Acknowledged"), 0, addToWord(0)) },
    code: "AUTHOR_FORGED",
  },
  {
    name: "names another sender",
    on: "b",
    lies: { block: everyTransaction((each) => ({ ...each, from: LIAR.address })) },
    code: "TRANSACTION_ALTERED",
  },
  {
    name: "tells other calldata of an approval than was sent",
    on: "a",
    lies: {
      block: everyTransaction((each) =>
        each.input?.startsWith(AUTHORIZE)
          ? { ...each, input: `${each.input.slice(0, -1)}${each.input.endsWith("0") ? 1 : 0}` }
          : each,
      ),
    },
    code: "TRANSACTION_ALTERED",
  },
  {
    name: "keeps transactions' signatures back",
    on: "a",
    lies: { block: everyTransaction(({ r: _, ...each }) => each as RawTransaction) },
    code: "CHECK_NOT_DONE",
  },
];

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

  for (const { name, on, lies, code } of CASES) {
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
