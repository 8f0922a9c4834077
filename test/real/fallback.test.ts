/**
 * A relayer with two nodes of a chain, on whatever chains the environment names (test/world/servers.ts). The two nodes are two ways to the
 * chain's own: the first is cut off, as one that was killed, or held back, as one that does not follow.
 */
import { requestStateOf } from "@medexchain/chain";
import { expect } from "chai";
import { z } from "zod";
import { testDatabase } from "../relayer/support/databases.ts";
import { type Hospitals, startHospitals } from "../relayer/support/hospitals.ts";
import { startTestRelayer, type TestRelayer } from "../relayer/support/relayers.ts";
import { type Intercept, type RpcProxy, startRpcProxy } from "../relayer/support/rpc-proxy.ts";
import { until } from "../until.ts";
import { testServers } from "../world/servers.ts";

const PATIENCE_MS = 120_000;
const hex = (block: number) => `0x${block.toString(16)}`;
const mined = z.object({ result: z.object({ blockNumber: z.string() }).nullable() });

/** A node that has no block after this one. It takes transactions, as such a node does. */
const heldAt =
  (height: number): Intercept =>
  async (method, params, forward) => {
    const then = async (at: number) =>
      params[at] === "latest" ? ((await forward(params.with(at, hex(height)))) as { result: unknown }) : undefined;
    switch (method) {
      case "eth_blockNumber":
        return { result: hex(height) };
      case "eth_call":
      case "eth_getTransactionCount":
        return then(1);
      case "eth_getBlockByNumber":
        return Number(params[0]) > height ? { result: null } : then(0);
      case "eth_getLogs": {
        const [{ fromBlock }] = z.tuple([z.object({ fromBlock: z.string() })]).parse(params);
        return Number(fromBlock) > height ? { result: [] } : undefined;
      }
      case "eth_getTransactionReceipt": {
        const { result } = mined.parse(await forward());
        return result !== null && Number(result.blockNumber) > height ? { result: null } : undefined;
      }
      default:
        return undefined;
    }
  };

describe("a relayer with two nodes of a chain", () => {
  let hospitals: Hospitals;
  before(async () => {
    hospitals = await startHospitals({ urls: [testServers.chainA, testServers.chainB] });
  });
  after(() => hospitals?.[Symbol.asyncDispose]());

  /** Runs a relayer over two nodes of chain A. */
  async function withTwoNodes(test: (relayer: TestRelayer, first: RpcProxy) => Promise<void>): Promise<void> {
    await using database = await testDatabase();
    await using first = await startRpcProxy(hospitals.a.rpcUrl);
    await using second = await startRpcProxy(hospitals.a.rpcUrl);
    await using relayer = await startTestRelayer(hospitals, database.config, {
      rpcUrlA: first.url,
      change: (config) => ({
        ...config,
        chains: config.chains.map((chain) => ({
          ...chain,
          ...(chain.deployment.chainId === hospitals.a.chainId && { fallbackRpcUrls: [second.url] }),
        })),
      }),
    });
    await test(relayer, first);
    expect(relayer.events.filter(({ type }) => type === "job-parked")).to.deep.equal([]);
  }
  const isGranted = async (requestId: string) =>
    requestStateOf((await hospitals.chainB.requests.status(requestId)).state) === "Granted";

  it("delivers by the other when the first is killed, attests nothing on one node's word, and all when both are there", async () => {
    await withTwoNodes(async (relayer, first) => {
      first.intercept = async () => "drop";
      const { requestId } = await hospitals.file();
      const isOfIt = (event: { readonly requestId?: string }) => event.requestId === requestId;
      await relayer.until("job-done", (event) => isOfIt(event) && event.kind === "deliver-request");
      await hospitals.authorize(requestId);
      const waits = await relayer.until(
        "job-deferred",
        (event) => isOfIt(event) && event.kind !== "deliver-request" && event.code === "SERVICE_UNREACHABLE",
      );
      expect(waits.chainId).to.equal(hospitals.a.chainId);
      expect(await isGranted(requestId)).to.equal(false);
      first.intercept = undefined;
      await until("it is granted", () => isGranted(requestId), PATIENCE_MS);
    });
  });

  it("goes on when the first has caught up that was behind, and gives nothing up meanwhile", async () => {
    await withTwoNodes(async (relayer, first) => {
      const height = await hospitals.chainA.provider.getBlockNumber();
      await relayer.until("watched", ({ chainId, cursor }) => chainId === hospitals.a.chainId && cursor >= height - 1);
      first.intercept = heldAt(height);
      const { requestId } = await hospitals.file();
      const { grants } = hospitals.chainA;
      const isDelivered = async () => requestStateOf((await grants.grant(requestId)).state) === "Pending";
      await until("it is delivered", isDelivered, PATIENCE_MS);
      await hospitals.authorize(requestId);
      expect(await isGranted(requestId)).to.equal(false);
      first.intercept = undefined;
      await until("it is granted", () => isGranted(requestId), PATIENCE_MS);
    });
  });
});
