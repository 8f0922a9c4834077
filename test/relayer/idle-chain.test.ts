/** A node that knows no time but its latest block's, of a chain that makes no empty blocks. */
import { requestStateOf } from "@medexchain/chain";
import { expect } from "chai";
import { testDatabase } from "./support/databases.ts";
import { type Hospitals, startHospitals } from "./support/hospitals.ts";
import { startTestRelayer } from "./support/relayers.ts";
import { type Misbehaviour, startRpcProxy } from "./support/rpc-proxy.ts";

describe("relayer: an idle chain whose node has no pending block", () => {
  const stack = new AsyncDisposableStack();
  let hospitals: Hospitals;
  before(async () => {
    hospitals = stack.use(await startHospitals());
  });
  after(() => stack.disposeAsync());

  it("has its requests ended when the clock has passed their expiry, though no block has", async () => {
    const { chainA } = hospitals;
    await using database = await testDatabase();
    await using node = await startRpcProxy(hospitals.a.rpcUrl);
    // As Besu does: what is asked of the pending block is answered of the latest.
    node.intercept = async (method, params, forward) => {
      if (!params.includes("pending")) return undefined;
      if (method === "eth_getTransactionCount") return undefined;
      const onLatest = params.map((param) => (param === "pending" ? "latest" : param));
      return (await forward(onLatest)) as Misbehaviour; // the node's answer: a result or an error
    };
    await using relayer = await startTestRelayer(hospitals, database.config, { rpcUrlA: node.url });
    await hospitals.chainB.provider.send("evm_mine", []); // a request is issued at the latest block's time
    const { requestId } = await hospitals.file({ lifetime: 10n });
    await relayer.until("job-done", (job) => job.kind === "deliver-request" && job.requestId === requestId);
    await relayer.until("job-done", (job) => job.kind === "expire-grant" && job.requestId === requestId);
    expect(requestStateOf((await chainA.grants.grant(requestId)).state)).to.equal("Expired");
  });
});
