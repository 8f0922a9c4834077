import { MedexError } from "@medexchain/core";
import type { Interface, ParamType } from "ethers";
import { readerOf } from "./struct-view.ts";

const WORD = 64;

/** A value of an event: a word, a struct of words, or bytes in hexadecimal. */
export type EventValue = string | bigint | boolean | { readonly [name: string]: string | bigint | boolean };

/** Of a log, what is decoded. */
export interface RawLog {
  readonly topics: readonly string[];
  readonly data: string;
}

/** An event whose parameters are words, structs of words, or `bytes`. */
export interface EventView {
  readonly topic: string;
  /** @throws SERVICE_PROTOCOL when the log is not of that form */
  decode(log: RawLog): Record<string, EventValue>;
}

/** Prepares an event once, as `structView` does a view: ethers makes its coders anew for each log. */
export function eventView(abi: Interface, name: string): EventView {
  const event = abi.getEvent(name);
  if (!event) throw new TypeError(`there is no event ${name}`);
  const malformed = () => new MedexError("SERVICE_PROTOCOL", `a node's log of ${name} is malformed; check the node`);
  const indexed = event.inputs.filter((input) => input.indexed).map((input) => [input.name, readerOf(input)] as const);
  const unindexed = event.inputs.filter((input) => !input.indexed).map((input) => [input.name, partOf(input)] as const);
  return {
    topic: event.topicHash,
    decode: ({ topics, data }) => {
      const values: Record<string, EventValue> = {};
      for (const [index, [key, read]] of indexed.entries()) {
        const topic = topics[index + 1];
        if (topic?.length !== 2 + WORD) throw malformed();
        values[key] = read(topic.slice(2));
      }
      const head = { data: data.slice(2), at: 0 };
      for (const [key, read] of unindexed) {
        const value = read(head);
        if (value === undefined) throw malformed();
        values[key] = value;
      }
      return values;
    },
  };
}

/** The data of a log, and where the next parameter begins in its head. */
interface Head {
  readonly data: string;
  at: number;
}

/** Reads a parameter; undefined where the data end before it does. */
function partOf(param: ParamType): (head: Head) => EventValue | undefined {
  if (param.type === "bytes") {
    return (head) => {
      const start = 2 * Number(`0x${take(head)}`); // not a number where there is no word, and then nothing is found
      const length = 2 * Number(`0x${head.data.slice(start, start + WORD)}`);
      const bytes = head.data.slice(start + WORD, start + WORD + length);
      return bytes.length === length ? `0x${bytes}` : undefined;
    };
  }
  if (param.components === null) {
    const read = readerOf(param);
    return (head) => {
      const word = take(head);
      return word === undefined ? undefined : read(word);
    };
  }
  const readers = param.components.map((field) => [field.name, readerOf(field)] as const);
  return (head) => {
    const struct: Record<string, string | bigint | boolean> = {};
    for (const [name, read] of readers) {
      const word = take(head);
      if (word === undefined) return undefined;
      struct[name] = read(word);
    }
    return struct;
  };
}

function take(head: Head): string | undefined {
  const word = head.data.slice(head.at, head.at + WORD);
  head.at += WORD;
  return word.length === WORD ? word : undefined;
}
