import { MedexError } from "@medexchain/core";
import type { Interface, ParamType } from "ethers";

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

/** Reads a word, 64 hexadecimal digits, as what a parameter is. */
export function readerOf({ type, name }: ParamType): (word: string) => string | bigint | boolean {
  if (type === "bytes32") return (word) => `0x${word}`;
  if (type === "address") return (word) => `0x${word.slice(24)}`;
  if (type === "bool") return (word) => BigInt(`0x${word}`) !== 0n;
  if (/^uint\d+$/.test(type)) return (word) => BigInt(`0x${word}`);
  throw new TypeError(`${name}: ${type} is not one word`);
}
