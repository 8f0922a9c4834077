/** What is asked of a node, parsed. Nothing that it says is believed yet. */

import type { Deployment } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { httpTransport, jsonRpc, type RpcCall } from "@medexchain/evm";
import { z } from "zod";

/** Calls of one request: what public nodes take. */
const BATCH = 50;
/** A node that takes longer to answer counts as down. */
const TIMEOUT_MS = 60_000;

/** Undefined for all but `0x` and whole bytes of hex. A pattern to match would take longer than to decode and count. */
function decodeHex(value: string): Buffer | undefined {
  const decoded = Buffer.from(value.slice(2), "hex"); // up to the first character that is no hex
  return value.startsWith("0x") && value.length === 2 + 2 * decoded.length ? decoded : undefined;
}

/** Whole bytes, so many if said. */
const hexBytes = (length?: number) =>
  z.string().transform((value, context) => {
    const decoded = decodeHex(value);
    if (decoded && decoded.length === (length ?? decoded.length)) return decoded;
    context.addIssue(`not 0x and ${length ?? "whole"} bytes of hex`);
    return z.NEVER;
  });
const bytes = hexBytes();
const hash = hexBytes(32);
const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/)
  .transform((value) => value.toLowerCase());
const quantity = z.string().transform((value, context) => {
  const number = value.startsWith("0x") ? Number(value) : Number.NaN;
  if (Number.isSafeInteger(number)) return number;
  context.addIssue("not a quantity");
  return z.NEVER;
});

const logSchema = z.object({
  address,
  topics: z.array(hash).max(4),
  data: bytes,
  blockNumber: quantity,
  blockHash: hash,
  transactionHash: hash,
  logIndex: quantity,
});
export type NodeLog = z.output<typeof logSchema>;

const headerSchema = z.object({ number: quantity, hash, parentHash: hash, timestamp: quantity });
/** The other fields are kept as they are, for `signedTransaction`. */
const transactionSchema = z
  .looseObject({ hash, from: address, to: address.nullish(), input: z.string() })
  .transform((raw, context) => {
    const { hash: id, from, to } = raw;
    const input = decodeHex(raw.input);
    if (input) return { hash: id, from, to, input, raw };
    context.addIssue("not 0x and whole bytes of hex");
    return z.NEVER;
  });
const blockSchema = headerSchema.extend({ transactions: z.array(transactionSchema) });
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
      ask("eth_getLogs", [{ address: addresses, fromBlock: tag(from), toBlock: tag(to) }], z.array(logSchema)),
    calls: (to, data, block) =>
      askAll(
        data.map((each) => ({ method: "eth_call", params: [{ to, data: each }, tag(block)] })),
        bytes,
      ),
  };
}
