/** A refusal is put to the chain's other nodes: what two of them say is final at once, and what one says alone is not. */
import { ABIS, ContractRefusal, decodeRevert } from "@medexchain/chain";
import { expect } from "chai";
import { Interface } from "ethers";
import { z } from "zod";
import { chainConfigSchema } from "../../relayer/config/schema.ts";
import { confirmRefusal } from "../../relayer/rpc/confirm-refusal.ts";
import { createEndpoints } from "../../relayer/rpc/endpoints.ts";
import { testDatabase } from "./support/databases.ts";
import { type Hospitals, startHospitals } from "./support/hospitals.ts";
import { startTestRelayer } from "./support/relayers.ts";
import { type Intercept, startRpcProxy } from "./support/rpc-proxy.ts";

const wrongState = new Interface(ABIS.grants).encodeErrorResult("AccessGrantsWrongState", [`0x${"11".repeat(32)}`, 1]);

/** Refuses whatever an account would send, as a contract does. Views, which no account asks, are answered. */
const refusing: Intercept = async (method, [call]) => {
  const isStep = typeof call === "object" && call !== null && "from" in call;
  if (!isStep || (method !== "eth_call" && method !== "eth_estimateGas")) return undefined;
  return { error: { code: 3, message: "execution reverted", data: wrongState } };
};

describe("relayer: a refusal, where a chain has two nodes", () => {
  let hospitals: Hospitals;
  before(async () => {
    hospitals = await startHospitals();
  });
  after(() => hospitals[Symbol.asyncDispose]());

  for (const [what, both] of [
    ["is not believed where the other would take the call: the job is done by that one", false],
    ["is final at once where the other agrees", true],
  ] as const) {
    it(what, async () => {
      await using database = await testDatabase();
      await using first = await startRpcProxy(hospitals.a.rpcUrl);
      await using second = await startRpcProxy(hospitals.a.rpcUrl);
      first.intercept = refusing;
      if (both) second.intercept = refusing;
      await using relayer = await startTestRelayer(hospitals, database.config, {
        rpcUrlA: first.url,
        change: (config) => ({
          ...config,
          chains: config.chains.map((chain) => ({
            ...chain,
            submit: { ...chain.submit, batchSize: 1 },
            ...(chain.deployment.chainId === hospitals.a.chainId && { fallbackRpcUrls: [second.url] }),
          })),
        }),
      });
      const { requestId } = await hospitals.file();
      const ended = await relayer.until(both ? "job-parked" : "job-done", (event) => event.requestId === requestId);
      expect(ended).to.include({ kind: "deliver-request", attempts: both ? 1 : 2 });
      const refused = relayer.events.flatMap((event) =>
        (event.type === "job-deferred" || event.type === "job-parked") && event.requestId === requestId ? [event] : [],
      );
      expect(refused.map(({ code }) => code)).to.deep.equal(["CHAIN_REVERTED"]);
    });
  }

  it("is not final where both are behind what was seen of the chain: it is tried again, and done once they have caught up", async () => {
    await using database = await testDatabase();
    await using first = await startRpcProxy(hospitals.a.rpcUrl);
    await using second = await startRpcProxy(hospitals.a.rpcUrl);
    let behind = false;
    const lagging: Intercept = async (method, params, forward) => {
      if (!behind) return undefined;
      if (method !== "eth_blockNumber") return refusing(method, params, forward);
      const { result } = z.object({ result: z.string() }).parse(await forward());
      return { result: `0x${(Number(result) - 1).toString(16)}` };
    };
    first.intercept = lagging;
    second.intercept = lagging;
    await using relayer = await startTestRelayer(hospitals, database.config, {
      rpcUrlA: first.url,
      change: (config) => ({
        ...config,
        chains: config.chains.map((chain) => ({
          ...chain,
          submit: { ...chain.submit, batchSize: 1 },
          ...(chain.deployment.chainId === hospitals.a.chainId && { fallbackRpcUrls: [second.url] }),
        })),
      }),
    });
    const latest = await hospitals.chainA.provider.getBlockNumber();
    await relayer.until("watched", ({ chainId, cursor }) => chainId === hospitals.a.chainId && cursor === latest);
    behind = true;
    const { requestId } = await hospitals.file();
    const ended = await relayer.until(
      "job-deferred",
      (event) => event.requestId === requestId && event.code === "CHAIN_REVERTED",
    );
    expect(ended).to.include({ kind: "deliver-request", attempts: 1 });
    behind = false;
    await relayer.until("job-done", (event) => event.requestId === requestId);
    expect(relayer.events.some((event) => event.type === "job-parked" && event.requestId === requestId)).to.equal(
      false,
    );
  });

  it("is known by the nodes that are not behind, where others are", async () => {
    await using first = await startRpcProxy(hospitals.a.rpcUrl);
    await using second = await startRpcProxy(hospitals.a.rpcUrl);
    await using third = await startRpcProxy(hospitals.a.rpcUrl);
    const head = await hospitals.chainA.provider.getBlockNumber();
    const lagging: Intercept = async (method, params, forward) =>
      method === "eth_blockNumber" ? { result: `0x${(head - 1).toString(16)}` } : refusing(method, params, forward);
    const urls = [first.url, second.url, third.url];
    const [rpcUrl, ...fallbackRpcUrls] = urls;
    const config = chainConfigSchema.parse({ deployment: { ...hospitals.a, rpcUrl }, fallbackRpcUrls });
    const endpoints = createEndpoints(urls, 5_000);
    const [from, to] = [hospitals.relayer.address, hospitals.a.grants];
    // A call that the contract takes, and one that it refuses.
    const data = hospitals.chainA.grants.interface.encodeFunctionData("isPaused", [hospitals.b.chainId]);
    const refusal = new ContractRefusal(hospitals.a, decodeRevert(wrongState), "no reason given");
    refusal.call = { from, to, data };
    const ask = () => confirmRefusal({ config, endpoints }, refusal);

    first.intercept = lagging;
    second.intercept = lagging;
    expect(await ask()).to.equal("agreed"); // nothing was seen of the chain
    endpoints.sawHead(head);
    expect(await ask()).to.equal("differ");
    expect(endpoints.current()).to.equal(third.url);
    third.intercept = refusing;
    expect(await ask()).to.equal("unknown"); // it is alone
    second.intercept = refusing;
    expect(await ask()).to.equal("agreed");
    endpoints.sawHead(head + 1);
    expect(await ask()).to.equal("unknown");
  });
});
