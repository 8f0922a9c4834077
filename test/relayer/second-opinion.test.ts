/** A refusal is put to the chain's other nodes: what two of them say is final at once, and what one says alone is not. */
import { ABIS } from "@medexchain/chain";
import { expect } from "chai";
import { Interface } from "ethers";
import { testDatabase } from "./support/databases.ts";
import { type Hospitals, startHospitals } from "./support/hospitals.ts";
import { startTestRelayer } from "./support/relayers.ts";
import { type Intercept, startRpcProxy } from "./support/rpc-proxy.ts";

/** Refuses whatever an account would send, as a contract does. Views, which no account asks, are answered. */
const refusing: Intercept = async (method, [call]) => {
  const isStep = typeof call === "object" && call !== null && "from" in call;
  if (!isStep || (method !== "eth_call" && method !== "eth_estimateGas")) return undefined;
  const data = new Interface(ABIS.grants).encodeErrorResult("AccessGrantsWrongState", [`0x${"11".repeat(32)}`, 1]);
  return { error: { code: 3, message: "execution reverted", data } };
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
});
