import { MedexError } from "@medexchain/core";
import { exporter } from "ipfs-unixfs-exporter";
import { importFile } from "ipfs-unixfs-importer";
import { fixedSize } from "ipfs-unixfs-importer/chunker";
import type { CID } from "multiformats/cid";

/** Bytes in a leaf: Kubo's default, sent with every add so that a node's own configuration cannot change the CID. */
export const UNIXFS_CHUNK_BYTES = 262_144;

/**
 * The CID that Kubo gives to a file added with CIDv1, raw leaves and 256 KiB chunks, computed here without a node.
 * Source: UnixFS, profile unixfs-v0-2015's layout (IPIP-499) with CIDv1.
 */
export async function unixfsCidOf(bytes: Uint8Array): Promise<CID> {
  const discard = { put: async (cid: CID): Promise<CID> => cid };
  const { cid } = await importFile({ content: bytes }, discard, {
    profile: "unixfs-v0-2015",
    cidVersion: 1,
    rawLeaves: true,
    chunker: fixedSize({ chunkSize: UNIXFS_CHUNK_BYTES }),
  });
  return cid;
}

/**
 * Reads a whole UnixFS file by walking its DAG.
 *
 * @param getBlock must return the verified block of a CID; it is called once for each block
 * @param maxBytes larger files are refused before their leaves are read
 * @throws MedexError CONTENT_MISMATCH when the DAG is not a well-formed file; INPUT_INVALID when it is too large; whatever
 *   `getBlock` throws
 */
export async function readUnixfs(
  cid: CID,
  getBlock: (cid: CID) => Promise<Uint8Array>,
  maxBytes: number,
): Promise<Uint8Array> {
  const blocks = {
    async *get(key: CID): AsyncGenerator<Uint8Array> {
      yield await getBlock(key);
    },
  };
  try {
    const entry = await exporter(cid, blocks);
    if (entry.type !== "file" && entry.type !== "raw") {
      throw new MedexError("CONTENT_MISMATCH", `IPFS content ${cid}: a ${entry.type}, not a file`);
    }
    if (entry.size > BigInt(maxBytes)) throw tooLarge(cid, entry.size, maxBytes);
    const content = new Uint8Array(Number(entry.size));
    let offset = 0;
    for await (const part of entry.content({ blockReadConcurrency: 8 })) {
      if (offset + part.length > content.length) {
        throw new MedexError("CONTENT_MISMATCH", `IPFS content ${cid}: the file is longer than its root says`);
      }
      content.set(part, offset);
      offset += part.length;
    }
    if (offset !== content.length) {
      throw new MedexError("CONTENT_MISMATCH", `IPFS content ${cid}: the file is shorter than its root says`);
    }
    return content;
  } catch (cause) {
    if (MedexError.is(cause)) throw cause;
    throw new MedexError("CONTENT_MISMATCH", `IPFS content ${cid}: not a well-formed UnixFS file`, { cause });
  }
}

export function tooLarge(cid: CID, size: number | bigint, maxBytes: number): MedexError {
  return new MedexError(
    "INPUT_INVALID",
    `IPFS content ${cid}: ${size} bytes, above the limit of ${maxBytes}; raise maxBytes`,
  );
}
