/** A chain that has the blocks and logs that a test gives it, behind JSON-RPC. */
import { type Chain, connectChain, forEachContract, hex32 } from "@medexchain/chain";
import { encodeBytes32String, id, toBeHex, toQuantity } from "ethers";
import { startRpcProxy } from "../../relayer/support/rpc-proxy.ts";

interface GivenLog {
  readonly block: number;
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
}

export interface GivenChain extends AsyncDisposable {
  readonly chain: Chain;
  /** The latest block that the node knows. */
  head: number;
  /** Another makes it another chain, whose blocks have other hashes. */
  salt: string;
  logs: GivenLog[];
  /** A method that the node does not answer now. */
  broken: string | undefined;
}

const EMPTY_ROOT = id("");

export async function startGivenChain(): Promise<GivenChain> {
  const stack = new AsyncDisposableStack();
  const node = stack.use(await startRpcProxy("http://127.0.0.1:1"));
  const hashOf = (block: number): string => id(`${given.salt} ${block}`);
  const blockOf = (number: number) =>
    number > given.head
      ? null
      : {
          number: toQuantity(number),
          hash: hashOf(number),
          parentHash: hashOf(number - 1),
          timestamp: toQuantity(1_760_000_000 + number),
          difficulty: "0x0",
          gasLimit: "0x1",
          gasUsed: "0x0",
          extraData: "0x",
          miner: toBeHex(0, 20),
          stateRoot: EMPTY_ROOT,
          receiptsRoot: EMPTY_ROOT,
          transactions: [],
        };
  const logsIn = ({ fromBlock, toBlock }: { fromBlock: string; toBlock: string }) =>
    given.logs.flatMap(({ block, address, topics, data }, at) =>
      block < Number(fromBlock) || block > Math.min(given.head, Number(toBlock))
        ? []
        : [
            {
              address,
              topics,
              data,
              blockNumber: toQuantity(block),
              blockHash: hashOf(block),
              logIndex: toQuantity(at),
              transactionIndex: "0x0",
              transactionHash: id(`transaction ${at}`),
              removed: false,
            },
          ],
    );
  node.intercept = async (method, [first]) => {
    if (method === given.broken) return { error: { code: -32603, message: "not now" } };
    if (method === "eth_chainId") return { result: "0x7" };
    if (method === "eth_getCode") return { result: "0xfe" };
    if (method === "eth_blockNumber") return { result: toQuantity(given.head) };
    if (method === "eth_getBlockByNumber") {
      const isTag = first === "latest" || first === "pending";
      return { result: blockOf(isTag ? given.head : Number(first)) };
    }
    if (method === "eth_getLogs") return { result: logsIn(first as { fromBlock: string; toBlock: string }) };
    return { error: { code: -32601, message: `no ${method} here` } };
  };
  const given: GivenChain = {
    head: 0,
    salt: "one",
    logs: [],
    broken: undefined,
    chain: undefined as unknown as Chain, // below: connecting asks the node
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
  let next = 0x70;
  const contracts = forEachContract(() => `0x${(next++).toString(16).repeat(20)}`);
  const chain = await connectChain({ chainId: 7n, rpcUrl: node.url, ...contracts });
  stack.defer(() => chain.close());
  return Object.assign(given, { chain });
}

/** Who asks, in `filed`. */
export const REQUESTER = hex32(id("a doctor"));

/** The log of a request that was filed in a block. */
export function filed({ requests, deployment }: Chain, block: number, name: string, expiry = 2_000_000_000): GivenLog {
  const request = {
    recordId: id(`record of ${name}`),
    requester: REQUESTER,
    purpose: encodeBytes32String("TREAT"),
    destinationChainId: 8,
    destination: deployment.grants,
    issuedAt: 1_760_000_000,
    expiry,
    nonce: 1,
  };
  const { topics, data } = requests.interface.encodeEventLog("AccessRequested", [
    block,
    id(name),
    REQUESTER,
    request,
    "0x",
  ]);
  return { block, address: deployment.requests, topics, data };
}
