import { MedexError } from "@medexchain/core";
import { parseBlock, type TaggedData } from "./block.ts";

/** The node answered with bytes that are not the block that was asked for. */
export class BlockMismatch extends MedexError {
  readonly #bytes: Uint8Array;

  constructor(url: string, blockId: string, bytes: Uint8Array) {
    super("TANGLE_BLOCK_MISMATCH", `Tangle at ${url}: answered block ${blockId} with another block`);
    this.#bytes = bytes;
  }

  /** What the answer holds, if it is a block with tagged data: good only for saying what went wrong. */
  get answered(): TaggedData | undefined {
    try {
      return parseBlock(this.#bytes).payload;
    } catch {
      return undefined;
    }
  }
}
