import * as dagCbor from "@ipld/dag-cbor";
import { MedexError } from "@medexchain/core";
import { equalBytes } from "@noble/curves/utils.js";
import { sha256 } from "@noble/hashes/sha2.js";
import type { CID } from "multiformats/cid";
import { CODEC, cidFromDigest, digestOf } from "./cid.ts";
import { callKubo, connectKubo, type KuboConnection } from "./kubo-client.ts";
import { readUnixfs, tooLarge, UNIXFS_CHUNK_BYTES, unixfsCidOf } from "./unixfs.ts";

/** The largest encoding stored as one block: what every IPFS node exchanges without `allow-big-block`. */
export const MAX_BLOCK_BYTES = 1_048_576;

/** The largest encoding that `put` and `get` handle unless told otherwise. */
export const DEFAULT_MAX_BYTES = 32 * 1_048_576;

/** A block's first byte when it is a DAG-PB node with links: the tag of PBNode.Links. No longer CBOR item starts so. */
const DAG_PB_LINKS_TAG = 0x12;

export interface ContentStoreOptions {
  /** Of the Kubo RPC endpoint, http or https, with `user:password@` if it wants basic authentication. */
  readonly url: string;
  /** For each call to the node, in milliseconds; 30 s unless given. A DHT search that takes longer counts as not found. */
  readonly timeoutMs?: number;
}

export interface StoredContent {
  readonly cid: CID;
  /** SHA-256 in the CID, 32 bytes: enough to `get` the value back, and what goes on-chain. */
  readonly digest: Uint8Array;
  /** Bytes of the DAG-CBOR encoding. */
  readonly size: number;
}

export interface ContentStore {
  /** The node, without credentials. */
  readonly url: string;
  /**
   * Stores and pins a document.
   *
   * @param bytes its DAG-CBOR encoding
   * @throws MedexError INPUT_INVALID (not DAG-CBOR, or above `maxBytes`), CONTENT_MISMATCH (the node names other content),
   *   SERVICE_UNREACHABLE, SERVICE_PROTOCOL
   */
  put(bytes: Uint8Array, options?: { maxBytes?: number }): Promise<StoredContent>;
  /**
   * Reads a document back, checking the SHA-256 digest of every block.
   *
   * @param content the CID, or its digest of 32 bytes
   * @returns the bytes that were put; parse them before use
   * @throws MedexError CONTENT_NOT_FOUND, CONTENT_MISMATCH (altered), INPUT_INVALID (above `maxBytes`), SERVICE_UNREACHABLE,
   *   SERVICE_PROTOCOL
   */
  get(content: CID | Uint8Array, options?: { maxBytes?: number }): Promise<Uint8Array>;
}

/**
 * A store of DAG-CBOR documents on any Kubo node. Up to 1 MiB a document is one dag-cbor block; above, it is a UnixFS
 * file (CIDv1, raw leaves, 256 KiB chunks). Nothing that the node says is believed: CIDs are computed here.
 *
 * @throws MedexError CONFIG_INVALID
 */
export function createContentStore(options: ContentStoreOptions): ContentStore {
  const connection = connectKubo({ url: options.url, timeoutMs: options.timeoutMs ?? 30_000 });
  return {
    url: connection.url,
    put: (bytes, { maxBytes = DEFAULT_MAX_BYTES } = {}) => put(connection, bytes, maxBytes),
    get: (content, { maxBytes = DEFAULT_MAX_BYTES } = {}) => get(connection, content, maxBytes),
  };
}

async function put(connection: KuboConnection, bytes: Uint8Array, maxBytes: number): Promise<StoredContent> {
  requireDagCbor(bytes);
  const single = bytes.length <= MAX_BLOCK_BYTES;
  const cid = single ? cidFromDigest(sha256(bytes)) : await unixfsCidOf(bytes);
  if (bytes.length > maxBytes) throw tooLarge(cid, bytes.length, maxBytes);
  const named = single ? await putBlock(connection, bytes) : await addFile(connection, bytes);
  if (!named.equals(cid)) {
    throw new MedexError("CONTENT_MISMATCH", `IPFS at ${connection.url} stored ${named} where ${cid} was sent`);
  }
  return { cid, digest: digestOf(cid), size: bytes.length };
}

function requireDagCbor(bytes: Uint8Array): void {
  try {
    dagCbor.decode(bytes);
  } catch (cause) {
    throw new MedexError("INPUT_INVALID", "IPFS put: the bytes are not DAG-CBOR; encode the document first", { cause });
  }
}

function putBlock({ client, url, timeoutMs }: KuboConnection, bytes: Uint8Array): Promise<CID> {
  // `cid-codec` is Kubo's own option; the client's typed `format` is its deprecated form and is retried on any failure
  const options = { cidCodec: "dag-cbor", mhtype: "sha2-256", pin: true };
  return callKubo({ client, url, timeoutMs }, "block put", (signal) => client.block.put(bytes, { ...options, signal }));
}

async function addFile(connection: KuboConnection, bytes: Uint8Array): Promise<CID> {
  const { cid } = await callKubo(connection, "add", (signal) =>
    connection.client.add(bytes, {
      cidVersion: 1,
      rawLeaves: true,
      chunker: `size-${UNIXFS_CHUNK_BYTES}`,
      pin: true,
      signal,
    }),
  );
  return cid;
}

async function get(connection: KuboConnection, content: CID | Uint8Array, maxBytes: number): Promise<Uint8Array> {
  const cid = content instanceof Uint8Array ? cidFromDigest(content) : content;
  digestOf(cid);
  const root = await getBlock(connection, cid);
  let bytes = root;
  if (cid.code === CODEC.dagPb || isDagPbRoot(root)) {
    // a digest alone does not say which codec; the root's own bytes do
    const file = cidFromDigest(digestOf(cid), CODEC.dagPb);
    const read = async (key: CID): Promise<Uint8Array> => (key.equals(file) ? root : getBlock(connection, key));
    bytes = await readUnixfs(file, read, maxBytes);
  }
  if (bytes.length > maxBytes) throw tooLarge(cid, bytes.length, maxBytes);
  return bytes;
}

function isDagPbRoot(block: Uint8Array): boolean {
  return block.length > 1 && block[0] === DAG_PB_LINKS_TAG;
}

/** One block, its digest checked. */
async function getBlock(connection: KuboConnection, cid: CID): Promise<Uint8Array> {
  const expected = digestOf(cid);
  const bytes = await callKubo(connection, `block ${cid}`, (signal) => connection.client.block.get(cid, { signal }));
  if (!equalBytes(sha256(bytes), expected)) {
    throw new MedexError("CONTENT_MISMATCH", `IPFS at ${connection.url} answered ${cid} with other content`);
  }
  return bytes;
}
