/** The second in which a request expires: it is dead then, and not one second later. */
import { expect } from "chai";
import { until } from "../until.ts";
import { testDatabase } from "./support/databases.ts";
import { type Hospitals, startHospitals } from "./support/hospitals.ts";
import { startTestRelayer } from "./support/relayers.ts";
import { type Misbehaviour, startRpcProxy } from "./support/rpc-proxy.ts";

describe("relayer: the second in which a request expires", () => {
  const stack = new AsyncDisposableStack();
  let hospitals: Hospitals;
  before(async () => {
    hospitals = stack.use(await startHospitals());
  });
  after(() => stack.disposeAsync());

  it("re-encrypts nothing any more", async () => {
    await using database = await testDatabase();
    await using node = await startRpcProxy(hospitals.a.rpcUrl);
    let now: bigint | undefined;
    let told = 0;
    // The chain's clock stands still in one second, which a real chain's does for a block at most.
    node.intercept = async (method, [tag], forward) => {
      if (now === undefined || method !== "eth_getBlockByNumber" || (tag !== "latest" && tag !== "pending"))
        return undefined;
      told += 1;
      const { result } = (await forward()) as { result: object | null };
      return { result: result && { ...result, timestamp: `0x${now.toString(16)}` } } as Misbehaviour;
    };
    await using relayer = await startTestRelayer(hospitals, database.config, { rpcUrlA: node.url });
    const { requestId, request } = await hospitals.file();
    await relayer.until("job-done", (job) => job.kind === "deliver-request" && job.requestId === requestId);
    now = request.expiry;
    // What the relayer knows of the time may be a second old.
    await until("the relayer has asked for the time", () => told >= 4);
    await hospitals.authorize(requestId);
    const { outcome } = await relayer.until(
      "job-done",
      (job) => job.kind === "re-encrypt" && job.requestId === requestId,
    );
    expect(outcome).to.equal("expired");
    expect(relayer.events.filter(({ type }) => type === "re-encrypted")).to.deep.equal([]);
  });
});
