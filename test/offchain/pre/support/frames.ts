/** Objects as frames of DAG-CBOR in a stream of bytes, each after its length (4 bytes, big-endian). */
import type { Readable, Writable } from "node:stream";
import { encode } from "@ipld/dag-cbor";
import { concatBytes } from "@noble/hashes/utils.js";

export function writeFrame(stream: Writable, value: unknown): void {
  const bytes = encode(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  stream.write(concatBytes(new Uint8Array(length), bytes));
}

export async function* frames(stream: Readable): AsyncGenerator<Uint8Array> {
  let rest = Buffer.alloc(0);
  for await (const chunk of stream) {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE()) {
      const end = 4 + rest.readUInt32BE();
      yield new Uint8Array(rest.subarray(4, end));
      rest = rest.subarray(end);
    }
  }
}
