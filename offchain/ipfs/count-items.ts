/** Major types of CBOR (RFC 8949 §3.1) whose argument is a length in bytes. */
const BYTES = 2;
const TEXT = 3;

/**
 * Counts the items of CBOR of definite lengths, as DAG-CBOR is, without decoding it: decoding makes a value of each, so that some
 * megabytes of empty lists become gigabytes. Whether the items belong together is for the decoder.
 *
 * @param most stops above it
 * @returns undefined when an item goes beyond the end, or is of no definite length
 */
export function countItems(bytes: Uint8Array, most: number): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let count = 0;
  let at = 0;
  while (at < bytes.length && count <= most) {
    const head = view.getUint8(at);
    const more = argumentBytes(head & 0x1f);
    if (more === undefined || at + 1 + more > bytes.length) return undefined;
    const argument = argumentAt(view, at + 1, more, head & 0x1f);
    const major = head >> 5;
    at += 1 + more + (major === BYTES || major === TEXT ? argument : 0);
    count += 1;
  }
  return at > bytes.length ? undefined : count;
}

/** How many bytes after the head its argument has. */
function argumentBytes(information: number): number | undefined {
  if (information < 24) return 0;
  return information < 28 ? 1 << (information - 24) : undefined; // 28 to 31: reserved, and indefinite lengths
}

/** Exact up to 2^53, and above it beyond any document. */
function argumentAt(view: DataView, at: number, length: number, information: number): number {
  if (length === 0) return information;
  if (length === 1) return view.getUint8(at);
  if (length === 2) return view.getUint16(at);
  return length === 4 ? view.getUint32(at) : Number(view.getBigUint64(at));
}
