import { fromHex32, MedexError } from "@medexchain/core";
import { blake2b } from "@noble/hashes/blake2.js";
import { bytesToHex, concatBytes } from "@noble/hashes/utils.js";

/** Protocol version of IOTA Stardust. */
export const PROTOCOL_VERSION = 2;
/** The largest block, in bytes (TIP-24). */
export const MAX_BLOCK_BYTES = 32_768;
export const MAX_PARENTS = 8;
export const BLOCK_ID_BYTES = 32;
/** Payload type of tagged data (TIP-23). */
const TAGGED_DATA = 5;
const MAX_TAG_BYTES = 64;
const NONCE_BYTES = 8;

/** What a block holds beside its tag and data when it has all eight parents. */
export function blockOverhead(tagBytes: number): number {
  return 1 + 1 + MAX_PARENTS * BLOCK_ID_BYTES + 4 + 4 + 1 + tagBytes + 4 + NONCE_BYTES;
}

export interface TaggedData {
  /** 0 to 64 bytes. */
  readonly tag: Uint8Array;
  readonly data: Uint8Array;
}

export interface Block {
  readonly protocolVersion: number;
  /** 1 to 8 block ids of 32 bytes, sorted, no two the same. */
  readonly parents: readonly Uint8Array[];
  readonly payload?: TaggedData;
  readonly nonce: bigint;
}

/** A block's id: BLAKE2b-256 of its bytes, as 0x-hex (TIP-24). */
export function blockIdOf(bytes: Uint8Array): string {
  return `0x${bytesToHex(blake2b(bytes, { dkLen: BLOCK_ID_BYTES }))}`;
}

/**
 * The 32 bytes of a block id.
 *
 * @throws MedexError INPUT_INVALID unless it is 0x and 64 lowercase or uppercase hex digits
 */
export function blockIdBytes(blockId: string): Uint8Array {
  if (!/^0x[0-9a-fA-F]{64}$/.test(blockId)) {
    throw new MedexError("INPUT_INVALID", "Tangle block id: must be 0x and 64 hexadecimal digits");
  }
  return fromHex32(blockId);
}

/** The bytes of a block. Source: TIP-24 (block), TIP-23 (tagged data). The caller keeps to the limits. */
export function serializeBlock({ protocolVersion, parents, payload, nonce }: Block): Uint8Array {
  const head = new Uint8Array([protocolVersion, parents.length]);
  return concatBytes(head, ...parents, serializePayload(payload), uint64(nonce));
}

function serializePayload(payload: TaggedData | undefined): Uint8Array {
  if (payload === undefined) return uint32(0);
  const { tag, data } = payload;
  const body = concatBytes(uint32(TAGGED_DATA), new Uint8Array([tag.length]), tag, uint32(data.length), data);
  return concatBytes(uint32(body.length), body);
}

/**
 * Reads a block's bytes. Source: TIP-24, TIP-23.
 *
 * @throws MedexError TANGLE_BLOCK_INVALID for anything but a block of at most 32 KiB with 1 to 8 sorted parents and either
 *   no payload or tagged data, to the byte
 */
export function parseBlock(bytes: Uint8Array): Block {
  if (bytes.length > MAX_BLOCK_BYTES) throw invalid(`${bytes.length} bytes, more than ${MAX_BLOCK_BYTES}`);
  const reader = new Reader(bytes);
  const protocolVersion = reader.uint8();
  if (protocolVersion !== PROTOCOL_VERSION) {
    throw invalid(`protocol version ${protocolVersion}, not ${PROTOCOL_VERSION}`);
  }
  const parents = parseParents(reader);
  const payloadBytes = reader.uint32();
  const payload = payloadBytes === 0 ? undefined : parsePayload(new Reader(reader.take(payloadBytes)));
  const nonce = reader.uint64();
  reader.end();
  return { protocolVersion, parents, nonce, ...(payload && { payload }) };
}

function parseParents(reader: Reader): Uint8Array[] {
  const count = reader.uint8();
  if (count < 1 || count > MAX_PARENTS) throw invalid(`${count} parents, not 1 to ${MAX_PARENTS}`);
  const parents = Array.from({ length: count }, () => reader.take(BLOCK_ID_BYTES));
  const ids = parents.map((parent) => bytesToHex(parent));
  if (ids.some((id, index) => index > 0 && id <= (ids[index - 1] ?? ""))) {
    throw invalid("parents are not sorted, or one is repeated");
  }
  return parents;
}

function parsePayload(reader: Reader): TaggedData {
  const type = reader.uint32();
  if (type !== TAGGED_DATA) throw invalid(`payload type ${type}, not ${TAGGED_DATA} (tagged data)`);
  const tagBytes = reader.uint8();
  if (tagBytes > MAX_TAG_BYTES) throw invalid(`a tag of ${tagBytes} bytes, more than ${MAX_TAG_BYTES}`);
  const tag = reader.take(tagBytes);
  const data = reader.take(reader.uint32());
  reader.end();
  return { tag, data };
}

function invalid(what: string): MedexError {
  return new MedexError("TANGLE_BLOCK_INVALID", `Tangle block: ${what}`);
}

/** Reads little-endian fields one after the other, refusing to read past the end. */
class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #advance(length: number): number {
    const start = this.#offset;
    if (length > this.#bytes.length - start) throw invalid("it ends too early");
    this.#offset = start + length;
    return start;
  }

  uint8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  uint32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  uint64(): bigint {
    return this.#view.getBigUint64(this.#advance(8), true);
  }

  take(length: number): Uint8Array {
    const start = this.#advance(length);
    return this.#bytes.slice(start, start + length);
  }

  end(): void {
    if (this.#offset !== this.#bytes.length) throw invalid(`${this.#bytes.length - this.#offset} bytes too many`);
  }
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

function uint64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(NONCE_BYTES);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes;
}
