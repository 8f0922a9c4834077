import * as dagCbor from "@ipld/dag-cbor";
import { MedexError, sha256 } from "@medexchain/core";
import type { CID } from "multiformats/cid";
import { cidFromDigest, digestOf } from "./cid.ts";
import { countItems } from "./count-items.ts";
import { MAX_BLOCK_BYTES } from "./fetch-block.ts";
import { callKubo, connectKubo, type KuboConnection } from "./kubo-client.ts";
import { readContent } from "./read-content.ts";
import { MAX_UNIXFS_BYTES, UNIXFS_CHUNK_BYTES, unixfsCidOf } from "./unixfs.ts";

/** The largest encoding that `put` and `get` handle unless told otherwise. */
export const DEFAULT_MAX_BYTES = 32 * 1_048_576;

/** The most CBOR items that `get` hands out: far above any document of this system, whose bulk is in strings of bytes. */
const MAX_ITEMS = 100_000;

export interface ContentStoreOptions {
  /** Of the Kubo RPC endpoint, http or https, with `user:password@` if it wants basic authentication. */
  readonly url: string;
  /** For each call to the node, in milliseconds; 30 s unless given. A DHT search that takes longer counts as not found. */
  readonly timeoutMs?: number;
}

export interface WriteOptions {
  /** 32 MiB unless given. */
  readonly maxBytes?: number;
  /** Gives up; its reason is thrown. */
  readonly signal?: AbortSignal;
}

export interface ReadOptions {
  /** The limit of this kind of document, see `CONTENT_LIMITS`; 32 MiB unless given. */
  readonly maxBytes?: number;
  /** Gives up and ends every fetch; its reason is thrown. */
  readonly signal?: AbortSignal;
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
   * @throws MedexError INPUT_INVALID (not DAG-CBOR, above `maxBytes`, or of very many items), CONTENT_MISMATCH (the node names other content),
   *   SERVICE_UNREACHABLE, SERVICE_PROTOCOL
   */
  put(bytes: Uint8Array, options?: WriteOptions): Promise<StoredContent>;
  /**
   * Reads a document back, checking the SHA-256 digest of every block, see `readContent`. It takes at most the time of one call, and
   * a thirtieth of that more for each MiB.
   *
   * @param content the CID, or its digest of 32 bytes
   * @returns the bytes that were put; parse them before use
   * @throws MedexError CONTENT_INVALID: it is there and wrong, above `maxBytes` or of very many small parts, which is the fault of whoever published it and stays.
   *   CONTENT_MISMATCH (the node answers with other bytes), CONTENT_NOT_FOUND, SERVICE_UNREACHABLE, SERVICE_PROTOCOL: another try, or
   *   node, may do better
   */
  get(content: CID | Uint8Array, options?: ReadOptions): Promise<Uint8Array>;
  /**
   * Fetches and checks as `get`, without keeping what it fetched.
   *
   * @returns the document's bytes, counted
   */
  verify(content: CID | Uint8Array, options?: ReadOptions): Promise<number>;
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
    put: (bytes, options = {}) => put(connection, bytes, options),
    get: (content, options = {}) => get(connection, content, options),
    verify: (content, options = {}) => verify(connection, content, options),
  };
}

async function put(
  connection: KuboConnection,
  bytes: Uint8Array,
  { maxBytes = DEFAULT_MAX_BYTES, signal }: WriteOptions,
): Promise<StoredContent> {
  // Of a large one a decoder would make a copy; that it is what its kind must be is for its readers.
  if (bytes.length <= MAX_BLOCK_BYTES) requireDagCbor(bytes);
  const items = countItems(bytes, MAX_ITEMS);
  if (items === undefined) throw notDagCbor();
  if (items > MAX_ITEMS) {
    throw new MedexError(
      "INPUT_INVALID",
      `IPFS put: more than ${MAX_ITEMS} items; put small ones into strings of bytes`,
    );
  }
  if (bytes.length > Math.min(maxBytes, MAX_UNIXFS_BYTES)) {
    const limit = Math.min(maxBytes, MAX_UNIXFS_BYTES);
    throw new MedexError("INPUT_INVALID", `IPFS put: ${bytes.length} bytes, above the limit of ${limit}`);
  }
  const single = bytes.length <= MAX_BLOCK_BYTES;
  const cid = single ? cidFromDigest(sha256(bytes)) : unixfsCidOf(bytes);
  const named = single ? await putBlock(connection, bytes, signal) : await addFile(connection, bytes, signal);
  if (!named.equals(cid)) {
    throw new MedexError("CONTENT_MISMATCH", `IPFS at ${connection.url} stored ${named} where ${cid} was sent`);
  }
  return { cid, digest: digestOf(cid), size: bytes.length };
}

function requireDagCbor(bytes: Uint8Array): void {
  try {
    dagCbor.decode(bytes);
  } catch (cause) {
    throw notDagCbor(cause);
  }
}

function notDagCbor(cause?: unknown): MedexError {
  return new MedexError("INPUT_INVALID", "IPFS put: the bytes are not DAG-CBOR; encode the document first", { cause });
}

function putBlock(connection: KuboConnection, bytes: Uint8Array, signal?: AbortSignal): Promise<CID> {
  // `cid-codec` is Kubo's own option; the client's typed `format` is its deprecated form and is retried on any failure
  const options = { cidCodec: "dag-cbor", mhtype: "sha2-256", pin: true };
  const call = (within: AbortSignal) => connection.client.block.put(bytes, { ...options, signal: within });
  return callKubo(connection, { subject: "block put", isLookup: false, signal }, call);
}

/** Bytes that are given to the client at a time: it keeps a copy of what it sends. */
const SENT_LENGTH = 256 * 1024;

async function* inParts(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += SENT_LENGTH) yield bytes.subarray(at, at + SENT_LENGTH);
}

async function addFile(connection: KuboConnection, bytes: Uint8Array, signal?: AbortSignal): Promise<CID> {
  const options = { cidVersion: 1, rawLeaves: true, chunker: `size-${UNIXFS_CHUNK_BYTES}`, pin: true } as const;
  const call = (within: AbortSignal) => connection.client.add(inParts(bytes), { ...options, signal: within });
  return (await callKubo(connection, { subject: "add", isLookup: false, signal }, call)).cid;
}

async function get(
  connection: KuboConnection,
  content: CID | Uint8Array,
  { maxBytes = DEFAULT_MAX_BYTES, signal }: ReadOptions,
): Promise<Uint8Array> {
  const cid = cidOf(content);
  let bytes = new Uint8Array();
  await readContent(
    connection,
    cid,
    { maxBytes, signal },
    {
      begin: (size) => {
        bytes = new Uint8Array(size);
      },
      write: (part, offset) => bytes.set(part, offset),
    },
  );
  requireDocument(cid, bytes);
  return bytes;
}

/** What decodes without surprises. The digest was right, so what is wrong here was published so. */
function requireDocument(cid: CID, bytes: Uint8Array): void {
  const items = countItems(bytes, MAX_ITEMS);
  if (items !== undefined && items <= MAX_ITEMS) return;
  const why = items === undefined ? "it is not DAG-CBOR" : `it has more than ${MAX_ITEMS} items`;
  throw new MedexError("CONTENT_INVALID", `IPFS content ${cid}: ${why}; ask whoever published it`);
}

async function verify(
  connection: KuboConnection,
  content: CID | Uint8Array,
  { maxBytes = DEFAULT_MAX_BYTES, signal }: ReadOptions,
): Promise<number> {
  let length = 0;
  await readContent(
    connection,
    cidOf(content),
    { maxBytes, signal },
    {
      begin: (size) => {
        length = size;
      },
      write: () => {},
    },
  );
  return length;
}

const cidOf = (content: CID | Uint8Array): CID => (content instanceof Uint8Array ? cidFromDigest(content) : content);
