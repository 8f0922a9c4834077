import { expect } from "chai";
import { type Chain, connectChain } from "../../offchain/chain/index.ts";
import { chainConfigSchema } from "../../relayer/config.ts";
import { readCursor } from "../../relayer/database/cursors.ts";
import type { Database } from "../../relayer/database/database.ts";
import { eventsOf } from "../../relayer/database/events.ts";
import { insertJob, jobsOf } from "../../relayer/database/jobs.ts";
import { checkGapFree } from "../../relayer/watch/sequences.ts";
import { type WatchContext, watchRange } from "../../relayer/watch/watch-range.ts";
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
      enqueue: async (tx, subject) => void (await insertJob(tx, subject)),
      observe: () => undefined,
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

  it("stops at a chain whose past has changed", async () => {
    const context = watching();
    const { provider } = hospitals.chainB;
    const snapshot: unknown = await provider.send("evm_snapshot", []);
    await provider.send("hardhat_mine", ["0x1"]);
    await watchAll(context);
    const before = await readCursor(database, hospitals.b.chainId);
    await provider.send("evm_revert", [snapshot]);
    await provider.send("evm_increaseTime", [7]);
    await provider.send("hardhat_mine", ["0x3"]);
    expect(await refuses(watchRange(context))).to.equal("CHAIN_REORGANISED");
    expect(await readCursor(database, hospitals.b.chainId)).to.deep.equal(before);
  });

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
