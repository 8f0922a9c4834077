/** Any file to EhrDocuments: a feature for each chunk of fixed length. */

import { CHUNK_LENGTH, chunkName, chunksOf } from "./binary-chunks.ts";
import type { BinaryLayout, EhrDocument, Feature } from "./ehr-document.ts";
import { headFeature } from "./head-feature.ts";
import type { RecordReader } from "./reader.ts";

function toDocument(bytes: Uint8Array, offset: number): EhrDocument {
  const layout: BinaryLayout = { format: "binary", offset, length: bytes.length, chunkLength: CHUNK_LENGTH };
  const features = chunksOf(layout).map((chunk, index): Feature => {
    const start = chunk.offset - offset;
    return {
      index,
      name: chunkName(chunk.offset, chunk.length),
      path: [chunk.offset],
      kind: "bytes",
      value: bytes.subarray(start, start + chunk.length),
    };
  });
  return { head: { ...layout, features: features.map((feature) => headFeature(feature, new Map())) }, features };
}

/**
 * Reads any bytes.
 * @param pieceLength bytes of a piece; rounded up to whole chunks
 */
export function createBinaryReader(pieceLength: number): RecordReader {
  const size = Math.ceil(pieceLength / CHUNK_LENGTH) * CHUNK_LENGTH;
  let piece = new Uint8Array(size);
  let filled = 0;
  let offset = 0;

  function flush(): EhrDocument {
    const document = toDocument(piece.subarray(0, filled), offset);
    offset += filled;
    piece = new Uint8Array(size); // the document holds the old one
    filled = 0;
    return document;
  }

  return {
    push(bytes) {
      const documents: EhrDocument[] = [];
      for (let start = 0; start < bytes.length; ) {
        const part = bytes.subarray(start, start + size - filled);
        piece.set(part, filled);
        filled += part.length;
        start += part.length;
        if (filled === size) documents.push(flush());
      }
      return documents;
    },
    end: () => (filled > 0 || offset === 0 ? [flush()] : []),
  };
}
