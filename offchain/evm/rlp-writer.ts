/**
 * RLP (Yellow Paper, appendix B), written from hex into one buffer: each item by itself would take longer than to hash them. With the
 * type of an EIP-2718 envelope before it where there is one.
 */
import { keccak256 } from "./keccak.ts";

/** Room before the items, for what is known once they are written: an envelope's type, and a list's header of nine bytes at most. */
const HEADROOM = 10;
const FIRST_ROOM = 4096;
/** Digits of an integer of 256 bits. */
const MOST_DIGITS = 64;
const ZERO = 0x30;

export interface RlpWriter {
  /** Begins a list anew. */
  begin(): void;
  /** Appends `0x` and whole bytes of hex. */
  bytes(value: unknown): void;
  /** Appends `0x` and 1 to 64 digits as an integer: without leading zeros. */
  integer(value: unknown): void;
  /** Appends a whole number that is not negative. */
  number(value: bigint | number): void;
  /** Appends as a list what the function writes. */
  list(write: () => void): void;
  /** The bytes of the item that was appended last, until the next is. */
  last(): Uint8Array;
  /** Where the next item comes. */
  position(): number;
  /** Drops all items from a position on. */
  rewind(position: number): void;
  /** Keccak-256 of the list, after an envelope's type if one is given; undefined where a value was none of what was asked for. */
  hash(type?: number): Uint8Array | undefined;
  /** The bytes that `hash` hashes, copied; undefined as there. */
  encoded(type?: number): Buffer | undefined;
}

export function rlpWriter(): RlpWriter {
  let room = Buffer.alloc(FIRST_ROOM);
  let end = HEADROOM;
  let isGood = true;
  let lastLength = 0;

  const reserve = (bytes: number) => {
    if (end + bytes <= room.length) return;
    room = Buffer.concat([room], 2 * (end + bytes));
  };
  /** Digits of hex, an even number of them. */
  const append = (digits: string) => {
    const length = digits.length / 2;
    reserve(length + HEADROOM);
    const start = end + headerLength(length);
    // It stops at the first character that is no hex.
    if (room.write(digits, start, length, "hex") !== length) isGood = false;
    lastLength = length;
    const first = room[start] ?? 0;
    if (length === 1 && first < 0x80) {
      room[end] = first;
      end += 1;
      return;
    }
    writeHeader(room, end, 0x80, length);
    end = start + length;
  };

  /** All that was appended as one list, in its envelope. */
  const finish = (type?: number): Buffer | undefined => {
    if (!isGood) return undefined;
    const length = end - HEADROOM;
    let start = HEADROOM - headerLength(length);
    writeHeader(room, start, 0xc0, length);
    if (type !== undefined) {
      start -= 1;
      room[start] = type;
    }
    return room.subarray(start, end);
  };

  return {
    begin() {
      end = HEADROOM;
      isGood = true;
      lastLength = 0;
    },
    bytes(value) {
      if (typeof value === "string" && value.startsWith("0x") && value.length % 2 === 0) append(value.slice(2));
      else isGood = false;
    },
    number(value) {
      const digits = value === 0 || value === 0n ? "" : value.toString(16);
      append(digits.length % 2 === 0 ? digits : `0${digits}`);
    },
    integer(value) {
      if (typeof value !== "string" || !value.startsWith("0x") || value.length < 3 || value.length > 2 + MOST_DIGITS) {
        isGood = false;
        return;
      }
      let from = 2;
      while (value.charCodeAt(from) === ZERO) from += 1;
      const digits = value.slice(from);
      append(digits.length % 2 === 0 ? digits : `0${digits}`);
    },
    list(write) {
      const start = end;
      write();
      const length = end - start;
      reserve(HEADROOM);
      const header = headerLength(length);
      room.copyWithin(start + header, start, end);
      writeHeader(room, start, 0xc0, length);
      end += header;
      lastLength = length;
    },
    last: () => room.subarray(end - lastLength, end),
    position: () => end,
    rewind(position) {
      end = position;
    },
    hash(type) {
      const whole = finish(type);
      return whole && keccak256(whole);
    },
    encoded(type) {
      const whole = finish(type);
      return whole && Buffer.from(whole);
    },
  };
}

const headerLength = (length: number): number => (length < 56 ? 1 : 1 + lengthBytes(length));

const lengthBytes = (length: number): number => {
  let bytes = 1;
  while (length >= 256 ** bytes) bytes += 1;
  return bytes;
};

/** @param base 0x80 for bytes, 0xc0 for a list */
function writeHeader(room: Buffer, at: number, base: number, length: number): void {
  if (length < 56) {
    room[at] = base + length;
    return;
  }
  const bytes = lengthBytes(length);
  room[at] = base + 55 + bytes;
  room.writeUIntBE(length, at + 1, bytes);
}
