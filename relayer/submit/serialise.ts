/**
 * A transaction as bytes: EIP-1559's form (type 2) and the one before it with EIP-155's chain id (type 0). ethers puts a batch's call
 * data together byte by byte, three times for each signature, which takes longer than to sign it.
 */
import { rlpWriter } from "@medexchain/evm";
import type { Signature } from "ethers";
import type { Price } from "./fees.ts";

const rlp = rlpWriter();

/** What is signed. */
export type TransactionFields = {
  readonly chainId: bigint;
  readonly nonce: number;
  readonly gasLimit: bigint;
  /** Hexadecimal. */
  readonly to: string;
  /** Hexadecimal. */
  readonly data: string;
} & Price;

/** The bytes to be hashed and signed, or with the signature those to be sent. */
export function serialise(fields: TransactionFields, signature?: Signature): Buffer {
  const { chainId, nonce, gasLimit, to, data } = fields;
  rlp.begin();
  if (fields.type === 2) rlp.number(chainId);
  rlp.number(nonce);
  if (fields.type === 2) {
    rlp.number(fields.maxPriorityFeePerGas);
    rlp.number(fields.maxFeePerGas);
  } else rlp.number(fields.gasPrice);
  rlp.number(gasLimit);
  rlp.bytes(to);
  rlp.number(0); // value
  rlp.bytes(data);
  if (fields.type === 2) rlp.list(() => undefined); // access list
  if (signature) {
    const { yParity } = signature;
    rlp.number(fields.type === 2 ? yParity : 35n + 2n * chainId + BigInt(yParity));
    rlp.integer(signature.r);
    rlp.integer(signature.s);
  } else if (fields.type === 0) for (const value of [chainId, 0, 0]) rlp.number(value); // EIP-155
  const bytes = rlp.encoded(fields.type === 2 ? 2 : undefined);
  if (!bytes) throw new TypeError("a transaction's account or data is not hexadecimal");
  return bytes;
}
