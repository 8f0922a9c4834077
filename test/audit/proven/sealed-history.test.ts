import { type AuditSource, verifyHistory } from "@medexchain/audit";
import { ABIS, type Deployment, type Hex32, transact } from "@medexchain/chain";
import { expect } from "chai";
import { Interface, Wallet } from "ethers";
import { type SealingNode, startSealingNode } from "../../../devnet/seals/sealing-node.ts";
import { drawValidators } from "../../../devnet/seals/validators.ts";
import { temporaryDirectory } from "../../relayer/support/directory.ts";
import { type RpcProxy, startRpcProxy } from "../../relayer/support/rpc-proxy.ts";
import { administrator } from "../../world/two-chains.ts";
import { type ByHand, people, startByHand } from "../support/by-hand.ts";
import { audit, codesOf, sourceOf } from "../support/history.ts";
import { eventTopic, type Lies, type RawLog, startLyingNode, withWord } from "../support/tamper.ts";

const [OPENED, DISPUTED] = [1, 2];
const { owner, doctor, thief } = people;
const REQUESTS = new Interface(ABIS.requests);
const selectorOf = (contract: keyof typeof ABIS, name: string) =>
  new Interface(ABIS[contract]).getFunction(name)!.selector;

type Call = readonly [method: string, params: unknown[], forward: () => Promise<unknown>];

describe("the audit of chains whose validators seal their headers", () => {
  const validators = drawValidators(4);
  const addresses = validators.map(({ address }) => address);
  const stack = new AsyncDisposableStack();
  let world: ByHand;
  let requestId: Hex32;
  let honest: readonly [a: Deployment, b: Deployment];

  before(async () => {
    world = stack.use(await startByHand());
    const { chainA, chainB, anchor, ask, deliver, authorize, reEncrypt, answer, anchorTwo } = world;
    const recordId = await anchor();
    const asked = await ask(recordId);
    requestId = asked.requestId;
    await deliver(asked);
    await authorize(requestId);
    await reEncrypt(requestId);
    await answer(requestId);
    const { answer: received } = await chainB.requests.status(requestId);
    await transact(chainB, () => chainB.as(doctor).requests.acknowledge(requestId, received, DISPUTED));
    await anchorTwo();
    await transact(chainA, () => chainA.as(owner).records.setMaxAccessCount(recordId, 9));
    await transact(chainA, () => chainA.as(administrator).relayers.removeRelayer(people.relayers[2]!.address));
    await world.checkpoint();
    honest = [await sealed(chainA.deployment), await sealed(chainB.deployment)];
  });
  after(() => stack.disposeAsync());

  const sealed = async (deployment: Deployment, by = validators): Promise<Deployment> => {
    const node: SealingNode = stack.adopt(await startSealingNode(deployment.rpcUrl, by), (each) => each.close());
    return { ...deployment, rpcUrl: node.url };
  };
  const proven = (name: string, deployment: Deployment, witness?: string): AuditSource => ({
    ...sourceOf(name, deployment, witness),
    validators: addresses,
  });
  const auditOf = (a = honest[0], b = honest[1]) => audit([proven("a", a), proven("b", b)]);
  /** What is found where one chain's node lies. */
  const foundWith = async (side: "a" | "b", lies: Lies, more?: (...call: Call) => Promise<unknown>) => {
    await using node = await startLyingNode(side === "a" ? honest[0] : honest[1], lies);
    const lying = node.proxy.intercept;
    node.proxy.intercept = async (method, params, forward) => {
      const result = await more?.(method, params, forward);
      return result === undefined ? lying?.(method, params, forward) : { result };
    };
    const { findings } = await (side === "a" ? auditOf(node.deployment) : auditOf(undefined, node.deployment));
    return codesOf(findings);
  };
  const through = async (
    side: "a" | "b",
    intercept: NonNullable<RpcProxy["intercept"]>,
  ): Promise<readonly [codes: string[], calls: readonly string[]]> => {
    const deployment = side === "a" ? honest[0] : honest[1];
    await using proxy = await startRpcProxy(deployment.rpcUrl);
    proxy.intercept = intercept;
    const changed = { ...deployment, rpcUrl: proxy.url };
    const { findings } = await (side === "a" ? auditOf(changed) : auditOf(undefined, changed));
    return [codesOf(findings), proxy.calls];
  };

  it("proves an honest history, and tells how far", async () => {
    const { findings, chains } = await auditOf();
    expect(codesOf(findings)).to.deep.equal(["ACKNOWLEDGEMENT_DISPUTED"]);
    expect(findings.map(({ code }) => code)).to.not.include("HEADERS_BELIEVED");
    for (const { proof } of chains) {
      expect(proof).to.include({ isStateProven: true });
      expect(proof?.validators).to.deep.equal(addresses);
      expect(proof?.blocks).to.be.greaterThan(5);
    }
  });

  it("says of a chain without configured validators that its node was believed", async () => {
    const { findings, chains } = await audit([sourceOf("a", honest[0]), proven("b", honest[1])]);
    const [believed, ...others] = findings.filter(({ code }) => code === "HEADERS_BELIEVED");
    expect(others).to.deep.equal([]);
    expect(believed?.where.chainId).to.equal(honest[0].chainId);
    expect(chains.map(({ proof }) => proof !== undefined)).to.deep.equal([false, true]);
  });

  const replaced: readonly (readonly [name: string, side: "a" | "b", selector: string, to: () => string])[] = [
    ["an approval", "a", selectorOf("grants", "authorize"), () => owner.address],
    ["an anchor", "a", selectorOf("records", "anchor"), () => owner.address],
    ["a record's limit", "a", selectorOf("records", "setMaxAccessCount"), () => owner.address],
    ["a revocation", "a", selectorOf("records", "revoke"), () => owner.address],
    ["an acknowledgement", "b", selectorOf("requests", "acknowledge"), () => doctor.address],
  ];
  for (const [name, side, selector, to] of replaced) {
    it(`finds ${name} in whose place a thief's transfer to the person stands`, async () => {
      const resend: Lies["resend"] = ({ input }) =>
        input.startsWith(selector) ? { by: thief, to: to(), input: "0x" } : undefined;
      // An account that is said to be a contract, too.
      const code = async (method: string) => (method === "eth_getCode" ? "0x60" : undefined);
      expect(await foundWith(side, { resend }, code)).to.include("BLOCK_ALTERED");
    });
  }

  it("finds garbage signatures that an account's contract is said to accept", async () => {
    const authorize = selectorOf("grants", "authorize");
    const resend: Lies["resend"] = ({ input }) =>
      input.startsWith(authorize)
        ? { by: thief, input: `${selectorOf("grants", "authorizeFor")}${"11".repeat(64)}` }
        : undefined;
    const lie = async (method: string, params: unknown[]) => {
      if (method === "eth_getCode") return "0x60";
      const [{ data = "" } = {}] = params as [{ data?: string }?];
      return method === "eth_call" && data.startsWith("0x1626ba7e") ? `0x1626ba7e${"0".repeat(56)}` : undefined;
    };
    expect(await foundWith("a", { resend }, lie)).to.include("BLOCK_ALTERED");
  });

  const twoAnchors = (logs: RawLog[]) =>
    logs.filter(({ topics }) => topics[0] === eventTopic("records", "RecordAnchored")).slice(-2);
  const altered: readonly (readonly [name: string, side: "a" | "b", logs: NonNullable<Lies["logs"]>])[] = [
    [
      "ids of two records of a batch that were swapped",
      "a",
      (logs) => {
        const [one, other] = twoAnchors(logs);
        if (!one || !other) return logs; // of a range without them
        const withId = (log: RawLog, { topics }: RawLog) => ({ ...log, topics: log.topics.with(1, topics[1]!) });
        return logs.map((log) => (log === one ? withId(log, other) : log === other ? withId(log, one) : log));
      },
    ],
    [
      "a record of a batch with another's contents",
      "a",
      (logs) => {
        const [one, other] = twoAnchors(logs);
        return logs.map((log) => (log === other ? { ...log, data: one!.data } : log));
      },
    ],
    [
      "a dispute that is told as an opening",
      "b",
      (logs) =>
        logs.map((log) =>
          log.topics[0] === eventTopic("requests", "Acknowledged")
            ? { ...log, data: withWord(log.data, 0, BigInt(OPENED)) }
            : log,
        ),
    ],
    [
      "a log that is left out of a block with others",
      "a",
      (logs) => logs.filter(({ topics }) => topics[0] !== eventTopic("grants", "Approved")),
    ],
    [
      "a log in another place of its block",
      "a",
      (logs) =>
        logs.map((log) => (log.topics[0] === eventTopic("ledger", "AccessLogged") ? { ...log, logIndex: "0x9" } : log)),
    ],
    ["a log that no transaction made", "b", (logs) => [...logs, { ...logs.at(-1)!, logIndex: "0x7" }]],
  ];
  for (const [name, side, logs] of altered) {
    it(`finds ${name}`, async () => {
      const codes = await foundWith(side, { logs });
      expect(codes.includes("BLOCK_ALTERED") || codes.includes("EVENT_ORDER"), codes.join()).to.equal(true);
    });
  }

  it("finds an acknowledgement whose block is not told of, although all calls are answered to fit", async () => {
    const topic = eventTopic("requests", "Acknowledged");
    const statuses = selectorOf("requests", "statuses");
    const lies: Lies = {
      logs: (logs) => logs.filter(({ topics }) => topics[0] !== topic),
      call: (_, data, answer) => {
        if (!data.startsWith(statuses)) return answer;
        const [ids, structs] = REQUESTS.decodeFunctionResult("statuses", answer).toArray() as [string[], unknown[][]];
        const told = structs.map((each) => each.map((value, at) => (at === 2 ? 0n : value)));
        return REQUESTS.encodeFunctionResult("statuses", [ids, told]);
      },
    };
    expect(await foundWith("b", lies)).to.deep.equal(["STATE_DIFFERS"]);
  });

  it("finds changes of records and relayers whose blocks are not told of", async () => {
    const limits = [eventTopic("records", "RecordLimitSet"), eventTopic("records", "RecordRevoked")];
    const relayers = honest[0].relayers.toLowerCase();
    const untold: NonNullable<Lies["logs"]>[] = [
      (logs) => logs.filter(({ topics }) => !limits.includes(topics[0]!)),
      (logs) =>
        logs.filter(
          ({ address, topics }) =>
            address.toLowerCase() !== relayers || topics[0] !== eventTopic("relayers", "RelayerRemoved"),
        ),
    ];
    for (const logs of untold) expect(await foundWith("a", { logs })).to.include("EVENT_MISSING");
  });

  it("finds headers that others sealed, as many as they are", async () => {
    const forged = await sealed(world.chainA.deployment, drawValidators(7));
    expect(codesOf((await auditOf(forged)).findings)).to.include("HEADER_UNSEALED");
  });

  it("finds a header with an altered field, time or root", async () => {
    for (const field of ["stateRoot", "receiptsRoot", "timestamp", "extraData", "gasUsed"]) {
      const [codes] = await through("a", async (method, params, forward) => {
        if (method !== "eth_getBlockByNumber" || params[1] !== false) return undefined;
        const { result } = (await forward()) as { result: Record<string, string> };
        const value = result[field]!;
        const digit = value.at(-1) === "1" ? "2" : "1";
        return { result: { ...result, [field]: `${value.slice(0, -1)}${digit}` } };
      });
      expect(
        codes.some((code) => code === "HEADER_UNSEALED" || code === "HEADER_MISMATCH"),
        `${field}: ${codes.join()}`,
      ).to.equal(true);
    }
  });

  it("finds receipts that were altered, or are not there", async () => {
    for (const change of [
      (all: object[]) => all.slice(1),
      (all: object[]) => all.map((each) => ({ ...each, cumulativeGasUsed: "0x1" })),
      () => [],
    ]) {
      const [codes] = await through("a", async (method, _, forward) => {
        if (method === "eth_getTransactionReceipt") return { result: null };
        if (method !== "eth_getBlockReceipts") return undefined;
        const { result = [] } = (await forward()) as { result?: object[] };
        return { result: change(result) };
      });
      expect(codes).to.include("BLOCK_ALTERED");
    }
  });

  it("takes receipts one by one from a node that does not give them by block", async () => {
    const [codes, calls] = await through("b", async (method) =>
      method === "eth_getBlockReceipts" ? { error: { code: -32601, message: "no such method" } } : undefined,
    );
    expect(codes).to.deep.equal(["ACKNOWLEDGEMENT_DISPUTED"]);
    expect(calls).to.include("eth_getTransactionReceipt");
  });

  it("leaves the state unchecked where the node proves none", async () => {
    const [codes] = await through("b", async (method) =>
      method === "eth_getProof" ? { error: { code: -32000, message: "the state was pruned" } } : undefined,
    );
    expect(codes).to.include("CHECK_NOT_DONE");
  });

  it("finds a proof of state that was altered, or is of another block", async () => {
    const changes: NonNullable<RpcProxy["intercept"]>[] = [
      async (_, __, forward) => {
        const { result } = (await forward()) as { result: { accountProof: string[] } };
        return { result: { ...result, accountProof: result.accountProof.toReversed() } };
      },
      async (_, [address, slots], forward) => (await forward([address, slots, "0x14"])) as { result: unknown },
    ];
    for (const change of changes) {
      const [codes] = await through("b", async (method, params, forward) =>
        method === "eth_getProof" ? change(method, params, forward) : undefined,
      );
      expect(codes).to.include("STATE_ALTERED");
    }
  });

  it("finds code that is another than the proven one", async () => {
    const [codes] = await through("a", async (method) => (method === "eth_getCode" ? { result: "0x60" } : undefined));
    expect(codes).to.include("STATE_ALTERED");
  });

  it("ends with a finding, too, where the node answers with more code than any contract has", async () => {
    const result = `0x${"60".repeat(8 * 1024 * 1024)}`;
    const [codes] = await through("a", async (method) => (method === "eth_getCode" ? { result } : undefined));
    expect(codes).to.include("STATE_ALTERED");
  });

  it("does not pass where the node shows less of its chain than another chain was told of", async () => {
    const [codes] = await through("a", async (method, _, forward) => {
      if (method !== "eth_blockNumber") return undefined;
      const { result } = (await forward()) as { result: string };
      return { result: `0x${(Number(result) - 2).toString(16)}` };
    });
    expect(codes).to.include("CHECK_NOT_DONE");
  });

  it("reads on where another chain was told of blocks that came meanwhile", async () => {
    let looks = 0;
    const [codes] = await through("a", async (method, _, forward) => {
      if (method !== "eth_blockNumber") return undefined;
      const { result } = (await forward()) as { result: string };
      looks += 1;
      return { result: looks === 1 ? `0x${(Number(result) - 2).toString(16)}` : result };
    });
    expect(codes).to.deep.equal(["ACKNOWLEDGEMENT_DISPUTED"]);
  });

  it("says of a contract of another release that it is none of this one", async () => {
    const other = { ...honest[0], equivocations: honest[0].checkpoints };
    const { findings } = await audit([proven("a", other), proven("b", honest[1])]);
    expect(codesOf(findings)).to.include("CODE_DIFFERS");
  });

  it("reads on from where it was, with the validators of then", async () => {
    await using directory = await temporaryDirectory();
    const run = () =>
      verifyHistory({ sources: [proven("a", honest[0]), proven("b", honest[1])], directory: directory.path });
    const first = await run();
    await world.anchor();
    const second = await run();
    expect(codesOf(second.findings)).to.deep.equal(["ACKNOWLEDGEMENT_DISPUTED"]);
    expect(second.chains[0]!.proof!.blocks).to.equal(first.chains[0]!.proof!.blocks + 1);
  });

  it("refuses a configuration whose validators are not those of the first block", async () => {
    const strangers = Array.from({ length: 4 }, () => Wallet.createRandom().address);
    const { findings } = await audit([{ ...sourceOf("a", honest[0]), validators: strangers }, proven("b", honest[1])]);
    expect(codesOf(findings)).to.include("HEADER_UNSEALED");
  });
});
