/** A node that lies: what it rewrites in logs, blocks and calls is a test's choice. */

import { ABIS, type Deployment } from "@medexchain/chain";
import { type BaseWallet, Interface } from "ethers";
import { type RpcProxy, startRpcProxy } from "../../relayer/support/rpc-proxy.ts";
import { type RawTransaction, sentAnew } from "./rpc-transaction.ts";

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
  /** Hashes, where only they were asked for. */
  transactions: RawTransaction[];
}

export interface Lies {
  /** Who sends a transaction anew, to whom and with which calldata: blocks and logs have the new one in its place. */
  readonly resend?: (
    transaction: RawTransaction,
  ) => { readonly by: BaseWallet; readonly to?: string; readonly input?: string } | undefined;
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
  const resent = new Map<string, RawTransaction>();
  const resend = (transaction: RawTransaction): RawTransaction => {
    const known = resent.get(transaction.hash);
    if (known) return known;
    const { by, to = transaction.to, input } = lies.resend?.(transaction) ?? {};
    const now = by ? sentAnew({ ...transaction, to }, deployment.chainId, by, input) : transaction;
    resent.set(transaction.hash, now);
    return now;
  };
  const transactionOf = async (hash: string): Promise<RawTransaction> => {
    const call = { jsonrpc: "2.0", id: 1, method: "eth_getTransactionByHash", params: [hash] };
    const headers = { "content-type": "application/json" };
    const answer = await fetch(deployment.rpcUrl, { method: "POST", headers, body: JSON.stringify(call) });
    return ((await answer.json()) as { result: RawTransaction }).result;
  };
  proxy.intercept = async (method, params, forward) => {
    const answered = (await forward()) as { result?: unknown };
    const { result } = answered;
    if (result === undefined || result === null) return undefined;
    if (method === "eth_getLogs" && lies.resend) {
      const logs: RawLog[] = [];
      for (const log of result as RawLog[]) {
        logs.push({ ...log, transactionHash: resend(await transactionOf(log.transactionHash)).hash });
      }
      return { result: logs };
    }
    if (method === "eth_getBlockByNumber" && lies.resend && params[1] === true) {
      const block = result as RawBlock;
      return { result: { ...block, transactions: block.transactions.map(resend) } };
    }
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
