/** Health is progress: a node that answers, and does not take the cursor along, makes a relayer unhealthy. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { openDatabase } from "../../relayer/database/open.ts";
import { readFloor, setFloor } from "../../relayer/database/reconciled.ts";
import { testDatabase } from "./support/databases.ts";
import { type Hospitals, startHospitals } from "./support/hospitals.ts";
import { startTestRelayer, type TestRelayer } from "./support/relayers.ts";
import { type RpcProxy, startRpcProxy } from "./support/rpc-proxy.ts";

interface Answer {
  readonly healthy: boolean;
  readonly reasons: readonly string[];
}

describe("relayer: health", () => {
  const stack = new AsyncDisposableStack();
  let hospitals: Hospitals;
  before(async () => {
    hospitals = stack.use(await startHospitals());
  });
  after(() => stack.disposeAsync());

  const health = async (relayer: TestRelayer): Promise<Answer & { status: number }> => {
    const answer = await fetch(`${relayer.url}/healthz`);
    return { status: answer.status, ...((await answer.json()) as Answer) }; // as health.ts has it
  };
  const until = async (relayer: TestRelayer, status: number, reason = /(?:)/): Promise<Answer> => {
    const deadline = Date.now() + 30_000;
    for (;;) {
      const now = await health(relayer);
      if (now.status === status && (status === 200 || now.reasons.some((said) => reason.test(said)))) return now;
      if (Date.now() > deadline) throw new Error(`health stayed ${JSON.stringify(now)}`);
      await sleep(50);
    }
  };
  const metrics = async (relayer: TestRelayer) => (await fetch(`${relayer.url}/metrics`)).text();
  /**
   * A relayer that reads chain A through a node that a test spoils; `wait` is how long it bears that. An idle chain is looked at once a second: of
   * two, one may always have been looked at half a second ago.
   */
  const start = async (running: AsyncDisposableStack, node: RpcProxy, wait = 2_000, maxHeadStillMs?: number) => {
    const { config } = running.use(await testDatabase());
    return running.use(
      await startTestRelayer(hospitals, config, {
        rpcUrlA: node.url,
        change: (parsed) => ({
          ...parsed,
          chains: parsed.chains.map((chain, index) =>
            index === 0 && maxHeadStillMs !== undefined ? { ...chain, maxHeadStillMs } : chain,
          ),
          health: { ...parsed.health, maxProgressAgeMs: wait },
          reconcileIntervalMs: 200,
        }),
      }),
    );
  };

  it("is lost by an endless gap, though the node answers, and comes back when it closes", async () => {
    await using running = new AsyncDisposableStack();
    const node = running.use(await startRpcProxy(hospitals.a.rpcUrl));
    const relayer = await start(running, node);
    await until(relayer, 200);
    const { requestId } = await hospitals.file();
    await relayer.until("job-done", (job) => job.kind === "deliver-request" && job.requestId === requestId);
    node.intercept = async (method) => (method === "eth_getLogs" ? { result: [] } : undefined);
    await hospitals.authorize(requestId);
    const { reasons } = await until(relayer, 503, /chain 31337: no blocks were stored/);
    expect(reasons.join()).to.contain("OUTBOX_GAP");
    expect(await metrics(relayer)).to.match(/medex_relayer_watch_failing\{chain="31337",code="OUTBOX_GAP"\} 1/);
    node.intercept = undefined;
    await until(relayer, 200);
    expect(await metrics(relayer)).to.match(/medex_relayer_cursor_lag_blocks\{chain="31337"\} 0/);
  });

  it("is lost when the head falls below what was read, and a chain that was started anew is named", async () => {
    await using running = new AsyncDisposableStack();
    const node = running.use(await startRpcProxy(hospitals.a.rpcUrl));
    const relayer = await start(running, node);
    await relayer.until("watched", ({ chainId, cursor }) => chainId === hospitals.a.chainId && cursor > 1);
    await until(relayer, 200);
    node.intercept = async (method) => (method === "eth_blockNumber" ? { result: "0x1" } : undefined);
    const { reasons } = await until(relayer, 503, /started anew/);
    expect(reasons.join()).to.match(/below block \d+, which was read before/);
    expect(await metrics(relayer)).to.match(/medex_relayer_head_below_cursor\{chain="31337"\} 1/);
    node.intercept = async (method) => {
      if (method === "eth_getCode") return { result: "0x" };
      return method === "eth_blockNumber" ? { result: "0x1" } : undefined;
    };
    const failed = await relayer.until("watch-failed", ({ chainId }) => chainId === hospitals.a.chainId);
    expect(failed.code).to.equal("CHAIN_RESET");
    await until(relayer, 503, /CHAIN_RESET/);
    node.intercept = undefined;
    await until(relayer, 200);
  });

  it("is lost by a head that stands still where it must not, and by none that may be idle", async () => {
    await using running = new AsyncDisposableStack();
    const node = running.use(await startRpcProxy(hospitals.a.rpcUrl));
    const idle = await start(running, node, 5_000);
    const busy = await start(running, node, 60_000, 2_500);
    const { reasons } = await until(busy, 503, /its head has stood at block \d+/);
    expect(reasons).to.have.lengthOf(1);
    expect((await health(idle)).status).to.equal(200);
    await hospitals.chainA.provider.send("evm_mine", []);
    await until(busy, 200);
  });

  it("is not lost by a job that waits for what a member has to do", async () => {
    await using running = new AsyncDisposableStack();
    const { config } = running.use(await testDatabase());
    const relayer = running.use(
      await startTestRelayer(hospitals, config, {
        change: (parsed) => ({ ...parsed, health: { ...parsed.health, maxPendingAgeMs: 1 } }),
      }),
    );
    const { requestId } = await hospitals.file();
    await relayer.until("job-done", (job) => job.requestId === requestId);
    await hospitals.authorize(requestId, `0x${"77".repeat(32)}`);
    await relayer.until("job-deferred", (job) => job.requestId === requestId && job.code === "CONTENT_NOT_FOUND");
    await until(relayer, 200);
    expect(await metrics(relayer)).to.match(
      /medex_relayer_jobs\{kind="re-encrypt",state="pending",reason="CONTENT_NOT_FOUND"\} 1/,
    );
  });

  it("looks again at requests that had ended on a chain that has fewer now", async () => {
    await using running = new AsyncDisposableStack();
    const { config } = running.use(await testDatabase());
    {
      await using database = await openDatabase(config).then((opened) => ({
        ...opened,
        [Symbol.asyncDispose]: opened.close,
      }));
      await setFloor(database, hospitals.b.chainId, "source", 1_000_000);
      expect(await readFloor(database, hospitals.b.chainId, "source")).to.equal(1_000_000);
    }
    const relayer = running.use(
      await startTestRelayer(hospitals, config, { change: (parsed) => ({ ...parsed, reconcileIntervalMs: 100 }) }),
    );
    const deadline = Date.now() + 30_000;
    while (!/medex_relayer_reconciled_floor\{chain="31338",side="source"\} \d{1,3}\n/.test(await metrics(relayer))) {
      if (Date.now() > deadline) throw new Error("the floor did not fall");
      await sleep(50);
    }
  });
});
