/** What is asked of a node, parsed. Nothing that it says is believed yet. */

import type { Deployment } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { httpTransport, jsonRpc, type RpcCall } from "@medexchain/evm";
import { z } from "zod";
import { type NodeLog, parseBytes, parseHash, parseLogs, parseQuantity, parseTransactions } from "./node-answers.ts";

/** Calls of one request: what public nodes take. */
const BATCH = 50;
/** A node that takes longer to answer counts as down. */
const TIMEOUT_MS = 60_000;

/** What a function makes of an answer. */
const as = <T>(what: string, parse: (value: unknown) => T | undefined) =>
  z.unknown().transform((value, context) => {
    const parsed = parse(value);
    if (parsed !== undefined) return parsed;
    context.addIssue(`not ${what}`);
    return z.NEVER;
  });
const bytes = as("0x and whole bytes of hex", parseBytes);
const hash = as("0x and 32 bytes of hex", parseHash);
const quantity = as("a quantity", parseQuantity);
const logs = as("a list of logs", parseLogs);
const headerSchema = z.object({ number: quantity, hash, parentHash: hash, timestamp: quantity });
const blockSchema = headerSchema.extend({ transactions: as("a list of transactions", parseTransactions) });
export type NodeHeader = z.output<typeof headerSchema>;
export type NodeBlock = z.output<typeof blockSchema>;

/** One node of a chain. What the node refuses is thrown as `NodeRefusal`. */
export interface NodeClient {
  readonly chainId: bigint;
  latest(): Promise<number>;
  /** Undefined where the node has no such block. */
  header(block: number): Promise<NodeHeader | undefined>;
  /** With their transactions; undefined for each that the node does not have. */
  blocks(numbers: readonly number[]): Promise<(NodeBlock | undefined)[]>;
  /** All logs of these contracts, ends included. */
  logs(addresses: readonly string[], from: number, to: number): Promise<NodeLog[]>;
  /** Calls one contract as it was at a block, with several calldata at once; the answers' bytes. */
  calls(to: string, data: readonly string[], block: number): Promise<Buffer[]>;
}

/** @throws SERVICE_UNREACHABLE, SERVICE_PROTOCOL; the signal's reason */
export function nodeClient(deployment: Deployment, signal?: AbortSignal): NodeClient {
  const { chainId, rpcUrl } = deployment;
  const rpc = jsonRpc({
    node: `chain ${chainId}`,
    place: new URL(rpcUrl).origin,
    transport: httpTransport(rpcUrl, TIMEOUT_MS),
    batchSize: BATCH,
    readsOnly: true,
    signal,
  });
  const malformed = (method: string): MedexError =>
    new MedexError(
      "SERVICE_PROTOCOL",
      `chain ${chainId}: the node's answer to ${method} is malformed: use another node`,
    );
  const askAll = async <T>(calls: readonly RpcCall[], schema: z.ZodType<T>): Promise<T[]> => {
    const results = await rpc.batch(calls);
    return results.map((result, at) => {
      const parsed = schema.safeParse(result);
      if (!parsed.success) throw malformed(calls[at]?.method ?? "a call");
      return parsed.data;
    });
  };
  const ask = async <T>(method: string, params: unknown[], schema: z.ZodType<T>): Promise<T> => {
    const [answer] = await askAll(
      [{ method, params }],
      schema.transform((value) => ({ value })),
    );
    if (!answer) throw malformed(method);
    return answer.value;
  };
  const tag = (block: number): string => `0x${block.toString(16)}`;
  return {
    chainId,
    latest: () => ask("eth_blockNumber", [], quantity),
    header: async (block) =>
      (await ask("eth_getBlockByNumber", [tag(block), false], headerSchema.nullable())) ?? undefined,
    blocks: async (numbers) => {
      const calls = numbers.map((block) => ({ method: "eth_getBlockByNumber", params: [tag(block), true] }));
      return (await askAll(calls, blockSchema.nullable())).map((block) => block ?? undefined);
    },
    logs: (addresses, from, to) =>
      ask("eth_getLogs", [{ address: addresses, fromBlock: tag(from), toBlock: tag(to) }], logs),
    calls: (to, data, block) =>
      askAll(
        data.map((each) => ({ method: "eth_call", params: [{ to, data: each }, tag(block)] })),
        bytes,
      ),
  };
}
