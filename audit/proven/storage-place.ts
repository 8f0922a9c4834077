/** Where in a contract's storage something is, as the compiler laid it out. */
import { keccak256 } from "@medexchain/evm";

/** Bytes in a slot, counted from the lowest. */
export interface StoragePlace {
  readonly slot: number;
  readonly offset: number;
  readonly bytes: number;
}

/** The slot itself: 32 bytes as hex. */
export const slotOf = (slot: bigint | number): string => `0x${slot.toString(16).padStart(64, "0")}`;

/**
 * The slot of a mapping's value, or, of a struct, that which is so many slots after its first. Source: the Solidity documentation,
 * "Layout of State Variables in Storage".
 *
 * @param key 32 bytes
 */
export function mappedSlot(mapping: number, key: Uint8Array, after = 0): string {
  const first = keccak256(key, Buffer.from(slotOf(mapping).slice(2), "hex"));
  return slotOf((BigInt(`0x${Buffer.from(first).toString("hex")}`) + BigInt(after)) % 2n ** 256n);
}

/** The part of a word. */
export const partOf = (word: bigint, { offset, bytes }: Pick<StoragePlace, "offset" | "bytes">): bigint =>
  (word >> BigInt(8 * offset)) & (2n ** BigInt(8 * bytes) - 1n);
