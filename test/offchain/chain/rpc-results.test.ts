import { connectChain, forEachContract } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { httpTransport, jsonRpc } from "@medexchain/evm";
import { expect } from "chai";
import { RpcProvider } from "../../../offchain/chain/rpc-provider.ts";
import { type RpcProxy, startRpcProxy } from "../../relayer/support/rpc-proxy.ts";

describe("chain: a node that answers with something else than it was asked for", () => {
  let node: RpcProxy;
  let provider: RpcProvider;
  before(async () => {
    node = await startRpcProxy("http://127.0.0.1:1");
    const rpc = jsonRpc({ node: "chain 7", place: node.url, transport: httpTransport(node.url, 5_000) });
    provider = new RpcProvider(node.url, 7, rpc);
  });
  after(async () => {
    provider.destroy();
    await node[Symbol.asyncDispose]();
  });

  const answer = async (result: unknown, method: string): Promise<unknown> => {
    node.intercept = async () => ({ result });
    return provider.send(method, []);
  };
  const word = `0x${"00".repeat(32)}`;
  const forms: Record<string, { right: unknown[]; wrong: unknown[] }> = {
    eth_blockNumber: { right: ["0x0", "0x10"], wrong: [null, "0x", 16, {}, `0x${"ff".repeat(32)}`] },
    eth_getTransactionCount: { right: ["0x0"], wrong: [null, [], -1] },
    eth_estimateGas: { right: ["0x5208", word], wrong: [null, "21000", `${word}0`] },
    eth_call: { right: ["0x", word], wrong: [null, true, "0x0", "zz", [word], { data: word }] },
    eth_getCode: { right: ["0x", "0xfe"], wrong: [null, 0] },
    eth_getLogs: { right: [[], [{}]], wrong: [null, {}, "0x", [null], ["0x"]] },
    eth_getBlockByNumber: { right: [null, {}], wrong: ["0x1", 1, "text"] },
    eth_getTransactionReceipt: { right: [null, {}], wrong: ["0x", false] },
    eth_sendRawTransaction: { right: [word], wrong: [null, {}] },
  };
  for (const [method, { right, wrong }] of Object.entries(forms)) {
    it(`is named, and ${method} with it`, async () => {
      for (const result of right) expect(await answer(result, method)).to.deep.equal(result);
      for (const result of wrong) {
        const error = await answer(result, method).catch((reason: unknown) => reason);
        expect(MedexError.is(error, "SERVICE_PROTOCOL"), `${JSON.stringify(result)}: ${error}`).to.equal(true);
        expect(String(error)).to.include(`the node at ${node.url} answers ${method}`);
      }
    });
  }

  it("is not connected to", async () => {
    const contracts = forEachContract(() => `0x${"11".repeat(20)}`);
    node.intercept = async () => ({ result: null });
    const error = await connectChain({ chainId: 7n, rpcUrl: node.url, ...contracts }).catch(
      (reason: unknown) => reason,
    );
    expect(MedexError.is(error, "SERVICE_PROTOCOL"), String(error)).to.equal(true);
  });
});
