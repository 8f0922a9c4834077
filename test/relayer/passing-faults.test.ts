/** Faults that pass: whatever fails is tried until its request ends, and only a contract's refusal that is seen again is taken as final. */
import { type Hex32, requestStateOf } from "@medexchain/chain";
import { expect } from "chai";
import { testDatabase } from "./support/databases.ts";
import { type Hospitals, startHospitals } from "./support/hospitals.ts";
import { type HttpProxy, startHttpProxy } from "./support/http-proxy.ts";
import { startTestRelayer, type TestRelayer } from "./support/relayers.ts";
import { type Misbehaviour, type RpcProxy, startRpcProxy } from "./support/rpc-proxy.ts";

describe("relayer: faults that pass", () => {
  const stack = new AsyncDisposableStack();
  let hospitals: Hospitals;
  let nodeA: RpcProxy;
  let nodeB: RpcProxy;
  let ipfs: HttpProxy;
  let relayer: TestRelayer;
  before(async () => {
    hospitals = stack.use(await startHospitals());
    nodeA = stack.use(await startRpcProxy(hospitals.a.rpcUrl));
    nodeB = stack.use(await startRpcProxy(hospitals.b.rpcUrl));
    ipfs = stack.use(await startHttpProxy(hospitals.ipfsUrl));
    const { config } = stack.use(await testDatabase());
    relayer = stack.use(
      await startTestRelayer(hospitals, config, {
        rpcUrlA: nodeA.url,
        rpcUrlB: nodeB.url,
        change: (parsed) => ({
          ...parsed,
          ipfs: { ...parsed.ipfs, url: ipfs.url },
          reconcileIntervalMs: 200,
          retry: { ...parsed.retry, delaySeconds: 1, maxDelaySeconds: 1 },
        }),
      }),
    );
  });
  after(() => stack.disposeAsync());
  afterEach(() => {
    nodeA.intercept = undefined;
    nodeB.intercept = undefined;
    ipfs.intercept = undefined;
  });

  const done = (kind: "deliver-request" | "re-encrypt" | "deliver-response" | "expire-grant", requestId: Hex32) =>
    relayer.until("job-done", (job) => job.kind === kind && job.requestId === requestId);
  const deferred = (requestId: Hex32, code: string) =>
    relayer.until("job-deferred", (job) => job.requestId === requestId && job.code === code);
  const parkings = (requestId: Hex32) =>
    relayer.events.filter((event) => event.type === "job-parked" && event.requestId === requestId);
  const stateOnB = async (requestId: Hex32) =>
    requestStateOf((await hospitals.chainB.requests.status(requestId)).state);
  const mineA = () => hospitals.chainA.provider.send("evm_mine", []);
  /** Files a request and has it delivered. */
  const delivered = async (lifetime?: bigint): Promise<Hex32> => {
    const { requestId } = await hospitals.file(lifetime === undefined ? {} : { lifetime });
    await done("deliver-request", requestId);
    return requestId;
  };

  const wrongState = (requestId: Hex32): Misbehaviour => ({
    error: {
      code: 3,
      message: "execution reverted",
      data: hospitals.chainA.grants.interface.encodeErrorResult("AccessGrantsWrongState", [requestId, 1]),
    },
  });

  for (const [name, error, code] of [
    ["an internal error (-32603)", { code: -32603, message: "Internal error" }, "SERVICE_PROTOCOL"],
    ["a header that it has not (-32000)", { code: -32000, message: "header not found" }, "SERVICE_PROTOCOL"],
    ["the limit (-32005)", { code: -32005, message: "limit exceeded" }, "SERVICE_UNREACHABLE"],
  ] as const) {
    it(`tries again after ${name} of a node`, async () => {
      const left: Record<string, number> = { eth_call: 4, eth_estimateGas: 3 };
      nodeA.intercept = async (method) => {
        const more = left[method] ?? 0;
        if (more === 0) return undefined;
        left[method] = more - 1;
        return { error };
      };
      const { requestId } = await hospitals.file();
      await deferred(requestId, code);
      await done("deliver-request", requestId);
      expect(left).to.deep.equal({ eth_call: 0, eth_estimateGas: 0 });
      expect(parkings(requestId)).to.deep.equal([]);
    });
  }

  it("names a web page where JSON was to be, and goes on when it is gone", async () => {
    const { requestId } = await hospitals.file();
    await done("deliver-request", requestId);
    await using page = await startHttpProxy(hospitals.a.rpcUrl);
    await using database = await testDatabase();
    await using other = await startTestRelayer(hospitals, database.config, { rpcUrlA: page.url });
    page.intercept = async () => ({ status: 200, type: "text/html", body: "<html>log in first</html>" });
    const failed = await other.until("watch-failed", ({ chainId }) => chainId === hospitals.a.chainId);
    expect(failed.code).to.equal("SERVICE_PROTOCOL");
    expect(failed.message).to.contain(page.url).and.to.contain("with no JSON-RPC");
  });

  it("does not take a state that is a block old for the end of a request", async () => {
    const requestId = await delivered();
    let looks = 0;
    nodeA.intercept = async (method, params) => {
      if (method !== "eth_call" || params[1] !== "latest" || looks > 20) return undefined;
      looks += 1;
      const head = await hospitals.chainA.provider.getBlockNumber();
      const behind = [params[0], `0x${(head - 1).toString(16)}`];
      return { result: await hospitals.chainA.provider.send("eth_call", behind) };
    };
    await hospitals.authorize(requestId);
    await deferred(requestId, "REQUEST_UNKNOWN");
    nodeA.intercept = undefined;
    await done("re-encrypt", requestId);
    await done("deliver-response", requestId);
    expect(await stateOnB(requestId)).to.equal("Granted");
  });

  it("does not believe a contract's refusal that is seen once", async () => {
    const requestId = await delivered();
    let refusals = 0;
    nodeA.intercept = async (method) =>
      method === "eth_estimateGas" && refusals++ === 0 ? wrongState(requestId) : undefined;
    await hospitals.authorize(requestId);
    await deferred(requestId, "CHAIN_REVERTED");
    await done("deliver-response", requestId);
    expect(parkings(requestId)).to.deep.equal([]);
  });

  it("parks what a contract refuses again at a later block, and opens it when its cause has passed", async () => {
    const { hospitals: registry } = hospitals.as(hospitals.chainA, "administrator");
    const { hospitalId } = hospitals.world.people.doctor;
    await (await registry.suspendHospital(hospitalId)).wait();
    const { requestId } = await hospitals.file();
    const first = await deferred(requestId, "CHAIN_REVERTED");
    expect(first.message).to.contain("is not an active member");
    await mineA();
    const parked = await relayer.until("job-parked", (job) => job.requestId === requestId);
    expect(parked.code).to.equal("CHAIN_REVERTED");
    const history = await (await fetch(`${relayer.url}/v1/requests/${requestId}`)).json();
    expect((history as { jobs: { parkedBy: string | null }[] }).jobs.map(({ parkedBy }) => parkedBy)).to.include(
      "refusal",
    );
    await (await registry.reinstateHospital(hospitalId)).wait();
    await done("deliver-request", requestId);
  });

  it("tries again when IPFS answers with other bytes for a moment", async () => {
    const requestId = await delivered();
    let wrong = 0;
    ipfs.intercept = async (path, answer) => {
      if (!path.startsWith("/api/v0/block/get") || wrong >= 2) return undefined;
      wrong += 1;
      const bytes = Uint8Array.from(await answer());
      bytes[0] = (bytes[0] ?? 0) ^ 1;
      return { status: 200, type: "text/plain", body: bytes };
    };
    await hospitals.authorize(requestId);
    await deferred(requestId, "CONTENT_MISMATCH");
    await done("deliver-response", requestId);
  });

  it("waits for an IPFS node that is away however long, and uses up no attempt", async () => {
    const requestId = await delivered();
    ipfs.intercept = async () => "drop";
    await hospitals.authorize(requestId);
    const times = () =>
      relayer.events.filter((event) => event.type === "job-deferred" && event.requestId === requestId).length;
    await relayer.until("job-deferred", (job) => job.requestId === requestId && times() >= 5);
    ipfs.intercept = undefined;
    const { attempts } = await done("re-encrypt", requestId);
    expect(attempts).to.equal(1);
    await done("deliver-response", requestId);
  });

  it("waits for an event that its node shows later than the state", async () => {
    nodeB.intercept = async (method) => (method === "eth_getLogs" ? { result: [] } : undefined);
    const { requestId } = await hospitals.file();
    await deferred(requestId, "REQUEST_UNKNOWN");
    nodeB.intercept = undefined;
    await done("deliver-request", requestId);
    expect(parkings(requestId)).to.deep.equal([]);
  });

  it("ends an expired request whose end was refused and parked, when the cause has passed", async () => {
    const requestId = await delivered(600n);
    let refuses = true;
    nodeA.intercept = async (method) => (refuses && method === "eth_estimateGas" ? wrongState(requestId) : undefined);
    // B goes along: it takes no answer from its future.
    await hospitals.chainB.provider.send("evm_increaseTime", [601]);
    await hospitals.chainB.provider.send("evm_mine", []);
    await hospitals.chainA.provider.send("evm_increaseTime", [601]);
    await mineA();
    await deferred(requestId, "CHAIN_REVERTED");
    await mineA();
    await relayer.until("job-parked", (job) => job.kind === "expire-grant" && job.requestId === requestId);
    refuses = false;
    await done("expire-grant", requestId);
    await done("deliver-response", requestId);
    expect(await stateOnB(requestId)).to.equal("Expired");
  });
});
