/**
 * The blocks of a development chain as a QBFT network would have them. EDR makes blocks without seals; here each gets validators, a round and
 * seals in its extra data, and so another hash, which its child names. All that the seals vouch for is EDR's own: the roots of state, transactions
 * and receipts.
 */
import type { JsonRpc } from "@medexchain/evm";
import { type SealedFields, sealBlock, type UnsealedBlock } from "./seal-block.ts";
import type { Validator } from "./validators.ts";

/** Blocks that are asked for at once. */
const PAGE = 100;

interface SealedBlock {
  /** The block's hash at the node. */
  readonly unsealed: string;
  readonly fields: SealedFields;
}

export class SealedChain {
  readonly #node: JsonRpc;
  readonly #validators: readonly Validator[];
  /** By number. */
  readonly #blocks: SealedBlock[] = [];
  readonly #numbers = new Map<string, number>();
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(node: JsonRpc, validators: readonly Validator[]) {
    this.#node = node;
    this.#validators = validators;
  }

  /** Seals every block that the node has now. */
  catchUp(): Promise<void> {
    // Whoever asks while blocks are being read may mean a later one: all of those wait for one more look.
    this.#next ??= this.#running
      .catch(() => undefined) // whoever waited for it was told
      .then(() => {
        this.#next = undefined;
        this.#running = this.#sealUpToHead();
        return this.#running;
      });
    return this.#next;
  }

  /** The sealed block's fields by the hash that the node has for the block; undefined where it is not (or no longer) the hash of one. */
  sealed(unsealed: string): SealedFields | undefined {
    return this.#blocks[this.#numbers.get(unsealed) ?? -1]?.fields;
  }

  /** The node's hash of the block with this sealed hash; undefined where there is none. */
  unsealed(sealed: string): string | undefined {
    return this.#blocks[this.#numbers.get(sealed) ?? -1]?.unsealed;
  }

  async #sealUpToHead(): Promise<void> {
    for (;;) {
      const [head] = await this.#read(["latest"]);
      if (head === undefined) throw new TypeError("a chain has a latest block");
      const height = Number(head.number);
      // What the node took back (`evm_revert`) is not sealed any more.
      while (this.#blocks.length > height + 1) this.#drop();
      if (this.#blocks[height]?.unsealed === head.hash) return;
      if (this.#blocks.length === height + 1) this.#drop();
      const from = this.#blocks.length;
      const count = Math.min(height + 1 - from, PAGE);
      const page = await this.#read(Array.from({ length: count }, (_, at) => `0x${(from + at).toString(16)}`));
      for (const block of page) if (!this.#append(block)) break;
    }
  }

  async #read(tags: readonly string[]): Promise<UnsealedBlock[]> {
    const calls = tags.map((tag) => ({ method: "eth_getBlockByNumber", params: [tag, false] }));
    return (await this.#node.batch(calls)) as UnsealedBlock[]; // EDR's, which runs beside this
  }

  /**
   * False where the block does not follow the last one: the node has taken that back meanwhile. Blocks that `hardhat_mine` made by the hundred
   * name no parent.
   */
  #append(block: UnsealedBlock): boolean {
    const number = this.#blocks.length;
    const parent = this.#blocks.at(-1);
    if (parent && parent.unsealed !== block.parentHash && BigInt(block.parentHash) !== 0n) {
      this.#drop();
      return false;
    }
    const fields = sealBlock(block, parent?.fields.hash ?? block.parentHash, this.#validators);
    this.#blocks.push({ unsealed: block.hash, fields });
    this.#numbers.set(block.hash, number).set(fields.hash, number);
    return true;
  }

  #drop(): void {
    const last = this.#blocks.pop();
    if (!last) return;
    this.#numbers.delete(last.unsealed);
    this.#numbers.delete(last.fields.hash);
  }
}
