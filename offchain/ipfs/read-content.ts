/**
 * The one reader of what others have published. A digest on chain says nothing of what is behind it, so this reads only what the
 * content store writes: one block, or a UnixFS file in the fixed layout of unixfs.ts. What else is there is CONTENT_INVALID and its
 * author's fault. The number of blocks and bytes is fixed by the root before anything else is fetched, and is within the caller's
 * limit; all of it has one deadline; when one fetch fails the others are aborted, and the call ends after the last of them has.
 */

import { MedexError } from "@medexchain/core";
import type { CID } from "multiformats/cid";
import { CODEC, cidFromDigest, digestOf } from "./cid.ts";
import { fetchBlock, MAX_BLOCK_BYTES } from "./fetch-block.ts";
import type { KuboConnection } from "./kubo-client.ts";
import { type FilePart, filePart, type LinkedPart, linksOf, MAX_UNIXFS_BYTES, sizeInRoot } from "./unixfs.ts";

/** A block's first byte when it is a DAG-PB node with links: the tag of PBNode.Links. No longer CBOR item starts so. */
const DAG_PB_LINKS_TAG = 0x12;

const FETCH_CONCURRENCY = 8;

const MIB = 1_048_576;

/** A file may take as long as one call, and for each MiB this part of it more: a second, where a call has 30. */
const TIME_PER_MIB = 1 / 30;

export interface ReadLimits {
  /** A document that says it is larger is refused before more than its root is fetched. */
  readonly maxBytes: number;
  /** Gives up; its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
}

/** Where content goes as it comes, each part once, in any order, after its digest was checked. */
export interface ContentSink {
  /** Called first, once. */
  begin(size: number): void;
  write(bytes: Uint8Array, offset: number): void;
}

/**
 * Fetches a document.
 *
 * @throws MedexError CONTENT_INVALID (it is there, and is no document that this system writes, or is too large), CONTENT_MISMATCH (the
 *   node answers with other bytes), CONTENT_NOT_FOUND, SERVICE_UNREACHABLE (too slow, too), SERVICE_PROTOCOL; INPUT_INVALID when the CID
 *   is not of SHA-256; the signal's reason
 */
export async function readContent(
  connection: KuboConnection,
  cid: CID,
  { maxBytes, signal }: ReadLimits,
  sink: ContentSink,
): Promise<void> {
  signal?.throwIfAborted();
  const root = await fetchBlock(connection, cid, signal);
  if (cid.code !== CODEC.dagPb && !(root.length > 1 && root[0] === DAG_PB_LINKS_TAG)) {
    if (root.length > maxBytes) throw tooLarge(cid, root.length, maxBytes);
    sink.begin(root.length);
    return sink.write(root, 0);
  }
  // a digest alone does not say which codec; the root's own bytes do
  const file = cidFromDigest(digestOf(cid), CODEC.dagPb);
  const size = sizeInRoot(root);
  if (size === undefined) throw malformed(file, "its root is not a UnixFS file's");
  if (size > maxBytes) throw tooLarge(file, size, maxBytes);
  if (size <= MAX_BLOCK_BYTES || size > MAX_UNIXFS_BYTES) throw malformed(file, `no file has ${size} bytes`);
  const links = linksIn(root, filePart(size), 0, file);
  sink.begin(size);
  await fetchParts(connection, { file, size, links, signal }, sink);
}

interface Walk {
  readonly file: CID;
  readonly size: number;
  readonly links: readonly LinkedPart[];
  readonly signal: AbortSignal | undefined;
}

async function fetchParts(
  connection: KuboConnection,
  { file, size, links, signal: caller }: Walk,
  sink: ContentSink,
): Promise<void> {
  const stop = new AbortController();
  const signal = caller ? AbortSignal.any([caller, stop.signal]) : stop.signal;
  const allowed = Math.ceil(connection.timeoutMs * (1 + (size / MIB) * TIME_PER_MIB));
  const deadline = setTimeout(() => stop.abort(tooSlow(connection, file, allowed)), allowed);
  const queue = [...links];
  const work = async (): Promise<void> => {
    for (let part = queue.shift(); part !== undefined && !signal.aborted; part = queue.shift()) {
      const block = await fetchBlock(connection, part.cid, signal);
      if (part.depth > 0) queue.push(...linksIn(block, part, part.offset, file));
      else if (block.length === part.size) sink.write(block, part.offset);
      else throw malformed(file, `the leaf at ${part.offset} has ${block.length} bytes, not ${part.size}`);
    }
  };
  // The first failure is the cause of the others, which are aborted.
  const workers = Array.from({ length: FETCH_CONCURRENCY }, () => work().catch((error: unknown) => stop.abort(error)));
  await Promise.all(workers).finally(() => clearTimeout(deadline));
  signal.throwIfAborted();
}

function linksIn(block: Uint8Array, part: FilePart, offset: number, file: CID): LinkedPart[] {
  const links = linksOf(block, part, offset);
  if (links) return links;
  throw malformed(file, `the node at ${offset} is not that of ${part.size} bytes in leaves of 256 KiB`);
}

function malformed(cid: CID, why: string): MedexError {
  return new MedexError(
    "CONTENT_INVALID",
    `IPFS content ${cid} is not laid out as this system writes: ${why}; ask whoever published it`,
  );
}

function tooLarge(cid: CID, size: number, maxBytes: number): MedexError {
  return new MedexError(
    "CONTENT_INVALID",
    `IPFS content ${cid}: ${size} bytes, above the limit of ${maxBytes}; ask whoever published it`,
  );
}

function tooSlow({ url }: KuboConnection, cid: CID, ms: number): MedexError {
  return new MedexError("SERVICE_UNREACHABLE", `IPFS at ${url} did not give all of ${cid} within ${ms} ms; try again`);
}
