/** One generated chain on disk: of each block its logs and itself, as JSON that a node answers with. */
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { ABIS, type Deployment } from "@medexchain/chain";
import { encodedReceipt, listRoot } from "@medexchain/evm";
import { Interface, id, ZeroHash } from "ethers";
import type { BlockSealer } from "./block-sealer.ts";
import { encodedOf, filler, quantity, type Transaction } from "./sign.ts";
import { type ProvenState, type State, stateTrie } from "./state-trie.ts";

const MANAGER = [
  "event RoleGranted(uint64 indexed roleId, address indexed account, uint32 delay, uint48 since, bool newMember)",
];
const GENERATED = { ...ABIS, manager: MANAGER };
export type ContractName = keyof typeof GENERATED;
const INTERFACES = Object.fromEntries(
  Object.entries(GENERATED).map(([name, abi]) => [name, new Interface(abi)]),
) as Record<ContractName, Interface>; // the same keys

const NO_BLOOM = `0x${"00".repeat(256)}`;

/** The first topic of an event, or the first four bytes of a function's calldata. */
export const topicOf = (contract: ContractName, event: string): string =>
  INTERFACES[contract].getEvent(event)?.topicHash ?? missing(contract, event);
export const selectorOf = (contract: ContractName, name: string): string =>
  INTERFACES[contract].getFunction(name)?.selector ?? missing(contract, name);

export class GeneratedChain {
  readonly deployment: Deployment;
  readonly #file: number;
  readonly #sealer: BlockSealer | undefined;
  readonly #offsets: {
    at: number;
    lengths: readonly [logs: number, block: number, header: number, receipts: number];
  }[] = [];
  #state: ProvenState | undefined;
  #end = 0;
  #parent: string = ZeroHash;
  #transactions: Transaction[] = [];
  #logs: (object & { readonly transactionIndex: string })[] = [];
  readonly #seen = new Set<string>();

  /** @param sealer who seals its blocks; without, they have hashes of nothing */
  constructor(path: string, deployment: Deployment, sealer?: BlockSealer) {
    this.deployment = deployment;
    this.#sealer = sealer;
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
    const { hash: transactionHash } = this.#transactions.at(-1) ?? {};
    const transactionIndex = quantity(this.#transactions.length - 1);
    const made = { address: this.deployment[contract], topics, data: `0x${data}`, transactionHash, transactionIndex };
    this.#logs.push(made);
  }

  /** Ends a sealed chain with a block whose header commits to a state. */
  async sealState(time: bigint, state: State): Promise<void> {
    this.#state = await stateTrie(state);
    this.seal(time, this.#state.root);
  }

  /** @param time of the block, Unix seconds */
  seal(time: bigint, stateRoot: string = ZeroHash): void {
    const number = quantity(this.#offsets.length);
    const header = this.#headerOf(number, quantity(time), stateRoot);
    const { hash } = header;
    const logs = this.#logs.map((log, index) =>
      JSON.stringify({ ...log, blockNumber: number, blockHash: hash, logIndex: quantity(index), removed: false }),
    );
    const transactions = this.#transactions.map((transaction, index) => ({
      ...transaction,
      blockNumber: number,
      blockHash: hash,
      transactionIndex: quantity(index),
    }));
    const block = JSON.stringify({ ...header, transactions });
    const alone = JSON.stringify({ ...header, transactions: transactions.map((each) => each.hash) });
    const receipts = this.#sealer
      ? `[${this.#receiptsWith(logs, { blockHash: hash, blockNumber: number }).join(",")}]`
      : "";
    const texts = [logs.join(","), block, alone, receipts] as const;
    // Hex and names: a byte for each character.
    writeSync(this.#file, texts.join(""), null, "latin1");
    const [inLogs, inBlock, inHeader, inReceipts] = texts.map(({ length }) => length) as [
      number,
      number,
      number,
      number,
    ]; // four
    this.#offsets.push({ at: this.#end, lengths: [inLogs, inBlock, inHeader, inReceipts] });
    this.#end += inLogs + inBlock + inHeader + inReceipts;
    this.#parent = hash;
    this.#transactions = [];
    this.#logs = [];
  }

  /** The array of all logs of some blocks. */
  logsJson(from: number, to: number): Buffer {
    const parts: Buffer[] = [];
    for (const { at, lengths } of this.#offsets.slice(from, to + 1)) {
      const [logs] = lengths;
      if (logs > 0) parts.push(parts.length > 0 ? COMMA : OPEN, this.#read(at, logs));
    }
    return Buffer.concat(parts.length > 0 ? [...parts, CLOSE] : [OPEN, CLOSE]);
  }

  /** @param isWhole with its transactions, not their hashes */
  blockJson(number: number, isWhole = true): Buffer {
    return this.#part(number, isWhole ? 1 : 2);
  }

  receiptsJson(number: number): Buffer {
    return this.#part(number, 3);
  }

  /** As `eth_getProof` answers at the last block. */
  async proofJson(address: string, slots: readonly string[]): Promise<string> {
    return JSON.stringify((await this.#state?.proof(address.toLowerCase(), slots)) ?? null);
  }

  #part(number: number, part: 1 | 2 | 3): Buffer {
    const offset = this.#offsets[number];
    if (!offset) return Buffer.from("null");
    const before = offset.lengths.slice(0, part).reduce((sum, each) => sum + each, 0);
    return this.#read(offset.at + before, offset.lengths[part]);
  }

  #headerOf(number: string, timestamp: string, stateRoot: string): { readonly hash: string } {
    const linked = { number, parentHash: this.#parent, timestamp };
    if (!this.#sealer) return { ...linked, hash: filler(`${this.deployment.chainId} block ${number}`) };
    const rootOf = (items: readonly (Uint8Array | undefined)[]) => {
      if (!items.every((each) => each !== undefined)) throw new TypeError("a receipt that is none");
      return `0x${Buffer.from(listRoot(items)).toString("hex")}`;
    };
    const transactionsRoot = rootOf(this.#transactions.map(encodedOf));
    const receiptsRoot = rootOf(this.#receipts().map(encodedReceipt));
    const sealed = this.#sealer.seal({ ...linked, stateRoot, transactionsRoot, receiptsRoot });
    return { ...sealed, hash: sealed.hash ?? "" };
  }

  /** Of the block that is being made, with their logs, which lack where they are. */
  #receipts(): (object & { readonly logs: readonly object[] })[] {
    return this.#transactions.map(({ hash, from, to }, place) => ({
      type: "0x2",
      status: "0x1",
      cumulativeGasUsed: quantity(100_000 * (place + 1)),
      gasUsed: quantity(100_000),
      effectiveGasPrice: "0x0",
      logsBloom: NO_BLOOM,
      transactionHash: hash,
      transactionIndex: quantity(place),
      from,
      to,
      contractAddress: null,
      logs: this.#logs.filter(({ transactionIndex }) => transactionIndex === quantity(place)),
    }));
  }

  /** As JSON, with the logs' JSON in its place. */
  #receiptsWith(logs: readonly string[], where: object): string[] {
    let next = 0;
    return this.#receipts().map(({ logs: own, ...receipt }) => {
      const told = logs.slice(next, next + own.length);
      next += own.length;
      return `${JSON.stringify({ ...receipt, ...where }).slice(0, -1)},"logs":[${told.join(",")}]}`;
    });
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
