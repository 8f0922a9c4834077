/**
 * What a transaction's sender signed, from the fields that a node tells: Ethereum's envelopes (EIP-155, EIP-2718 with types 1 to 4) in
 * RLP (Yellow Paper, appendix B). The fields hash to the transaction's hash, or they are not its own.
 */

import { concatBytes } from "@noble/hashes/utils.js";
import { z } from "zod";
import { keccak256 } from "../keccak.ts";

export interface SignedTransaction {
  /** Of the transaction with these fields and this signature. */
  readonly hash: Uint8Array;
  /** What the sender signed. */
  readonly digest: Uint8Array;
  /** r, s, and v as 27 or 28. */
  readonly signature: Uint8Array;
}

const bytes = z.string().transform((value, context): Uint8Array => {
  const decoded = Buffer.from(value.slice(2), "hex"); // up to the first character that is no hex
  if (value.startsWith("0x") && value.length === 2 + 2 * decoded.length) return decoded;
  context.addIssue("not 0x and whole bytes of hex");
  return z.NEVER;
});
/** Without leading zeros, as RLP writes integers. */
const integer = z
  .string()
  .regex(/^0x[0-9a-fA-F]{1,64}$/)
  .transform((value) => integerBytes(BigInt(value)));
const small = z
  .string()
  .regex(/^0x[0-9a-fA-F]{1,13}$/)
  .transform(Number);

const accessListSchema = z
  .array(z.object({ address: bytes, storageKeys: z.array(bytes) }))
  .transform((list) => list.map(({ address, storageKeys }) => [address, storageKeys]));
const authorizationsSchema = z
  .array(z.object({ chainId: integer, address: bytes, nonce: integer, yParity: integer, r: integer, s: integer }))
  .transform((list) => list.map((each) => [each.chainId, each.address, each.nonce, each.yParity, each.r, each.s]));

const common = {
  nonce: integer,
  gas: integer,
  to: bytes.nullish().transform((to) => to ?? new Uint8Array()),
  value: integer,
  input: bytes,
  r: integer,
  s: integer,
};
const parity = { v: small.optional(), yParity: small.optional() };
const accessList = { ...parity, accessList: accessListSchema };
const fees = { ...accessList, maxFeePerGas: integer, maxPriorityFeePerGas: integer };
const legacySchema = z.object({ ...common, gasPrice: integer, v: small });
const type1Schema = z.object({ ...common, ...accessList, gasPrice: integer });
const type2Schema = z.object({ ...common, ...fees });
const type3Schema = type2Schema.extend({ maxFeePerBlobGas: integer, blobVersionedHashes: z.array(bytes) });
const type4Schema = type2Schema.extend({ authorizationList: authorizationsSchema });
const typeSchema = z.object({ type: small.optional() });

/**
 * The transaction that these fields make on a chain.
 *
 * @param raw a transaction as JSON-RPC gives it
 * @returns undefined where a field of the type is not there or malformed, or there is no such type
 */
export function signedTransaction(raw: unknown, chainId: bigint): SignedTransaction | undefined {
  const { data: { type = 0 } = {} } = typeSchema.safeParse(raw);
  if (type === 0) return legacyTransaction(raw, chainId);
  const chain = integerBytes(chainId);
  if (type === 1) {
    const tx = type1Schema.safeParse(raw).data;
    return tx && typed(type, tx, [chain, tx.nonce, tx.gasPrice, tx.gas, tx.to, tx.value, tx.input, tx.accessList]);
  }
  const more =
    type === 2
      ? { tx: type2Schema.safeParse(raw).data, last: [] }
      : type === 3
        ? withLast(type3Schema.safeParse(raw).data, (tx) => [tx.maxFeePerBlobGas, tx.blobVersionedHashes])
        : type === 4
          ? withLast(type4Schema.safeParse(raw).data, (tx) => [tx.authorizationList])
          : undefined;
  const tx = more?.tx;
  if (!more || !tx) return undefined;
  const fee = [tx.maxPriorityFeePerGas, tx.maxFeePerGas];
  return typed(type, tx, [chain, tx.nonce, ...fee, tx.gas, tx.to, tx.value, tx.input, tx.accessList, ...more.last]);
}

const withLast = <T>(tx: T | undefined, last: (tx: T) => Rlp[]) => ({ tx, last: tx ? last(tx) : [] });

interface Parity {
  readonly r: Uint8Array;
  readonly s: Uint8Array;
  readonly v?: number | undefined;
  readonly yParity?: number | undefined;
}

function typed(type: number, { r, s, v, yParity = v }: Parity, fields: readonly Rlp[]): SignedTransaction | undefined {
  if (yParity !== 0 && yParity !== 1) return undefined;
  const envelope = (items: readonly Rlp[]) => keccak256(concatBytes(Uint8Array.of(type), encodeRlp(items)));
  const hash = envelope([...fields, integerBytes(BigInt(yParity)), r, s]);
  return { hash, digest: envelope(fields), signature: signatureOf(r, s, yParity) };
}

function legacyTransaction(raw: unknown, chainId: bigint): SignedTransaction | undefined {
  const tx = legacySchema.safeParse(raw).data;
  if (!tx) return undefined;
  const { r, s, v } = tx;
  const fields = [tx.nonce, tx.gasPrice, tx.gas, tx.to, tx.value, tx.input];
  const isBound = v !== 27 && v !== 28;
  const yParity = BigInt(v) - (isBound ? 35n + 2n * chainId : 27n);
  if (yParity !== 0n && yParity !== 1n) return undefined;
  const signed = isBound ? [...fields, integerBytes(chainId), new Uint8Array(), new Uint8Array()] : fields;
  const hash = keccak256(encodeRlp([...fields, integerBytes(BigInt(v)), r, s]));
  return { hash, digest: keccak256(encodeRlp(signed)), signature: signatureOf(r, s, Number(yParity)) };
}

function signatureOf(r: Uint8Array, s: Uint8Array, yParity: number): Uint8Array {
  const signature = new Uint8Array(65);
  signature.set(r, 32 - r.length);
  signature.set(s, 64 - s.length);
  signature[64] = 27 + yParity;
  return signature;
}

function integerBytes(value: bigint): Uint8Array {
  if (value === 0n) return new Uint8Array();
  const digits = value.toString(16);
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, "hex");
}

type Rlp = Uint8Array | readonly Rlp[];

function encodeRlp(item: Rlp): Uint8Array {
  if (!(item instanceof Uint8Array)) {
    const payload = concatBytes(...item.map(encodeRlp));
    return concatBytes(rlpLength(0xc0, payload.length), payload);
  }
  const [first] = item;
  if (item.length === 1 && first !== undefined && first < 0x80) return item;
  return concatBytes(rlpLength(0x80, item.length), item);
}

function rlpLength(base: number, length: number): Uint8Array {
  if (length < 56) return Uint8Array.of(base + length);
  const written = integerBytes(BigInt(length));
  return Uint8Array.of(base + 55 + written.length, ...written);
}
