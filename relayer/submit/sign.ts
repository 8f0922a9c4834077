import { type Chain, type Hex32, toHex32 } from "@medexchain/chain";
import { keccak256 } from "@medexchain/evm";
import { Transaction, type Wallet } from "ethers";
import type { SignedTransaction } from "../database/transactions.ts";
import type { Price } from "./fees.ts";
import { serialise } from "./serialise.ts";

/** A call that is to be signed. */
export interface Call {
  readonly to: string;
  /** Hexadecimal. */
  readonly data: string;
  /** The contract function, for the history. */
  readonly action: string;
  readonly gasLimit: bigint;
  /** Whose steps it carries, in the order of its batch. */
  readonly requestIds: readonly Hex32[];
}

/** Signs a call. */
export function signCall(
  { deployment: { chainId } }: Chain,
  account: Wallet,
  { to, data, gasLimit, action, requestIds }: Call,
  nonce: number,
  price: Price,
): SignedTransaction {
  const fields = { chainId, to, data, nonce, gasLimit, ...price };
  const bytes = serialise(fields, account.signingKey.sign(keccak256(serialise(fields))));
  // A transaction is named by the hash of its bytes.
  const hash = toHex32(keccak256(bytes));
  const raw = `0x${bytes.toString("hex")}`;
  return { chainId, account: account.address, nonce, hash, raw, action, requestIds };
}

/** The call of a signed transaction, and what it pays; undefined where it calls nobody, as none of ours does. */
export function readCall({ raw, action, requestIds }: SignedTransaction): { call: Call; paid: Price } | undefined {
  const { to, data, gasLimit, type, gasPrice, maxFeePerGas, maxPriorityFeePerGas } = Transaction.from(raw);
  if (to === null) return undefined;
  const paid: Price =
    type === 2
      ? { type: 2, maxFeePerGas: maxFeePerGas ?? 0n, maxPriorityFeePerGas: maxPriorityFeePerGas ?? 0n }
      : { type: 0, gasPrice: gasPrice ?? 0n };
  return { call: { to, data, gasLimit, action, requestIds }, paid };
}
