import { MedexError } from "@medexchain/core";
import { type Block, blockIdOf, MAX_PARENTS, parseBlock } from "@medexchain/tangle";
import { bytesToHex } from "@noble/hashes/utils.js";
import { DagStore } from "./dag-store.ts";
import { powScore } from "./pow-score.ts";
import { StardustError } from "./stardust-error.ts";

/** One Tangle node on its own: it takes blocks that obey the protocol and keeps them. It has no peers and no milestones. */
export class TangleNode {
  readonly minPowScore: number;
  readonly #store: DagStore;

  private constructor(store: DagStore, minPowScore: number) {
    this.#store = store;
    this.minPowScore = minPowScore;
  }

  static async open(directory: string, minPowScore: number): Promise<TangleNode> {
    // the score is an unsigned 32-bit number in the node's info (TIP-25)
    if (!Number.isInteger(minPowScore) || minPowScore < 0 || minPowScore > 0xffff_ffff) {
      throw new MedexError("CONFIG_INVALID", "Tangle server: minPowScore must be a whole number from 0 to 2^32 - 1");
    }
    return new TangleNode(await DagStore.open(directory), minPowScore);
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  tips(): string[] {
    return this.#store.tips(MAX_PARENTS);
  }

  /**
   * Takes a block: well-formed, enough work, all parents known.
   *
   * @returns its id
   * @throws StardustError 400, or 503 when the work was left to this node, which does none
   */
  async accept(bytes: Uint8Array): Promise<string> {
    const block = this.#parse(bytes);
    if (powScore(bytes) < this.minPowScore) {
      // Hornet's words; the SDK looks for them and then does the work itself
      if (block.nonce === 0n)
        throw new StardustError(503, "failed to attach block: proof of work is not enabled on this node");
      throw invalid(`insufficient proof of work: the score must be at least ${this.minPowScore}`);
    }
    for (const parent of block.parents) {
      const id = `0x${bytesToHex(parent)}`;
      if (!this.#store.has(id)) throw invalid(`parent ${id} is not known`);
    }
    const blockId = blockIdOf(bytes);
    await this.#store.add(blockId, bytes);
    return blockId;
  }

  /** @throws StardustError 404 */
  async bytesOf(blockId: string): Promise<Uint8Array> {
    const bytes = await this.#store.get(blockId);
    if (bytes === undefined) throw new StardustError(404, `block not found: ${blockId}`);
    return bytes;
  }

  /** @throws StardustError 404 */
  parentsOf(blockId: string): readonly string[] {
    const parents = this.#store.parentsOf(blockId);
    if (parents === undefined) throw new StardustError(404, `block not found: ${blockId}`);
    return parents;
  }

  #parse(bytes: Uint8Array): Block {
    try {
      return parseBlock(bytes);
    } catch (error) {
      throw MedexError.is(error) ? invalid(error.message) : error;
    }
  }
}

function invalid(why: string): StardustError {
  return new StardustError(400, `invalid parameter: invalid block, error: ${why}`);
}
