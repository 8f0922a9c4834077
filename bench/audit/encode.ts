/**
 * The ABI and RLP encodings that the generator needs, as strings of hex: ethers takes longer for them than the signatures take.
 * `generated-chain.ts` has ethers check the first of each kind.
 */

import type { Hex32 } from "@medexchain/chain";
import { keccak_256 } from "@noble/hashes/sha3.js";

/** A value that takes one word: a number, or `0x` and hex of at most 32 bytes. */
export type Word = bigint | number | string;

/** Words one after the other, without `0x`. Hex of 32 bytes is a word as it is; shorter, as an address is, it is padded on the left. */
export const words = (...values: readonly Word[]): string => {
  let text = "";
  for (const value of values) {
    text += (typeof value === "string" ? value.slice(2) : value.toString(16)).padStart(64, "0");
  }
  return text;
};

/** Dynamic `bytes`: their length, and the bytes up to a whole word. */
export const bytes = (hex: string): string => {
  const text = hex.slice(2);
  return words(text.length / 2) + text.padEnd(Math.ceil(text.length / 64) * 64, "0");
};

/** A list of dynamic items: their number, their offsets, and themselves. */
export const list = (items: readonly string[]): string => {
  const offsets: number[] = [];
  let at = 32 * items.length;
  for (const item of items) {
    offsets.push(at);
    at += item.length / 2;
  }
  return words(items.length, ...offsets) + items.join("");
};

/** Keccak-256 of hex without `0x`. */
export const keccak = (hex: string): Hex32 => `0x${Buffer.from(keccak_256(Buffer.from(hex, "hex"))).toString("hex")}`;

/** RLP of a byte string, both without `0x` (Ethereum yellow paper, appendix B). */
export function rlpBytes(hex: string): string {
  if (hex.length === 2 && Number.parseInt(hex, 16) < 0x80) return hex;
  return rlpLength(hex.length / 2, 0x80) + hex;
}

/** RLP of a list of items that are encoded already. */
export const rlpList = (items: string): string => rlpLength(items.length / 2, 0xc0) + items;

/** RLP of a number: without leading zeros, nothing for zero. */
export const rlpNumber = (value: bigint | number): string => rlpBytes(value === 0 || value === 0n ? "" : even(value));

const even = (value: bigint | number): string => {
  const text = value.toString(16);
  return text.length % 2 === 0 ? text : `0${text}`;
};

function rlpLength(length: number, base: number): string {
  if (length < 56) return even(base + length);
  const text = even(length);
  return even(base + 55 + text.length / 2) + text;
}
