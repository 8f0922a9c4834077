import { MedexError } from "@medexchain/core";
import type { Interface, ParamType } from "ethers";
import { encodeCall } from "./encode-call.ts";

const WORD = 64;

/** A contract's view of one id that returns one struct without dynamic parts. */
export interface StructView {
  encode(id: string): string;
  /** @throws SERVICE_PROTOCOL when the answer is not of that form */
  decode(answer: string): Record<string, string | bigint | boolean>;
}

/**
 * Prepares a view once. ethers makes its coders anew, and hashes the function's name, at each call: several times what the node takes
 * to answer.
 */
export function structView(abi: Interface, method: string): StructView {
  const view = abi.getFunction(method);
  const fields = view?.outputs[0]?.components;
  if (!view || !fields) throw new TypeError(`${method} returns no struct`);
  const { selector } = view;
  const readers = fields.map((field) => [field.name, readerOf(field)] as const);
  return {
    encode: (id) => selector + id.slice(2),
    decode: (answer) => {
      if (answer.length !== 2 + WORD * readers.length) {
        throw new MedexError("SERVICE_PROTOCOL", `a node's answer to ${method} has the wrong length; check the node`);
      }
      const word = (index: number): string => answer.slice(2 + WORD * index, 2 + WORD * (index + 1));
      return Object.fromEntries(readers.map(([name, read], index) => [name, read(word(index))]));
    },
  };
}

/** A contract's view of a range that returns ids, and a struct without dynamic parts for each. */
export interface StructPageView {
  encode(from: number, count: number): string;
  /** @throws SERVICE_PROTOCOL when the answer is not of that form */
  decode(answer: string): { readonly ids: string[]; readonly page: Record<string, string | bigint | boolean>[] };
}

/** Prepares a view once, as `structView` does: `(uint64 from, uint64 count) → (bytes32[] ids, T[] page)`. */
export function structPageView(abi: Interface, method: string): StructPageView {
  const view = abi.getFunction(method);
  const fields = view?.outputs[1]?.arrayChildren?.components;
  if (!view || !fields || view.outputs[0]?.type !== "bytes32[]") throw new TypeError(`${method} returns no page`);
  const readers = fields.map((field) => [field.name, readerOf(field)] as const);
  return {
    encode: (from, count) => encodeCall(abi, method, [from, count]),
    decode: (answer) => {
      const word = (index: number): string => answer.slice(2 + WORD * index, 2 + WORD * (index + 1));
      const length = Number(`0x${word(2) || "0"}`);
      // Two offsets, the ids with their count, the structs with theirs: there is one way to write it, which the contracts' compiler writes.
      const words = 4 + length * (1 + readers.length);
      const isPage =
        answer.length === 2 + WORD * words &&
        BigInt(`0x${word(0)}`) === 64n &&
        BigInt(`0x${word(1)}`) === BigInt(32 * (3 + length)) &&
        BigInt(`0x${word(3 + length)}`) === BigInt(length);
      if (!isPage) {
        throw new MedexError("SERVICE_PROTOCOL", `a node's answer to ${method} is not a page of it; check the node`);
      }
      const structAt = (index: number): Record<string, string | bigint | boolean> => {
        const first = 4 + length + index * readers.length;
        return Object.fromEntries(readers.map(([name, read], field) => [name, read(word(first + field))]));
      };
      const indices = Array.from({ length }, (_, index) => index);
      return { ids: indices.map((index) => `0x${word(3 + index)}`), page: indices.map(structAt) };
    },
  };
}

/** Reads a word, 64 hexadecimal digits, as what a parameter is. */
export function readerOf({ type, name }: ParamType): (word: string) => string | bigint | boolean {
  if (type === "bytes32") return (word) => `0x${word}`;
  if (type === "address") return (word) => `0x${word.slice(24)}`;
  if (type === "bool") return (word) => BigInt(`0x${word}`) !== 0n;
  if (/^uint\d+$/.test(type)) return (word) => BigInt(`0x${word}`);
  throw new TypeError(`${name}: ${type} is not one word`);
}
