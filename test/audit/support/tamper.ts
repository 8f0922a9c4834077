/** A node that lies: what it rewrites in logs, blocks and calls is a test's choice. */
import { Interface } from "ethers";
import { ABIS, type Deployment } from "../../../offchain/chain/index.ts";
import { type RpcProxy, startRpcProxy } from "../../relayer/support/rpc-proxy.ts";

/** A log as JSON-RPC gives it. */
export interface RawLog {
  address: string;
  topics: string[];
  data: string;
  blockNumber: string;
  blockHash: string;
  transactionHash: string;
  transactionIndex: string;
  logIndex: string;
}

/** A block with its transactions, as JSON-RPC gives it. */
export interface RawBlock {
  hash: string;
  parentHash: string;
  number: string;
  timestamp: string;
  transactions: { hash: string; from: string; to: string; input: string }[];
}

export interface Lies {
  /** Rewrites all logs of an answer. */
  readonly logs?: (logs: RawLog[]) => RawLog[];
  readonly block?: (block: RawBlock) => RawBlock;
  /** Rewrites the answer to a call of a contract. */
  readonly call?: (to: string, data: string, answer: string) => string;
}

/** The first topic of a contract's event. */
export const eventTopic = (contract: keyof typeof ABIS, event: string): string =>
  new Interface(ABIS[contract]).getEvent(event)!.topicHash;

export interface LyingNode extends AsyncDisposable {
  /** The deployment, through this node. */
  readonly deployment: Deployment;
  readonly proxy: RpcProxy;
}

export async function startLyingNode(deployment: Deployment, lies: Lies): Promise<LyingNode> {
  const proxy = await startRpcProxy(deployment.rpcUrl);
  proxy.intercept = async (method, params, forward) => {
    const answered = (await forward()) as { result?: unknown };
    const { result } = answered;
    if (result === undefined || result === null) return undefined;
    if (method === "eth_getLogs" && lies.logs) return { result: lies.logs(result as RawLog[]) };
    if (method === "eth_getBlockByNumber" && lies.block) return { result: lies.block(result as RawBlock) };
    if (method === "eth_call" && lies.call) {
      const [{ to, data, input }] = params as [{ to: string; data?: string; input?: string }];
      return { result: lies.call(to.toLowerCase(), data ?? input ?? "", result as string) };
    }
    return undefined;
  };
  return {
    deployment: { ...deployment, rpcUrl: proxy.url },
    proxy,
    [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
  };
}

/** Replaces one word of hexadecimal data. */
export function withWord(data: string, number: number, value: bigint): string {
  const start = 2 + number * 64;
  return data.slice(0, start) + value.toString(16).padStart(64, "0") + data.slice(start + 64);
}

/** One word of hexadecimal data. */
export const wordAt = (data: string, number: number): bigint =>
  BigInt(`0x${data.slice(2 + number * 64, 66 + number * 64)}`);
