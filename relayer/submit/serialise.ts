/**
 * A transaction as bytes: EIP-1559's form (type 2) and the one before it with EIP-155's chain id (type 0). ethers puts a batch's call
 * data together byte by byte, three times for each signature, which takes longer than to sign it.
 */
import type { Signature } from "ethers";
import type { Price } from "./fees.ts";

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
  const rest = [integer(gasLimit), bytes(to), integer(0n), bytes(data)];
  const [r, s, odd] = signature ? [BigInt(signature.r), BigInt(signature.s), BigInt(signature.yParity)] : [0n, 0n, 0n];
  if (fields.type === 2) {
    const { maxPriorityFeePerGas, maxFeePerGas } = fields;
    const head = [chainId, BigInt(nonce), maxPriorityFeePerGas, maxFeePerGas].map(integer);
    const signed = signature ? [odd, r, s].map(integer) : [];
    return Buffer.concat([Buffer.of(2), list([...head, ...rest, NO_ACCESS_LIST, ...signed])]);
  }
  const tail = signature ? [35n + 2n * chainId + odd, r, s] : [chainId, 0n, 0n];
  return list([integer(BigInt(nonce)), integer(fields.gasPrice), ...rest, ...tail.map(integer)]);
}

// Recursive length prefix: Ethereum Yellow Paper, appendix B.
const list = (items: readonly Buffer[]): Buffer => {
  const payload = Buffer.concat(items);
  return Buffer.concat([prefix(0xc0, payload.length), payload]);
};

const NO_ACCESS_LIST = list([]);

function string(value: Buffer): Buffer {
  const [first] = value;
  return value.length === 1 && first !== undefined && first < 0x80
    ? value
    : Buffer.concat([prefix(0x80, value.length), value]);
}

function prefix(base: number, length: number): Buffer {
  if (length <= 55) return Buffer.of(base + length);
  const size = bigEndian(BigInt(length));
  return Buffer.concat([Buffer.of(base + 55 + size.length), size]);
}

const bytes = (hex: string): Buffer => string(Buffer.from(hex.slice(2), "hex"));
const integer = (value: bigint): Buffer => string(bigEndian(value));

/** Without leading zeros; nothing for zero. */
function bigEndian(value: bigint): Buffer {
  const hex = value === 0n ? "" : value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
}
