import { type Chain, chainLogRanges, chainLogs, connectChain, findRequest } from "@medexchain/chain";
import { expect } from "chai";
import { type Hospitals, startHospitals } from "../../relayer/support/hospitals.ts";
import { refuses } from "../../relayer/support/refuses.ts";
import { type RpcProxy, startRpcProxy } from "../../relayer/support/rpc-proxy.ts";

describe("chain: logs of a node that answers few blocks at once", () => {
  const MOST = 4;
  const stack = new AsyncDisposableStack();
  let hospitals: Hospitals;
  let proxy: RpcProxy;
  let chain: Chain;
  before(async () => {
    hospitals = stack.use(await startHospitals());
    proxy = stack.use(await startRpcProxy(hospitals.b.rpcUrl));
    chain = stack.adopt(await connectChain({ ...hospitals.b, rpcUrl: proxy.url }), (opened) => opened.close());
  });
  beforeEach(() => {
    proxy.intercept = async (method, [filter]) => {
      if (method !== "eth_getLogs") return undefined;
      const { fromBlock, toBlock } = filter as { fromBlock: string; toBlock: string }; // as ethers sends it
      if (Number(toBlock) - Number(fromBlock) < MOST) return undefined;
      return { error: { code: -32005, message: "Requested range exceeds maximum RPC range limit" } };
    };
  });
  after(() => stack.disposeAsync());

  const enrolled = (from: number, to: number) =>
    chain.hospitals.queryFilter(chain.hospitals.filters.MemberEnrolled(), from, to);

  it("are all found, each once, in order of blocks or the latest first", async () => {
    const { hospitals: direct } = hospitals.chainB;
    const all = (await direct.queryFilter(direct.filters.MemberEnrolled())).map(({ index, blockNumber }) => [
      blockNumber,
      index,
    ]);
    expect(all).to.not.deep.equal([]);
    const found = await chainLogs(chain, enrolled, { from: 0 });
    expect(found.map(({ index, blockNumber }) => [blockNumber, index])).to.deep.equal(all);
    for await (const { from, to, logs } of chainLogRanges(chain, enrolled, { from: 0, latestFirst: true })) {
      expect(to - from).to.be.below(MOST);
      if (logs.length === 0) continue;
      expect(logs.at(-1)?.blockNumber).to.equal(all.at(-1)?.[0]);
      break;
    }
  });

  it("are found by the block that the chain names", async () => {
    const { requestId } = await hospitals.file();
    const { requestedAt } = await chain.requests.status(requestId);
    expect((await findRequest(chain, requestId, requestedAt)).destinationChainId).to.equal(hospitals.a.chainId);
  });

  it("say that the node is down, or refuses even one block", async () => {
    proxy.intercept = async (method) => (method === "eth_getLogs" ? "drop" : undefined);
    expect(await refuses(chainLogs(chain, enrolled, { from: 0 }))).to.equal("SERVICE_UNREACHABLE");
    proxy.calls.length = 0;
    proxy.intercept = async (method) =>
      method === "eth_getLogs" ? { error: { code: -32005, message: "no logs" } } : undefined;
    expect(await refuses(chainLogs(chain, enrolled, { from: 0, to: 63 }))).to.equal("SERVICE_UNREACHABLE");
    expect(proxy.calls.filter((method) => method === "eth_getLogs")).to.have.lengthOf(7);
  });
});
