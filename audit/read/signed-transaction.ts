/**
 * What a transaction's sender signed, from the fields that a node tells: Ethereum's envelopes (EIP-155, EIP-2718 with types 1 to 4) in
 * RLP. The fields hash to the transaction's hash, or they are not its own.
 */
import { keccak256, rlpWriter } from "@medexchain/evm";

export interface SignedTransaction {
  /** Of the transaction with these fields and this signature. */
  readonly hash: Uint8Array;
  /** What the sender signed. */
  readonly digest: Uint8Array;
  /** r, s, and v as 27 or 28. */
  readonly signature: Uint8Array;
  /** The transaction as its block has it: what hashes to `hash`. */
  readonly encoded: Uint8Array;
}

/** Fields as a node tells them: anything. Checked by hand, as each of an audit's transactions comes by here. */
type Fields = Readonly<Record<string, unknown>>;

const rlp = rlpWriter();

/**
 * The transaction that these fields make on a chain.
 *
 * @param raw a transaction as JSON-RPC gives it
 * @returns undefined where a field of the type is not there or malformed, or there is no such type
 */
export function signedTransaction(raw: unknown, chainId: bigint): SignedTransaction | undefined {
  if (!isFields(raw)) return undefined;
  const type = smallNumber(raw.type) ?? 0;
  rlp.begin();
  if (type === 0) return legacyTransaction(raw, chainId);
  if (type > 4) return undefined;
  rlp.integer(hexOf(chainId));
  rlp.integer(raw.nonce);
  if (type === 1) rlp.integer(raw.gasPrice);
  else {
    rlp.integer(raw.maxPriorityFeePerGas);
    rlp.integer(raw.maxFeePerGas);
  }
  writeCall(raw);
  let isWhole = writeList(raw.accessList, ({ address, storageKeys }) => {
    rlp.bytes(address);
    return writeBytesList(storageKeys);
  });
  if (type === 3) {
    rlp.integer(raw.maxFeePerBlobGas);
    isWhole &&= writeBytesList(raw.blobVersionedHashes);
  }
  if (type === 4) {
    isWhole &&= writeList(raw.authorizationList, ({ chainId, address, nonce, yParity, r, s }) => {
      rlp.integer(chainId);
      rlp.bytes(address);
      for (const each of [nonce, yParity, r, s]) rlp.integer(each);
      return true;
    });
  }
  const yParity = parityOf(raw);
  if (!isWhole || yParity === undefined) return undefined;
  const digest = rlp.hash(type);
  rlp.integer(yParity === 0 ? "0x0" : "0x1");
  return withSignature(raw, digest, yParity, type);
}

function legacyTransaction(raw: Fields, chainId: bigint): SignedTransaction | undefined {
  const v = smallNumber(raw.v);
  if (v === undefined) return undefined;
  const isBound = v !== 27 && v !== 28;
  const yParity = BigInt(v) - (isBound ? 35n + 2n * chainId : 27n);
  if (yParity !== 0n && yParity !== 1n) return undefined;
  rlp.integer(raw.nonce);
  rlp.integer(raw.gasPrice);
  writeCall(raw);
  const end = rlp.position();
  if (isBound) {
    rlp.integer(hexOf(chainId));
    rlp.bytes("0x");
    rlp.bytes("0x");
  }
  const digest = rlp.hash();
  rlp.rewind(end);
  rlp.integer(raw.v);
  return withSignature(raw, digest, Number(yParity));
}

/** What all types have in the same order. */
function writeCall({ gas, to, value, input }: Fields): void {
  rlp.integer(gas);
  rlp.bytes(to ?? "0x");
  rlp.integer(value);
  rlp.bytes(input);
}

/** Ends what is being written with r and s. */
function withSignature(
  { r, s }: Fields,
  digest: Uint8Array | undefined,
  yParity: number,
  type?: number,
): SignedTransaction | undefined {
  const signature = new Uint8Array(65);
  for (const [value, end] of [
    [r, 32],
    [s, 64],
  ] as const) {
    rlp.integer(value);
    const bytes = rlp.last();
    signature.set(bytes, end - bytes.length);
  }
  signature[64] = 27 + yParity;
  const encoded = rlp.encoded(type);
  return digest && encoded && { hash: keccak256(encoded), digest, signature, encoded };
}

/** As the newer field has it, or the older one; undefined where one is there and malformed, or says neither 0 nor 1. */
function parityOf({ v, yParity }: Fields): number | undefined {
  const [older, newer] = [smallNumber(v), smallNumber(yParity)];
  if ((v !== undefined && older === undefined) || (yParity !== undefined && newer === undefined)) return undefined;
  const parity = newer ?? older;
  return parity === 0 || parity === 1 ? parity : undefined;
}

/** False where it is no list of objects that the function takes. */
function writeList(list: unknown, write: (each: Fields) => boolean): boolean {
  if (!Array.isArray(list)) return false;
  let isWhole = true;
  rlp.list(() => {
    for (const each of list) {
      if (isFields(each)) rlp.list(() => (isWhole = write(each) && isWhole));
      else isWhole = false;
    }
  });
  return isWhole;
}

function writeBytesList(list: unknown): boolean {
  if (!Array.isArray(list)) return false;
  rlp.list(() => {
    for (const each of list) rlp.bytes(each);
  });
  return true;
}

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null;

/** A quantity of at most 52 bits; undefined for all else. */
const smallNumber = (value: unknown): number | undefined =>
  typeof value === "string" && /^0x[0-9a-fA-F]{1,13}$/.test(value) ? Number(value) : undefined;

const hexOf = (value: bigint): string => `0x${value.toString(16)}`;
