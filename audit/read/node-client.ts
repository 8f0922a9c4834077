/** What is asked of a node, parsed. Nothing that it says is believed yet. */
import type { JsonRpcProvider } from "ethers";
import { z } from "zod";
import { chainError, type Deployment } from "../../offchain/chain/index.ts";
import { MedexError } from "../../offchain/errors.ts";

const hex = z.string().regex(/^0x[0-9a-fA-F]*$/);
const bytes = hex.transform((value) => Buffer.from(value.slice(2), "hex"));
const hash = z
  .string()
  .regex(/^0x[0-9a-fA-F]{64}$/)
  .transform((value) => Buffer.from(value.slice(2), "hex"));
const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/)
  .transform((value) => value.toLowerCase());
const quantity = hex.transform(Number).pipe(z.int().nonnegative());

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
const transactionSchema = z.object({ hash, from: address, to: address.nullish(), input: bytes });
const blockSchema = headerSchema.extend({ transactions: z.array(transactionSchema) });
export type NodeHeader = z.output<typeof headerSchema>;
export type NodeBlock = z.output<typeof blockSchema>;

/** One node of a chain. */
export interface NodeClient {
  readonly chainId: bigint;
  latest(): Promise<number>;
  /** Undefined where the node has no such block. */
  header(block: number): Promise<NodeHeader | undefined>;
  /** With its transactions. */
  block(block: number): Promise<NodeBlock | undefined>;
  /** All logs of these contracts, ends included. */
  logs(addresses: readonly string[], from: number, to: number): Promise<NodeLog[]>;
}

/** @throws SERVICE_UNREACHABLE, SERVICE_PROTOCOL; what the node refuses is thrown as it came */
export function nodeClient(provider: JsonRpcProvider, deployment: Deployment): NodeClient {
  const { chainId } = deployment;
  const ask = async <T>(method: string, params: unknown[], schema: z.ZodType<T>): Promise<T> => {
    let answer: unknown;
    try {
      answer = await provider.send(method, params);
    } catch (error) {
      throw chainError(error, deployment);
    }
    const parsed = schema.safeParse(answer);
    if (parsed.success) return parsed.data;
    throw new MedexError(
      "SERVICE_PROTOCOL",
      `chain ${chainId}: the node's answer to ${method} is malformed: use another node`,
    );
  };
  const tag = (block: number): string => `0x${block.toString(16)}`;
  return {
    chainId,
    latest: () => ask("eth_blockNumber", [], quantity),
    header: async (block) =>
      (await ask("eth_getBlockByNumber", [tag(block), false], headerSchema.nullish())) ?? undefined,
    block: async (block) => (await ask("eth_getBlockByNumber", [tag(block), true], blockSchema.nullish())) ?? undefined,
    logs: (addresses, from, to) =>
      ask("eth_getLogs", [{ address: addresses, fromBlock: tag(from), toBlock: tag(to) }], z.array(logSchema)),
  };
}
