import { randomBytes } from "node:crypto";
import { type Chain, connectChain, type Hex32, toHex32 } from "@medexchain/chain";
import { startPace } from "@medexchain/evm";
import type { RelayerEvent } from "@medexchain/relayer";
import { expect } from "chai";
import { chainConfigSchema } from "../../relayer/config/schema.ts";
import { endAttempts } from "../../relayer/database/attempts.ts";
import { readCursor } from "../../relayer/database/cursors.ts";
import type { Database } from "../../relayer/database/database.ts";
import { eventsOf } from "../../relayer/database/events.ts";
import { insertJobs, jobKey, jobsOf } from "../../relayer/database/jobs.ts";
import { seizeLease, takeLeases } from "../../relayer/database/leases.ts";
import { insertTransaction, settleTransaction, transactionsOf } from "../../relayer/database/transactions.ts";
import { createEndpoints, type Endpoints } from "../../relayer/rpc/endpoints.ts";
import type { WatchContext } from "../../relayer/watch/context.ts";
import { rollBack } from "../../relayer/watch/rollback.ts";
import { checkGapFree } from "../../relayer/watch/sequences.ts";
import { watchRange } from "../../relayer/watch/watch-range.ts";
import { clear, openTestDatabase } from "./support/databases.ts";
import { type Hospitals, startHospitals } from "./support/hospitals.ts";
import { refuses } from "./support/refuses.ts";
import { type RpcProxy, startRpcProxy } from "./support/rpc-proxy.ts";

describe("relayer: watcher", () => {
  const stack = new AsyncDisposableStack();
  let hospitals: Hospitals;
  let proxy: RpcProxy;
  let chain: Chain;
  let database: Database;
  before(async () => {
    hospitals = stack.use(await startHospitals());
    proxy = stack.use(await startRpcProxy(hospitals.b.rpcUrl));
    chain = stack.adopt(await connectChain({ ...hospitals.b, rpcUrl: proxy.url }), (opened) => opened.close());
    database = await openTestDatabase(stack);
  });
  beforeEach(() => clear(database));
  after(() => stack.disposeAsync());
  afterEach(() => {
    proxy.intercept = undefined;
  });

  function watching(settings: { maxBlockRange?: number; confirmations?: number } = {}): WatchContext {
    return {
      chain,
      config: chainConfigSchema.parse({ deployment: chain.deployment, ...settings }),
      database,
      enqueue: insertJobs,
      observe: () => undefined,
      pace: startPace(settings.maxBlockRange),
      maxPending: 1_000,
      rolledBack: async () => undefined,
    };
  }
  const watchAll = async (context: WatchContext) => {
    while (await watchRange(context));
  };

  it("stores an event, its job and the cursor together, and each only once", async () => {
    const context = watching();
    const { requestId } = await hospitals.file();
    await watchAll(context);
    await watchAll(context);
    expect((await eventsOf(database, requestId)).map(({ kind }) => kind)).to.deep.equal(["AccessRequested"]);
    expect((await jobsOf(database, requestId)).map(({ kind }) => kind)).to.deep.equal(["deliver-request"]);
    const cursor = await readCursor(database, hospitals.b.chainId);
    expect(cursor?.block).to.equal(await chain.provider.getBlockNumber());
    expect(cursor?.requests).to.equal(Number(await chain.requests.sequence()));
  });

  it("stores nothing, and rolls nothing back, once another relayer on its database reads in its place", async () => {
    const { requestId } = await hospitals.file();
    const hour = 3_600_000;
    const [lease] = await takeLeases(database, { run: "one", account: "0x1" }, ["read.31338"], hour);
    if (!lease) throw new Error("it was free");
    const held: WatchContext = { ...watching(), reads: () => ({ lease }) };
    await seizeLease(database, { run: "other", account: "0x2" }, lease, hour);
    await watchRange(held);
    expect(await readCursor(database, chain.deployment.chainId)).to.equal(undefined);
    expect(await eventsOf(database, requestId)).to.deep.equal([]);

    await watchAll(watching());
    const cursor = await readCursor(database, chain.deployment.chainId);
    if (!cursor) throw new Error("it was read");
    const replaced = { ...cursor, hash: toHex32(randomBytes(32)) };
    await database.query("UPDATE relayer.cursors SET block_hash = $1", [replaced.hash]);
    await rollBack(held, replaced);
    expect(await readCursor(database, chain.deployment.chainId)).to.deep.equal(replaced);
    await rollBack(watching(), replaced);
    expect(await readCursor(database, chain.deployment.chainId)).not.to.deep.equal(replaced);
  });

  it("reads a long chain in ranges, to the same events", async () => {
    const context = watching({ maxBlockRange: 3 });
    const { requestId } = await hospitals.file();
    await watchAll(context);
    expect(await eventsOf(database, requestId)).to.have.lengthOf(1);
    const cursor = await readCursor(database, hospitals.b.chainId);
    expect(cursor?.block).to.equal(await chain.provider.getBlockNumber());
  });

  it("leaves the cursor where it is when the node holds back an event, and goes on when it has it", async () => {
    const context = watching();
    await watchAll(context);
    const before = await readCursor(database, hospitals.b.chainId);
    const { requestId } = await hospitals.file();
    proxy.intercept = async (method) => (method === "eth_getLogs" ? { result: [] } : undefined);
    expect(await refuses(watchRange(context))).to.equal("OUTBOX_GAP");
    expect(await readCursor(database, hospitals.b.chainId)).to.deep.equal(before);
    expect(await jobsOf(database, requestId)).to.deep.equal([]);
    proxy.intercept = undefined;
    await watchAll(context);
    expect(await jobsOf(database, requestId)).to.have.lengthOf(1);
  });

  it("stores nothing when enqueueing fails, and leaves the cursor", async () => {
    const context = watching();
    const { requestId } = await hospitals.file();
    const failing: WatchContext = {
      ...context,
      enqueue: () => Promise.reject(new RangeError("the queue is full")),
    };
    await watchRange(failing).then(
      () => expect.fail("it passed"),
      () => undefined,
    );
    expect(await readCursor(database, hospitals.b.chainId)).to.equal(undefined);
    expect(await eventsOf(database, requestId)).to.deep.equal([]);
  });

  it("does not believe blocks before enough others follow", async () => {
    const context = watching({ confirmations: 2 });
    const { requestId } = await hospitals.file();
    await watchAll(context);
    expect(await eventsOf(database, requestId)).to.have.lengthOf(0);
    await hospitals.chainB.provider.send("hardhat_mine", ["0x2"]);
    await watchAll(context);
    expect(await eventsOf(database, requestId)).to.have.lengthOf(1);
  });

  /** Replaces the chain's blocks after `snapshot` by `blocks` others. */
  const replace = async (snapshot: unknown, blocks: number) => {
    const { provider } = hospitals.chainB;
    await provider.send("evm_revert", [snapshot]);
    await provider.send("evm_increaseTime", [7]);
    await provider.send("hardhat_mine", [`0x${blocks.toString(16)}`]);
  };

  it("goes back to where the chain is still the same, and forgets what was replaced with its jobs", async () => {
    let rolledBack = 0;
    const events: RelayerEvent[] = [];
    const context = {
      ...watching(),
      observe: (event: RelayerEvent) => void events.push(event),
      rolledBack: async () => void rolledBack++,
    };
    const kept = await hospitals.file();
    await watchAll(context);
    const before = await readCursor(database, hospitals.b.chainId);
    const snapshot: unknown = await hospitals.chainB.provider.send("evm_snapshot", []);
    // Signed only: the accounts' nonces must not move with a transaction that is undone.
    const lost = await hospitals.signedRequest();
    const { requests } = hospitals.chainB.as(hospitals.submitterB);
    await (await requests.request(lost.request, lost.signature)).wait();
    await watchAll(context);
    expect(await jobsOf(database, lost.requestId)).to.have.lengthOf(1);
    const job = { kind: "expire-request", chainId: hospitals.b.chainId, requestId: kept.requestId } as const;
    await undoneTransaction(job);

    await replace(snapshot, 3);
    expect(await watchRange(context)).to.equal(true);
    expect(await readCursor(database, hospitals.b.chainId)).to.deep.equal(before);
    expect(await jobsOf(database, lost.requestId)).to.deep.equal([]);
    expect(await eventsOf(database, lost.requestId)).to.deep.equal([]);
    expect((await jobsOf(database, kept.requestId)).map(({ state }) => state)).to.deep.equal(["pending", "pending"]);
    expect((await transactionsOf(database, kept.requestId)).map(({ state }) => state)).to.deep.equal(["pending"]);
    expect(rolledBack).to.equal(1);
    expect(events.find(({ type }) => type === "reorganised")).to.include({ events: 1, jobs: 1 });

    await watchAll(context);
    expect((await readCursor(database, hospitals.b.chainId))?.block).to.equal(await chain.provider.getBlockNumber());
    await hospitals.fileSigned(lost);
    await watchAll(context);
    expect(await jobsOf(database, lost.requestId)).to.have.lengthOf(1);
  });

  /** As if a job had been done by a transaction in the chain's latest block. */
  async function undoneTransaction(job: { kind: "expire-request"; chainId: bigint; requestId: Hex32 }) {
    const { chainId, requestId } = job;
    await insertJobs(database, [job]);
    await endAttempts(database, [{ key: jobKey(job), state: "done", outcome: "sent" }], {
      delaySeconds: 1,
      maxDelaySeconds: 1,
    });
    const hash = toHex32(randomBytes(32));
    const fields = { chainId, account: "0xabc", nonce: 0, hash, raw: "0x02", action: "expire" };
    const transaction = { ...fields, requestIds: [requestId] };
    await insertTransaction(database, transaction);
    await settleTransaction(database, transaction, "confirmed", await chain.provider.getBlockNumber());
  }

  it("has no way back when everything that it read was replaced", async () => {
    const context = watching();
    await watchAll({ ...context, config: { ...context.config, rollbackBlocks: 1 } });
    await database.query("UPDATE relayer.cursors SET block_hash = $1", [toHex32(randomBytes(32))]);
    await database.query("UPDATE relayer.positions SET block_hash = $1", [toHex32(randomBytes(32))]);
    const impossible = { ...context, config: { ...context.config, rollbackBlocks: 1 } };
    expect(await refuses(watchRange(impossible))).to.equal("CHAIN_REORGANISED");
  });

  describe("with several nodes", () => {
    let second: RpcProxy;
    let endpoints: Endpoints;
    let several: Chain;
    beforeEach(async () => {
      second = await startRpcProxy(hospitals.b.rpcUrl);
      endpoints = createEndpoints([proxy.url, second.url], 1_000);
      several = await connectChain({ ...hospitals.b, rpcUrl: proxy.url }, endpoints.transport);
    });
    afterEach(async () => {
      several.close();
      await second[Symbol.asyncDispose]();
    });
    const context = (): WatchContext => ({ ...watching(), chain: several, endpoints });

    it("goes on with the second when the first is down", async () => {
      proxy.intercept = async () => "drop";
      const { requestId } = await hospitals.file();
      await watchAll(context());
      expect(await jobsOf(database, requestId)).to.have.lengthOf(1);
    });

    it("does not take a node that lies about a block for a reorganisation, and asks the other from then on", async () => {
      await watchAll(context());
      const cursor = await readCursor(database, hospitals.b.chainId);
      const { requestId } = await hospitals.file();
      proxy.intercept = async (method, [block], forward) => {
        if (method !== "eth_getBlockByNumber" || Number(block) !== cursor!.block) return undefined;
        // the proxy forwards JSON-RPC answers
        const answer = (await forward()) as { result: Record<string, unknown> };
        return { result: { ...answer.result, hash: toHex32(randomBytes(32)) } };
      };
      expect(await refuses(watchRange(context()))).to.equal("SERVICE_PROTOCOL");
      expect(await readCursor(database, hospitals.b.chainId)).to.deep.equal(cursor);
      await watchAll(context());
      expect(await jobsOf(database, requestId)).to.have.lengthOf(1);
    });

    it("does not take a node that lags for a reorganisation", async () => {
      await watchAll(context());
      const cursor = await readCursor(database, hospitals.b.chainId);
      const { requestId } = await hospitals.file();
      proxy.intercept = async (method) => (method === "eth_blockNumber" ? { result: "0x1" } : undefined);
      expect(await watchRange(context())).to.equal(false);
      expect(await readCursor(database, hospitals.b.chainId)).to.deep.equal(cursor);
      await watchAll(context());
      expect(await jobsOf(database, requestId)).to.have.lengthOf(1);
    });
  });

  it("asks for fewer blocks when the node refuses so many, and for more again later", async () => {
    const refused: number[] = [];
    const context = watching({ maxBlockRange: 16 });
    proxy.intercept = async (method, [filter]) => {
      if (method !== "eth_getLogs") return undefined;
      const { fromBlock, toBlock } = filter as { fromBlock: string; toBlock: string }; // as ethers sends it
      const blocks = Number(toBlock) - Number(fromBlock) + 1;
      if (blocks <= 5) return undefined;
      refused.push(blocks);
      return { error: { code: -32005, message: "query returned more than 10000 results" } };
    };
    const { requestId } = await hospitals.file();
    expect(await watchRange(context)).to.equal(true);
    expect(refused[0]).to.be.greaterThan(5);
    expect(context.pace.blocks).to.be.lessThan(16);
    await watchAll(context);
    expect(await jobsOf(database, requestId)).to.have.lengthOf(1);
    proxy.intercept = undefined;
    // One by one: Hardhat has no state of blocks that it makes in bulk.
    for (let block = 0; block < 32; block++) await hospitals.chainB.provider.send("evm_mine", []);
    await watchAll(context);
    expect(context.pace.blocks).to.equal(16);
  });

  it("reads nothing more while too many jobs are pending", async () => {
    const context = watching();
    await hospitals.file();
    await watchAll(context);
    const { requestId } = await hospitals.file();
    await watchAll({ ...context, maxPending: 1 });
    expect(await jobsOf(database, requestId)).to.deep.equal([]);
    await watchAll(context);
    expect(await jobsOf(database, requestId)).to.have.lengthOf(1);
  });

  for (const [node, code, message] of [
    ["geth", -32000, "missing trie node 4ab1 (path ) state 0x4ab1 is not available"],
    ["Besu", -32000, "World state unavailable"],
    ["Nethermind", -32002, "No state available for block 0x5"],
    ["Erigon", -32000, "old data not available due to pruning"],
  ] as const) {
    it(`says that an archive node is needed, and asks for no fewer blocks, where ${node} has pruned the past`, async () => {
      const context = watching({ maxBlockRange: 16 });
      await hospitals.file();
      proxy.intercept = async (method) => (method === "eth_call" ? { error: { code, message } } : undefined);
      expect(await refuses(watchRange(context))).to.equal("CHAIN_STATE_PRUNED");
      expect(context.pace.blocks).to.equal(16);
      expect(await readCursor(database, chain.deployment.chainId)).to.equal(undefined);
      proxy.intercept = undefined;
      await watchAll(context);
    });
  }

  it("says that the node does not answer", async () => {
    const context = watching();
    proxy.intercept = async () => "drop";
    expect(await refuses(watchRange(context))).to.equal("SERVICE_UNREACHABLE");
  });

  it("knows a gap, a repetition and a surplus in a sequence", async () => {
    const check = (from: number, to: number, sequences: number[]) =>
      refuses((async () => checkGapFree("outbox", from, to, sequences))());
    expect(await check(2, 4, [4, 3])).to.equal(undefined);
    expect(await check(2, 2, [])).to.equal(undefined);
    expect(await check(2, 5, [3, 5])).to.equal("OUTBOX_GAP");
    expect(await check(2, 5, [3, 4])).to.equal("OUTBOX_GAP");
    expect(await check(2, 4, [3, 3, 4])).to.equal("OUTBOX_GAP");
    expect(await check(2, 3, [3, 4])).to.equal("OUTBOX_GAP");
    expect(await check(2, 4, [2, 3, 4])).to.equal("OUTBOX_GAP");
  });
});
