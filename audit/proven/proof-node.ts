/** What proofs take of a node, as it tells it: nothing is believed. */
import type { Deployment } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { httpTransport, jsonRpc, NodeRefusal, type RpcCall } from "@medexchain/evm";
import { z } from "zod";
import { parseBytes } from "../read/node-answers.ts";

/** Calls of one request. */
const BATCH = 50;
const TIMEOUT_MS = 60_000;
/** EIP-1474: method not found, not supported. */
const UNKNOWN_METHOD = [-32601, -32004];
/** More than any path in a state trie has. */
const MOST_NODES = 70;

/** By hand: a pattern takes too deep a stack for what a node may answer. */
const bytesSchema = z.unknown().transform((value, context) => {
  const bytes = parseBytes(value);
  if (bytes) return bytes;
  context.addIssue("not 0x and whole bytes of hex");
  return z.NEVER;
});
const nodesSchema = z.array(bytesSchema).max(MOST_NODES);
const proofSchema = z.object({
  accountProof: nodesSchema,
  storageProof: z.array(z.object({ proof: nodesSchema })),
});
/** EIP-1186, but for what the nodes prove. */
export type StateProof = z.output<typeof proofSchema>;

export interface ProofNode {
  /** Each as the node has it; null where it has none. */
  headers(blocks: readonly number[]): Promise<unknown[]>;
  /** Of each block its receipts, in their order; empty where the node has none. */
  receipts(
    blocks: readonly { readonly number: number; readonly transactions: readonly { readonly hash: Buffer }[] }[],
  ): Promise<(readonly unknown[])[]>;
  /** A contract's code at a block. */
  code(address: string, block: number): Promise<Uint8Array>;
  /** An account, and words of its storage, at a block. Throws NodeRefusal where the node has no state of then. */
  state(address: string, slots: readonly string[], block: number): Promise<StateProof>;
}

/** @throws SERVICE_UNREACHABLE, SERVICE_PROTOCOL; the signal's reason */
export function proofNode({ chainId, rpcUrl }: Deployment, signal?: AbortSignal): ProofNode {
  const rpc = jsonRpc({
    node: `chain ${chainId}`,
    place: new URL(rpcUrl).origin,
    transport: httpTransport(rpcUrl, TIMEOUT_MS),
    batchSize: BATCH,
    readsOnly: true,
    signal,
  });
  const tag = (block: number) => `0x${block.toString(16)}`;
  const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
  const malformed = (method: string) =>
    new MedexError(
      "SERVICE_PROTOCOL",
      `chain ${chainId}: the node's answer to ${method} is malformed: use another node`,
    );
  let isByTransaction = false;
  return {
    headers: (blocks) =>
      rpc.batch(blocks.map((block) => ({ method: "eth_getBlockByNumber", params: [tag(block), false] }))),
    async receipts(blocks) {
      if (!isByTransaction) {
        try {
          const calls = blocks.map(({ number }) => ({ method: "eth_getBlockReceipts", params: [tag(number)] }));
          return (await rpc.batch(calls)).map(listOf);
        } catch (error) {
          if (!(error instanceof NodeRefusal) || !UNKNOWN_METHOD.includes(error.answered.code)) throw error;
          isByTransaction = true; // an older node
        }
      }
      const calls = blocks.flatMap(({ transactions }): RpcCall[] =>
        transactions.map(({ hash }) => ({
          method: "eth_getTransactionReceipt",
          params: [`0x${hash.toString("hex")}`],
        })),
      );
      const all = (await rpc.batch(calls)).values();
      return blocks.map(({ transactions }) => [...all.take(transactions.length)]);
    },
    async code(address, block) {
      const told = await rpc.request("eth_getCode", [address, tag(block)]);
      const code = parseBytes(told);
      if (code) return code;
      throw malformed("eth_getCode");
    },
    async state(address, slots, block) {
      const parsed = proofSchema.safeParse(await rpc.request("eth_getProof", [address, slots, tag(block)]));
      if (parsed.success && parsed.data.storageProof.length === slots.length) return parsed.data;
      throw malformed("eth_getProof");
    },
  };
}
