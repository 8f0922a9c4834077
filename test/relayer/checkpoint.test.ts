import { expect } from "chai";
import { until } from "../until.ts";
import { testDatabase } from "./support/databases.ts";
import { type Hospitals, startHospitals } from "./support/hospitals.ts";
import { startTestRelayer } from "./support/relayers.ts";
import { startRpcProxy } from "./support/rpc-proxy.ts";

describe("relayer: checkpoints", () => {
  const stack = new AsyncDisposableStack();
  let hospitals: Hospitals;
  before(async () => {
    hospitals = stack.use(await startHospitals());
  });
  after(() => stack.disposeAsync());

  it("have one chain's ledger kept by the other, each state of it once", async () => {
    const { config } = stack.use(await testDatabase());
    const checkpoints = { everyBlocks: 1, intervalMs: 100 };
    // Each look asks chain A for its ledger's length and head.
    await using proxy = await startRpcProxy(hospitals.a.rpcUrl);
    let looks = 0;
    proxy.intercept = async (_method, [call]) => {
      const { to } = (call ?? {}) as { to?: unknown };
      if (String(to).toLowerCase() === hospitals.a.ledger.toLowerCase()) looks += 1;
      return undefined;
    };
    await using relayer = await startTestRelayer(hospitals, config, {
      rpcUrlA: proxy.url,
      change: (settings) => ({ ...settings, checkpoints }),
    });
    const { chainA, chainB } = hospitals;
    const sent = () =>
      relayer.events.filter((event) => event.type === "transaction-settled" && event.action === "submitCheckpoint");
    for (const entries of [1n, 2n]) {
      const { requestId } = await hospitals.file();
      await relayer.until("job-done", (job) => job.kind === "deliver-request" && job.requestId === requestId);
      await (await hospitals.as(chainA, "patient").grants.deny(requestId)).wait();
      await until("the checkpoint is carried", () => sent().length >= Number(entries));
      const { chainId, ledger } = chainA.deployment;
      const kept = await chainB.checkpoints.latest(chainId, ledger);
      expect(kept.entryCount).to.equal(entries);
      expect(kept.head).to.equal(await chainA.ledger.head());
      expect(kept.root).to.equal(await chainA.ledger.root());
      expect(await chainB.checkpoints.checkpointCount(chainId, ledger)).to.equal(entries);
    }
    const { chainId, ledger } = chainA.deployment;
    const [, bases] = await chainB.checkpoints.checkpoints(chainId, ledger, 0n, 9n);
    expect(bases, "the second is proven to extend the first").to.deep.equal([0n, 1n]);
    const before = looks;
    await until("the relayer has looked several times more", () => looks >= before + 6);
    expect(sent()).to.have.length(2);
  });
});
