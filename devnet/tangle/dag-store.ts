import { type FileHandle, mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { MedexError } from "@medexchain/core";
import { blockIdBytes, blockIdOf, MAX_BLOCK_BYTES, parseBlock } from "@medexchain/tangle";
import { bytesToHex, concatBytes } from "@noble/hashes/utils.js";

/** The block that everything stands on: Stardust's solid entry point. It has no bytes. */
export const GENESIS_ID = `0x${"00".repeat(32)}`;

/** Before each block in the log: its length (4 bytes, little-endian) and its id (32 bytes). */
const RECORD_HEAD_BYTES = 36;

interface Entry {
  readonly offset: number;
  readonly length: number;
  readonly parents: readonly string[];
}

/**
 * The DAG of blocks, in one append-only file. A block is on disk before it is acknowledged (it survives the process; the
 * operating system's cache is not flushed). At start the file is read whole and each block checked by its id; a record cut
 * short at the end, as a kill leaves it, is removed.
 */
export class DagStore {
  readonly #file: FileHandle;
  readonly #entries = new Map<string, Entry>();
  /** Blocks that no block has as a parent, oldest first. */
  readonly #tips = new Set<string>();
  #end = 0;
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** @throws MedexError TANGLE_STORE_CORRUPT */
  static async open(directory: string): Promise<DagStore> {
    await mkdir(directory, { recursive: true });
    const path = join(directory, "blocks.log");
    const file = await open(path, "a+");
    const store = new DagStore(file);
    try {
      await store.#load(path);
      return store;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async #load(path: string): Promise<void> {
    const { size } = await this.#file.stat();
    while (size - this.#end >= RECORD_HEAD_BYTES) {
      const head = await this.#read(this.#end, RECORD_HEAD_BYTES);
      const length = new DataView(head.buffer, head.byteOffset).getUint32(0, true);
      const start = this.#end + RECORD_HEAD_BYTES;
      if (length > MAX_BLOCK_BYTES) throw corrupt(path, this.#end);
      if (size - start < length) break;
      const bytes = await this.#read(start, length);
      const id = `0x${bytesToHex(head.subarray(4))}`;
      if (blockIdOf(bytes) !== id) throw corrupt(path, this.#end);
      this.#index(id, start, bytes);
      this.#end = start + length;
    }
    await this.#file.truncate(this.#end);
  }

  /** How many blocks there are. */
  get size(): number {
    return this.#entries.size;
  }

  has(blockId: string): boolean {
    return blockId === GENESIS_ID || this.#entries.has(blockId);
  }

  /** The block ids of a block's parents. */
  parentsOf(blockId: string): readonly string[] | undefined {
    return this.#entries.get(blockId)?.parents;
  }

  /** At most `count` blocks for a new block to stand on, at least one. */
  tips(count: number): string[] {
    return this.#tips.size === 0 ? [GENESIS_ID] : [...this.#tips].slice(0, count);
  }

  async get(blockId: string): Promise<Uint8Array | undefined> {
    const entry = this.#entries.get(blockId);
    return entry === undefined ? undefined : this.#read(entry.offset, entry.length);
  }

  /** Appends a block whose parents are known. A block that is already there changes nothing. */
  add(blockId: string, bytes: Uint8Array): Promise<void> {
    const write = async (): Promise<void> => {
      if (this.#entries.has(blockId)) return;
      const length = new Uint8Array(4);
      new DataView(length.buffer).setUint32(0, bytes.length, true);
      await this.#file.appendFile(concatBytes(length, blockIdBytes(blockId), bytes));
      this.#index(blockId, this.#end + RECORD_HEAD_BYTES, bytes);
      this.#end += RECORD_HEAD_BYTES + bytes.length;
    };
    // one write at a time; an earlier failure was reported to whoever caused it
    const written = this.#writing.then(write, write);
    this.#writing = written;
    return written;
  }

  async close(): Promise<void> {
    await this.#writing.catch(() => {});
    await this.#file.close();
  }

  #index(blockId: string, offset: number, bytes: Uint8Array): void {
    const parents = parseBlock(bytes).parents.map((parent) => `0x${bytesToHex(parent)}`);
    this.#entries.set(blockId, { offset, length: bytes.length, parents });
    for (const parent of parents) this.#tips.delete(parent);
    this.#tips.add(blockId);
  }

  async #read(offset: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    const { bytesRead } = await this.#file.read(bytes, 0, length, offset);
    if (bytesRead !== length)
      throw new MedexError("TANGLE_STORE_CORRUPT", "Tangle store: the log is shorter than it was");
    return bytes;
  }
}

function corrupt(path: string, offset: number): MedexError {
  return new MedexError(
    "TANGLE_STORE_CORRUPT",
    `Tangle store ${path}: the block at byte ${offset} is damaged; restore or remove it`,
  );
}
