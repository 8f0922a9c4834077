/** Hashes of blocks, between how a node without seals names them and how the sealed chain does. */
import type { RpcAnswer, RpcCall } from "@medexchain/evm";
import { LATER_FIELDS } from "./seal-block.ts";
import type { SealedChain } from "./sealed-chain.ts";

/** What answers with no block's hash, and is asked most. */
const PLAIN: ReadonlySet<string> = new Set([
  "eth_blockNumber",
  "eth_call",
  "eth_chainId",
  "eth_estimateGas",
  "eth_gasPrice",
  "eth_getBalance",
  "eth_getCode",
  "eth_getProof",
  "eth_getStorageAt",
  "eth_getTransactionCount",
  "eth_maxPriorityFeePerGas",
  "eth_sendRawTransaction",
]);
const IS_LATER: ReadonlySet<string> = new Set(LATER_FIELDS);
/** Under which an object has a block's hash. */
const HASH_KEYS: ReadonlySet<string> = new Set(["blockHash", "latestBlockHash", "parentHash"]);

/** Whether the answer to a call may name blocks by their hashes. */
export const namesBlocks = (method: string): boolean => !PLAIN.has(method);

/** A call as the node without seals understands it: by hash (EIP-1898, EIP-234), it knows its own only. */
export function withUnsealedHashes(chain: SealedChain, call: RpcCall): RpcCall {
  const { params } = call;
  if (!Array.isArray(params)) return call;
  const unsealed = (value: unknown): unknown => (typeof value === "string" ? (chain.unsealed(value) ?? value) : value);
  const translated = params.map((param: unknown) =>
    isObject(param) && "blockHash" in param ? { ...param, blockHash: unsealed(param.blockHash) } : unsealed(param),
  );
  return { ...call, params: translated };
}

/** An answer as a node of the sealed chain gives it. */
export const withSealedHashes = (chain: SealedChain, answer: RpcAnswer): RpcAnswer =>
  "error" in answer ? answer : { result: seal(chain, answer.result) };

function seal(chain: SealedChain, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => sealHash(chain, item) ?? seal(chain, item));
  if (!isObject(value)) return value;
  // A block has both; a transaction has a hash of its own.
  const isBlock = "stateRoot" in value && "parentHash" in value;
  const fields = isBlock && typeof value.hash === "string" ? chain.sealed(value.hash) : undefined;
  const entries = Object.entries(value)
    .filter(([key]) => !isBlock || !IS_LATER.has(key))
    .map(([key, item]) => [key, HASH_KEYS.has(key) ? (sealHash(chain, item) ?? item) : seal(chain, item)]);
  return { ...Object.fromEntries(entries), ...fields };
}

/** Undefined for what is no hash of a block. */
const sealHash = (chain: SealedChain, value: unknown): string | undefined =>
  typeof value === "string" ? chain.sealed(value)?.hash : undefined;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
