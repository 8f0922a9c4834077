/** Keys that sign digests and transactions: the same every time, so that runs compare. */
import { hash as digest } from "node:crypto";
import { instantiateSecp256k1 } from "@bitauth/libauth";
import { type Hex32, MESSAGE_DOMAINS, MESSAGE_TYPES, toHex32, type VerifyingContract } from "@medexchain/chain";
import { rlpWriter } from "@medexchain/evm";
import { computeAddress, getBytes, id, TypedDataEncoder } from "ethers";
import { keccak, type Word, words } from "./encode.ts";

const secp256k1 = await instantiateSecp256k1();
const rlp = rlpWriter();

/** EIP-1559's type. */
const TYPE = 2;

export interface Account {
  /** In lower case. */
  readonly address: string;
  /** A signature of a digest as contracts take it: r, s, v. */
  sign(digest: string): string;
  /** The account's next transaction on a chain, as a node tells it, with everything that it takes to recover the sender. */
  transaction(chainId: bigint, to: string | null, input: string): Transaction;
}

export type Transaction = Readonly<Record<string, unknown>> & { readonly hash: Hex32 };

export async function accountOf(name: string): Promise<Account> {
  const secret = id(name);
  const key = getBytes(secret);
  const address = computeAddress(secret).toLowerCase();
  const nonces = new Map<bigint, number>();
  const raw = (digest: string) => {
    const made = secp256k1.signMessageHashRecoverableCompact(key, Buffer.from(digest.slice(2), "hex"));
    if (typeof made === "string") throw new Error(made);
    return { rs: Buffer.from(made.signature).toString("hex"), parity: made.recoveryId };
  };
  return {
    address,
    sign(digest) {
      const { rs, parity } = raw(digest);
      return `0x${rs}${(27 + parity).toString(16)}`;
    },
    transaction(chainId, to, input) {
      const nonce = nonces.get(chainId) ?? 0;
      nonces.set(chainId, nonce + 1);
      writeFields(chainId, nonce, to, input);
      const { rs, parity } = raw(hashed());
      const [r, s] = [BigInt(`0x${rs.slice(0, 64)}`), BigInt(`0x${rs.slice(64)}`)];
      for (const each of [parity, r, s]) rlp.number(each);
      const hash = hashed();
      const [v, yParity] = [quantity(parity), quantity(parity)];
      return {
        ...common(chainId, address, to, input),
        hash,
        nonce: quantity(nonce),
        v,
        yParity,
        r: quantity(r),
        s: quantity(s),
      };
    },
  };
}

/** EIP-1559: chain, nonce, tip, fee, gas, to, value, input, access list. Parity, r and s come after. */
function writeFields(chainId: bigint, nonce: number, to: string | null, input: string): void {
  rlp.begin();
  for (const each of [chainId, nonce, 1, FEE, GAS]) rlp.number(each);
  rlp.bytes(to ?? "0x");
  rlp.number(0);
  rlp.bytes(input);
  rlp.list(() => undefined);
}

/** Of what was written last. */
function hashed(): Hex32 {
  const digest = rlp.hash(TYPE);
  if (!digest) throw new TypeError("an address or a call's data is not hexadecimal");
  return toHex32(digest);
}

/** A transaction as its block has it. */
export function encodedOf({ chainId, nonce, to, input, yParity, r, s }: Transaction): Uint8Array | undefined {
  writeFields(BigInt(String(chainId)), Number(nonce), to === null ? null : String(to), String(input));
  for (const each of [yParity, r, s]) rlp.integer(each);
  return rlp.encoded(TYPE);
}

/**
 * A transaction whose signature is made up: for calls that anyone may carry, since what they carry is signed. Signing every transaction
 * would take most of the generator's time.
 */
export function unsigned(chainId: bigint, from: string, to: string, input: string): Transaction {
  const [r, s] = ["r", "s"].map((part) => filler(`${part} ${chainId} ${input}`)) as [Hex32, Hex32]; // two
  writeFields(chainId, 0, to, input);
  for (const each of [0n, BigInt(r), BigInt(s)]) rlp.number(each);
  const told = { nonce: "0x0", v: "0x0", yParity: "0x0", r: quantity(BigInt(r)), s: quantity(BigInt(s)) };
  return { ...common(chainId, from, to, input), hash: hashed(), ...told };
}

const common = (chainId: bigint, from: string, to: string | null, input: string) => ({
  type: "0x2",
  chainId: quantity(chainId),
  from,
  to,
  value: "0x0",
  gas: quantity(GAS),
  maxPriorityFeePerGas: "0x1",
  maxFeePerGas: quantity(FEE),
  gasPrice: quantity(FEE),
  input,
  accessList: [],
});

const GAS = 10_000_000;
const FEE = 1_000_000_000;

/** A digest of something that the history names and does not have. */
export const filler = (text: string): Hex32 => `0x${digest("sha256", text)}`;

/** A number as JSON-RPC has it. */
export const quantity = (value: bigint | number): string => `0x${value.toString(16)}`;

/** Makes EIP-712 digests of one message type under one contract: of its fields, a word each. */
export function digester(
  type: keyof typeof MESSAGE_TYPES,
  contract: VerifyingContract,
): (...fields: readonly Word[]) => Hex32 {
  const typed = TypedDataEncoder.from({ [type]: MESSAGE_TYPES[type] });
  const typeHash = id(typed.encodeType(type)).slice(2);
  const domain = {
    name: MESSAGE_DOMAINS[type],
    version: "1",
    chainId: contract.chainId,
    verifyingContract: contract.address,
  };
  const separator = TypedDataEncoder.hashDomain(domain).slice(2);
  return (...fields) => keccak(`1901${separator}${keccak(typeHash + words(...fields)).slice(2)}`);
}
