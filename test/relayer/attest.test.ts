import { type Hex32, requestStateOf } from "@medexchain/chain";
import type { JobKind } from "@medexchain/relayer";
import { expect } from "chai";
import { testDatabase } from "./support/databases.ts";
import { type Hospitals, startHospitals } from "./support/hospitals.ts";
import { startTestRelayer } from "./support/relayers.ts";
import { type Intercept, type RpcProxy, startRpcProxy } from "./support/rpc-proxy.ts";

describe("relayer: what it puts its name to, where the owner's chain has several nodes", () => {
  const stack = new AsyncDisposableStack();
  let hospitals: Hospitals;
  let first: RpcProxy;
  let second: RpcProxy;
  let third: RpcProxy;
  before(async () => {
    hospitals = stack.use(await startHospitals());
    first = stack.use(await startRpcProxy(hospitals.a.rpcUrl));
    second = stack.use(await startRpcProxy(hospitals.a.rpcUrl));
    third = stack.use(await startRpcProxy(hospitals.a.rpcUrl));
  });
  after(() => stack.disposeAsync());
  afterEach(() => {
    for (const proxy of [first, second, third]) proxy.intercept = undefined;
  });

  /** A node that answers one view with the last 32 bytes of the truth changed. */
  const forging = (method: "responseOf" | "grant" | "record"): Intercept => {
    const abi = method === "record" ? hospitals.chainA.records.interface : hospitals.chainA.grants.interface;
    const selector = abi.getFunction(method as never)?.selector ?? ""; // of the one ABI or the other, as chosen above
    return async (called, [call], forward) => {
      const { data } = (call ?? {}) as { data?: string }; // an eth_call's first parameter
      if (called !== "eth_call" || !data?.startsWith(selector)) return undefined;
      const { result } = (await forward()) as { result?: string };
      return result === undefined || result === "0x"
        ? undefined
        : { result: `${result.slice(0, -64)}${"ab".repeat(32)}` };
    };
  };
  const stateOnB = async (requestId: Hex32) =>
    requestStateOf((await hospitals.chainB.requests.status(requestId)).state);
  const startOver = async (...proxies: [RpcProxy, ...RpcProxy[]]) => {
    const running = new AsyncDisposableStack();
    const { config } = running.use(await testDatabase());
    const [{ url: rpcUrlA }, ...others] = proxies;
    const change: NonNullable<Parameters<typeof startTestRelayer>[2]>["change"] = (parsed) => ({
      ...parsed,
      chains: parsed.chains.map((chain, index) =>
        index === 0 ? { ...chain, fallbackRpcUrls: others.map(({ url }) => url) } : chain,
      ),
    });
    const relayer = running.use(await startTestRelayer(hospitals, config, { rpcUrlA, change }));
    const ended = (type: "job-done" | "job-deferred", kind: JobKind, requestId: Hex32) =>
      relayer.until(type, (job) => job.kind === kind && job.requestId === requestId);
    return { running, ended };
  };

  describe("two", () => {
    const two = new AsyncDisposableStack();
    let ended: Awaited<ReturnType<typeof startOver>>["ended"];
    before(async () => {
      const started = await startOver(first, second);
      two.use(started.running);
      ended = started.ended;
    });
    after(() => two.disposeAsync());

    // A record's capsule is kept: its test comes first.
    for (const [method, kind] of [
      ["record", "re-encrypt"],
      ["grant", "re-encrypt"],
      ["responseOf", "deliver-response"],
    ] as const) {
      it(`signs nothing while they differ on ${method}, and goes on when they agree`, async () => {
        const { requestId } = await hospitals.file();
        await ended("job-done", "deliver-request", requestId);
        second.intercept = forging(method);
        await hospitals.authorize(requestId);
        const deferred: object = await ended("job-deferred", kind, requestId);
        expect(deferred).to.include({ code: "SERVICE_PROTOCOL" });
        expect(await stateOnB(requestId)).to.equal("Pending");
        second.intercept = undefined;
        await ended("job-done", "deliver-response", requestId);
        expect(await stateOnB(requestId)).to.equal("Granted");
      });
    }

    it("signs nothing on the word of the one that answers", async () => {
      const { requestId } = await hospitals.file();
      await ended("job-done", "deliver-request", requestId);
      second.intercept = async () => "drop";
      await hospitals.authorize(requestId);
      const deferred: object = await ended("job-deferred", "re-encrypt", requestId);
      expect(deferred).to.include({ code: "SERVICE_UNREACHABLE" });
      expect(await stateOnB(requestId)).to.equal("Pending");
    });
  });

  describe("three", () => {
    const three = new AsyncDisposableStack();
    let ended: Awaited<ReturnType<typeof startOver>>["ended"];
    before(async () => {
      const started = await startOver(first, second, third);
      three.use(started.running);
      ended = started.ended;
    });
    after(() => three.disposeAsync());

    it("believes two of them, whichever is asked first", async () => {
      first.intercept = forging("responseOf");
      const { requestId } = await hospitals.file();
      await ended("job-done", "deliver-request", requestId);
      await hospitals.authorize(requestId);
      await ended("job-done", "deliver-response", requestId);
      const { requests } = hospitals.chainB;
      const [delivered] = await requests.queryFilter(requests.filters.ResponseDelivered(requestId));
      const { privateFragment } = await hospitals.chainA.grants.grant(requestId);
      expect(delivered!.args.response.privateFragment).to.equal(privateFragment);
      // By what the chains say alone: whoever attests the same signs the same.
      const { attestations, response } = delivered!.args;
      expect(attestations.expiry).to.equal(response.decidedAt + 30n * 86_400n);
      expect(attestations.epoch).to.equal(await hospitals.chainB.relayers.epoch());
    });
  });
});
