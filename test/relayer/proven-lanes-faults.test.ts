/** Proven lanes where something goes wrong: processes end, nodes forget or lag, another relayer was first. */
import { transact } from "@medexchain/chain";
import { expect } from "chai";
import { Transaction } from "ethers";
import { until } from "../until.ts";
import { deliverAs, deniedRequest, falseGrant, truthOf } from "./support/answers.ts";
import { testDatabase } from "./support/databases.ts";
import { done, type ProvenWorld, startProvenWorld } from "./support/proven-world.ts";
import { type RelayerOverrides, startTestRelayer } from "./support/relayers.ts";
import { type RpcProxy, startRpcProxy } from "./support/rpc-proxy.ts";

describe("relayer: proven lanes under faults", () => {
  const stack = new AsyncDisposableStack();
  let world: ProvenWorld;
  let nodeA: RpcProxy;
  let nodeB: RpcProxy;
  before(async () => {
    world = stack.use(await startProvenWorld(2));
    const { chainA, certificates } = world;
    await transact(chainA, () => world.as(chainA, "patient").hospitals.importMember(...certificates.doctor));
    nodeA = stack.use(await startRpcProxy(world.a.rpcUrl));
    nodeB = stack.use(await startRpcProxy(world.b.rpcUrl));
  });
  after(() => stack.disposeAsync());
  afterEach(() => {
    nodeA.intercept = undefined;
    nodeB.intercept = undefined;
  });

  const start = async (running: AsyncDisposableStack, overrides: RelayerOverrides = {}) => {
    const { config } = running.use(await testDatabase());
    return running.use(await startTestRelayer(world, config, { rpcUrlA: nodeA.url, rpcUrlB: nodeB.url, ...overrides }));
  };

  const STEPS = [
    ["update", async () => (await world.clientOn("chainA")).interface.getFunction("update").selector],
    ["provePeaks", async () => world.chainA.mailbox.interface.getFunction("provePeaks").selector],
    ["deliverRequestProven", async () => world.chainA.mailbox.interface.getFunction("deliverRequestProven").selector],
  ] as const;
  for (const [action, selectorOf] of STEPS) {
    it(`goes on where an earlier run ended as it sent ${action}, and sends it no second time`, async () => {
      await using running = new AsyncDisposableStack();
      const { config } = running.use(await testDatabase());
      const selector = await selectorOf();
      let reached = 0;
      nodeA.intercept = async (method, [raw], forward) => {
        // It gets there, and nobody learns of it, or of anything else.
        if (reached > 0) return "drop";
        if (method !== "eth_sendRawTransaction" || !Transaction.from(String(raw)).data.startsWith(selector)) return;
        reached += 1;
        await forward();
        return "drop";
      };
      const first = await startTestRelayer(world, config, { rpcUrlA: nodeA.url });
      const { requestId } = await world.file();
      await until(`${action} is sent`, () => reached > 0);
      await first[Symbol.asyncDispose]();
      nodeA.intercept = undefined;
      const before = await world.headersOn("chainA");
      const second = running.use(await startTestRelayer(world, config));
      await done(second, "deliver-request", requestId);
      const again = second.events.filter((event) => event.type === "transaction-sent" && event.action === action);
      if (action === "update") {
        // The header that the client has may be of before the message; one more is enough then.
        expect(again.length).to.be.at.most(1);
      } else {
        expect(again).to.have.length(0);
        expect(await world.headersOn("chainA")).to.equal(before);
      }
    });
  }

  it("takes a newer header where the node has forgotten the state of the one that the client has", async () => {
    await using running = new AsyncDisposableStack();
    const forgotten = new Set<string>();
    nodeB.intercept = async (method, params) => {
      if (method !== "eth_getProof") return;
      const block = String(params[2]);
      if (forgotten.size > 0 && !forgotten.has(block)) return;
      forgotten.add(block);
      return { error: { code: -32000, message: "missing trie node 1234 (path )" } };
    };
    const relayer = await start(running);
    const { requestId } = await world.file();
    await until("a proof was asked for", () => forgotten.size > 0);
    await world.chainB.provider.send("evm_mine", []);
    await done(relayer, "deliver-request", requestId);
  });

  it("takes no false proof for one that its node gives, and sends nothing for it", async () => {
    await using running = new AsyncDisposableStack();
    let lies = 0;
    nodeB.intercept = async (method, _params, forward) => {
      if (method !== "eth_getProof" || lies >= 2) return;
      lies += 1;
      const { result } = (await forward()) as { result: { storageProof: { proof: string[] }[] } };
      for (const slot of result.storageProof) slot.proof.pop();
      return { result };
    };
    const relayer = await start(running);
    const { requestId } = await world.file();
    const deferred = await relayer.until("job-deferred", (job) => job.requestId === requestId);
    expect(deferred.code).to.equal("SERVICE_PROTOCOL");
    await done(relayer, "deliver-request", requestId);
    const reverted = relayer.events.filter(
      (event) => event.type === "transaction-settled" && event.state === "reverted",
    );
    expect(reverted).to.have.length(0);
  });

  it("takes for done what another relayer has brought meanwhile", async () => {
    await using running = new AsyncDisposableStack();
    const [, other] = world.relayers;
    const relayers = [await start(running), await start(running, { accountKey: other?.privateKey ?? "" })];
    const filed = [];
    for (let count = 0; count < 4; count += 1) filed.push(await world.file());
    for (const { requestId } of filed) {
      for (const relayer of relayers) await done(relayer, "deliver-request", requestId);
    }
    for (const { events } of relayers) expect(events.filter(({ type }) => type === "job-parked")).to.deep.equal([]);
  });

  it("carries checkpoints by proofs of the ledger's storage", async () => {
    await using running = new AsyncDisposableStack();
    const checkpoints = { everyBlocks: 1, intervalMs: 100 };
    const relayer = await start(running, { change: (settings) => ({ ...settings, checkpoints }) });
    const { requestId } = await world.file();
    await done(relayer, "deliver-request", requestId);
    await (await world.as(world.chainA, "patient").grants.deny(requestId)).wait();
    const { chainId, ledger } = world.chainA.deployment;
    await until("the checkpoint is carried", async () => {
      const kept = await world.chainB.checkpoints.latest(chainId, ledger);
      return kept.root === (await world.chainA.ledger.root());
    });
    const sent = relayer.events.flatMap((event) => (event.type === "transaction-sent" ? [event.action] : []));
    expect(sent).to.include("submitCheckpointProven").and.not.include("submitCheckpoint");
  });

  it("corrects by a proof what was falsely attested before its lane asked for proofs", async () => {
    await using running = new AsyncDisposableStack();
    for (const chain of ["chainA", "chainB"] as const) await world.setPolicy(chain, "attested");
    const requestId = await deniedRequest(world);
    const [bad] = world.relayers;
    await deliverAs(world, [bad!], falseGrant(requestId, (await truthOf(world, requestId)).decidedAt));
    expect(await world.stateOnB(requestId)).to.equal("Granted");
    for (const chain of ["chainA", "chainB"] as const) await world.setPolicy(chain, "proven");
    const relayer = await start(running, { change: (settings) => ({ ...settings, reconcileIntervalMs: 200 }) });
    await until("the answer is corrected", async () => (await world.stateOnB(requestId)) === "Denied");
    expect((await world.chainB.requests.status(requestId)).answeredIn).to.equal(0n);
    const sent = relayer.events.flatMap((event) => (event.type === "transaction-sent" ? [event.action] : []));
    expect(sent).to.include("correctResponseProven");
  });

  it("shows the client what its own node has where validators have sealed another block, which freezes it", async () => {
    await using running = new AsyncDisposableStack();
    // Of a height to which the chain comes soon.
    await world.forge((block) => ({ ...block, number: `0x${(Number(block.number) + 2).toString(16)}` }));
    const client = await world.clientOn("chainA");
    expect(await client.isFrozen()).to.equal(false);
    const relayer = await start(running);
    const [{ requestId }] = [await world.file(), await world.file(), await world.file()];
    const parked = await relayer.until("job-parked", (job) => job.requestId === requestId);
    expect(parked.code).to.equal("CLIENT_FROZEN");
    expect(await client.isFrozen()).to.equal(true);
  });
});
