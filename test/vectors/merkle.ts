/** What Go's `sumdb/tlog` makes of leaves 0, 1, 2…, each its number in four bytes; see write-merkle.go. All bytes in hexadecimal. */
import { readFileSync } from "node:fs";

interface MerkleVectors {
  /** By size, from none. */
  readonly roots: readonly string[];
  readonly inclusions: readonly { readonly size: number; readonly index: number; readonly proof: readonly string[] }[];
  readonly consistencies: readonly {
    readonly first: number;
    readonly second: number;
    readonly proof: readonly string[];
  }[];
}

/** Written by write-merkle.go, so of this shape. */
export const MERKLE_VECTORS: MerkleVectors = JSON.parse(
  readFileSync(new URL("merkle.json", import.meta.url), "utf8"),
) as MerkleVectors;

export function vectorLeaf(index: number): Uint8Array {
  const leaf = new Uint8Array(4);
  new DataView(leaf.buffer).setUint32(0, index);
  return leaf;
}
