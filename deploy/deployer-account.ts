import { appendFileSync, closeSync, existsSync, fsyncSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type JsonRpc, NodeRefusal } from "@medexchain/evm";
import type { EIP1193Provider } from "@nomicfoundation/ignition-core";
import { type BaseWallet, Transaction } from "ethers";
import { z } from "zod";

/** A transaction that was signed, and perhaps sent. */
const signedSchema = z.object({ nonce: z.number(), hash: z.string(), raw: z.string() });
export type SignedTransaction = z.infer<typeof signedSchema>;

/** Every transaction is written here before it is sent, so that none is ever lost (`recover.ts`). */
export const signedLog = (journal: string): string => join(journal, "signed.jsonl");

export interface DeployerAccountOptions {
  readonly rpc: JsonRpc;
  readonly wallet: BaseWallet;
  readonly chainId: number;
  /** Wei per gas of legacy transactions; EIP-1559 transactions without it. */
  readonly gasPrice: number | undefined;
  /** Folder of the journal; the signed transactions are kept beside it. */
  readonly journal: string;
}

/** What Ignition asks to be sent. */
const requestSchema = z.object({
  to: z.string().optional(),
  value: z.string(),
  data: z.string(),
  nonce: z.string(),
  gas: z.string(),
  gasPrice: z.string().optional(),
  maxFeePerGas: z.string().optional(),
  maxPriorityFeePerGas: z.string().optional(),
});

/** The fields by which a call or an estimate is charged. */
const FEES = ["gasPrice", "maxFeePerGas", "maxPriorityFeePerGas"] as const;

/**
 * A node with the deployer's account unlocked: `eth_sendTransaction` signs here, writes the transaction down, and sends it raw. The
 * node never has the key.
 */
export function deployerAccount({ rpc, wallet, chainId, gasPrice, journal }: DeployerAccountOptions): EIP1193Provider {
  const send = async (input: unknown): Promise<string> => {
    const request = requestSchema.parse(input);
    const fees =
      gasPrice !== undefined || request.maxFeePerGas === undefined
        ? { type: 0, gasPrice: gasPrice ?? request.gasPrice ?? null }
        : { type: 2, maxFeePerGas: request.maxFeePerGas, maxPriorityFeePerGas: request.maxPriorityFeePerGas ?? null };
    const transaction = Transaction.from({
      ...fees,
      chainId,
      to: request.to ?? null,
      value: request.value,
      data: request.data,
      nonce: Number(request.nonce),
      gasLimit: request.gas,
    });
    const raw = await wallet.signTransaction(transaction);
    const { hash, nonce } = Transaction.from(raw);
    if (hash === null) throw new Error("a signed transaction has a hash");
    writeDown(journal, { nonce, hash, raw });
    await broadcast(rpc, { nonce, hash, raw });
    return hash;
  };
  const request: EIP1193Provider["request"] = async ({ method, params = [] }) => {
    const list = Array.isArray(params) ? params : [params];
    if (method === "eth_accounts") return [wallet.address];
    if (method === "eth_sendTransaction") return send(list[0]);
    if (gasPrice !== undefined && (method === "eth_call" || method === "eth_estimateGas")) {
      const [call, ...rest] = list;
      const free = Object.fromEntries(Object.entries(call).filter(([key]) => !FEES.some((fee) => fee === key)));
      return rpc.request(method, [free, ...rest]);
    }
    const answer = await rpc.request(method, list);
    // Ignition wants a chain id where nodes may leave it out: in legacy transactions.
    if (method === "eth_getTransactionByHash" && typeof answer === "object" && answer !== null) {
      return { chainId: `0x${chainId.toString(16)}`, ...answer };
    }
    return answer;
  };
  return {
    request: (call) =>
      request(call).catch((error) => {
        throw error instanceof NodeRefusal ? providerError(error) : error;
      }),
  };
}

/** As EIP-1193 has it: Ignition reads a revert's data, and the node's own words. */
const providerError = (refusal: NodeRefusal): Error =>
  Object.assign(new Error(refusal.answered.message, { cause: refusal }), refusal.answered);

/** Sends a signed transaction; once more is as good as once. */
export async function broadcast(rpc: JsonRpc, { hash, raw }: SignedTransaction): Promise<void> {
  try {
    await rpc.request("eth_sendRawTransaction", [raw]);
  } catch (error) {
    if (!(error instanceof NodeRefusal)) throw error;
    // "already known" and "nonce too low" say that it may be there: look.
    if ((await rpc.request("eth_getTransactionByHash", [hash])) === null) throw error;
  }
}

/** The transactions that were signed for this deployment, oldest first. */
export function signedTransactions(journal: string): SignedTransaction[] {
  const file = signedLog(journal);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => signedSchema.parse(JSON.parse(line)));
}

function writeDown(journal: string, signed: SignedTransaction): void {
  const file = openSync(signedLog(journal), "a");
  try {
    appendFileSync(file, `${JSON.stringify(signed)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
