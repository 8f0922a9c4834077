/** One generated chain on disk: of each block its logs and itself, as JSON that a node answers with. */
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { ABIS, type Deployment } from "@medexchain/chain";
import { Interface, id, ZeroHash } from "ethers";
import { filler, quantity, type Transaction } from "./sign.ts";

export type ContractName = keyof typeof ABIS;
const INTERFACES = Object.fromEntries(Object.entries(ABIS).map(([name, abi]) => [name, new Interface(abi)])) as Record<
  ContractName,
  Interface
>; // the same keys

/** The first topic of an event, or the first four bytes of a function's calldata. */
export const topicOf = (contract: ContractName, event: string): string =>
  INTERFACES[contract].getEvent(event)?.topicHash ?? missing(contract, event);
export const selectorOf = (contract: ContractName, name: string): string =>
  INTERFACES[contract].getFunction(name)?.selector ?? missing(contract, name);

export class GeneratedChain {
  readonly deployment: Deployment;
  readonly #file: number;
  readonly #offsets: { at: number; logs: number; block: number }[] = [];
  #end = 0;
  #parent: string = ZeroHash;
  #transactions: Transaction[] = [];
  #logs: object[] = [];
  readonly #seen = new Set<string>();

  constructor(path: string, deployment: Deployment) {
    this.deployment = deployment;
    this.#file = openSync(path, "w+");
  }

  get latest(): number {
    return this.#offsets.length - 1;
  }

  transaction(transaction: Transaction): void {
    this.#transactions.push(transaction);
  }

  /** A log of the last transaction. Topics are words with `0x`, data without. */
  log(contract: ContractName, topics: readonly string[], data: string): void {
    this.#check(contract, topics, `0x${data}`);
    this.#logs.push({
      address: this.deployment[contract],
      topics,
      data: `0x${data}`,
      transactionHash: this.#transactions.at(-1)?.hash,
      transactionIndex: quantity(this.#transactions.length - 1),
    });
  }

  /** @param time of the block, Unix seconds */
  seal(time: bigint): void {
    const number = quantity(this.#offsets.length);
    const hash = filler(`${this.deployment.chainId} block ${number}`);
    const logs = this.#logs.map((log, index) =>
      JSON.stringify({ ...log, blockNumber: number, blockHash: hash, logIndex: quantity(index), removed: false }),
    );
    const transactions = this.#transactions.map((transaction, index) => ({
      ...transaction,
      blockNumber: number,
      blockHash: hash,
      transactionIndex: quantity(index),
    }));
    const block = JSON.stringify({ number, hash, parentHash: this.#parent, timestamp: quantity(time), transactions });
    const text = logs.join(",");
    // Hex and names: a byte for each character.
    writeSync(this.#file, text + block, null, "latin1");
    this.#offsets.push({ at: this.#end, logs: text.length, block: block.length });
    this.#end += text.length + block.length;
    this.#parent = hash;
    this.#transactions = [];
    this.#logs = [];
  }

  /** The array of all logs of some blocks. */
  logsJson(from: number, to: number): Buffer {
    const parts: Buffer[] = [];
    for (const { at, logs } of this.#offsets.slice(from, to + 1)) {
      if (logs > 0) parts.push(parts.length > 0 ? COMMA : OPEN, this.#read(at, logs));
    }
    return Buffer.concat(parts.length > 0 ? [...parts, CLOSE] : [OPEN, CLOSE]);
  }

  blockJson(number: number): Buffer {
    const offset = this.#offsets[number];
    return offset ? this.#read(offset.at + offset.logs, offset.block) : Buffer.from("null");
  }

  close(): void {
    closeSync(this.#file);
  }

  #read(at: number, length: number): Buffer {
    const buffer = Buffer.allocUnsafe(length);
    readSync(this.#file, buffer, 0, length, at);
    return buffer;
  }

  /** The first log of each event must be what ethers makes of the ABI. */
  #check(contract: ContractName, topics: readonly string[], data: string): void {
    const [topic = ""] = topics;
    if (this.#seen.has(topic)) return;
    this.#seen.add(topic);
    const abi = INTERFACES[contract];
    const parsed = abi.parseLog({ topics: [...topics], data });
    const again = parsed && abi.encodeEventLog(parsed.fragment, [...parsed.args]);
    if (!again || again.data !== data || again.topics.join() !== topics.join())
      throw new Error(`the generator does not encode ${parsed?.name ?? topic} as its ABI has it`);
  }
}

/** Calldata must be what ethers makes of the ABI. */
export function checkCall(contract: ContractName, input: string): void {
  const abi = INTERFACES[contract];
  const parsed = abi.parseTransaction({ data: input });
  if (!parsed || abi.encodeFunctionData(parsed.fragment, [...parsed.args]) !== input)
    throw new Error(`the generator does not encode ${parsed?.name ?? input.slice(0, 10)} as its ABI has it`);
}

const [OPEN, COMMA, CLOSE] = ["[", ",", "]"].map((text) => Buffer.from(text)) as [Buffer, Buffer, Buffer]; // three of them

function missing(contract: ContractName, name: string): never {
  throw new Error(`${contract} has no ${name} (${id(name).slice(0, 10)})`);
}
