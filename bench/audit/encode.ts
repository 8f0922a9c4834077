/**
 * The ABI encodings that the generator needs, as strings of hex: ethers takes longer for them than the signatures take.
 * `generated-chain.ts` has ethers check the first of each kind.
 */

import { type Hex32, toHex32 } from "@medexchain/chain";
import { keccak256 } from "@medexchain/evm";

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
export const keccak = (hex: string): Hex32 => toHex32(keccak256(Buffer.from(hex, "hex")));
