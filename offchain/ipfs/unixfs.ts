/**
 * The one layout of a file that the content store writes and reads: UnixFS as Kubo makes it with CIDv1, raw leaves, chunks of 256 KiB
 * and at most 174 links to a node (the balanced layout of profile unixfs-v0-2015, IPIP-499). A file's size alone says how many nodes
 * and leaves it has, how long each is and every number in the nodes; only the digests are free. So a node is checked by encoding it
 * anew and comparing bytes, and nothing that its author invents (other depths, tiny or empty leaves, inline data) is ever followed.
 *
 *   depth 1   root -> leaves                up to 174 leaves, 43.5 MiB
 *   depth 2   root -> nodes -> leaves       up to 30,276 leaves
 */
import * as dagPb from "@ipld/dag-pb";
import { sha256 } from "@medexchain/core";
import { equalBytes } from "@noble/curves/utils.js";
import { concatBytes } from "@noble/hashes/utils.js";
import { varint } from "multiformats";
import type { CID } from "multiformats/cid";
import { CODEC, cidFromDigest, DIGEST_BYTES } from "./cid.ts";

/** Bytes in a leaf: Kubo's default, sent with every add so that a node's own configuration cannot change the CID. */
export const UNIXFS_CHUNK_BYTES = 262_144;

const MAX_LINKS = 174;

/** The largest file of depth 2. */
export const MAX_UNIXFS_BYTES = UNIXFS_CHUNK_BYTES * MAX_LINKS ** 2;

/** A file or a part of it: `depth` levels of links above the leaves. */
export interface FilePart {
  /** Of the content, in bytes. */
  readonly size: number;
  readonly depth: number;
}

/** A part that a node links to, and where its content is in the file. */
export interface LinkedPart extends FilePart {
  readonly cid: CID;
  readonly offset: number;
}

/** A whole file, from one byte on to `MAX_UNIXFS_BYTES`. */
export function filePart(size: number): FilePart {
  if (size <= UNIXFS_CHUNK_BYTES) return { size, depth: 0 };
  return { size, depth: size <= UNIXFS_CHUNK_BYTES * MAX_LINKS ? 1 : 2 };
}

/** The CID that Kubo gives to a file, computed here without a node. */
export function unixfsCidOf(bytes: Uint8Array): CID {
  const part = filePart(bytes.length);
  return cidFromDigest(digestOfPart(bytes, part), codecOf(part));
}

function digestOfPart(bytes: Uint8Array, part: FilePart): Uint8Array {
  if (part.depth === 0) return sha256(bytes);
  let offset = 0;
  const digests = childrenOf(part).map((child) => {
    const content = bytes.subarray(offset, offset + child.size);
    offset += child.size;
    return digestOfPart(content, child);
  });
  return sha256(encodeNode(part, digests));
}

/**
 * The size that a root says its file has; undefined when it is no root of a file. It is only what the root says: `linksOf` checks it.
 */
export function sizeInRoot(root: Uint8Array): number | undefined {
  try {
    const { Data: data } = dagPb.decode(root);
    if (data === undefined || !equalBytes(data.subarray(0, FILE_HEADER.length), FILE_HEADER)) return undefined;
    const [size] = varint.decode(data, FILE_HEADER.length);
    return size;
  } catch {
    return undefined; // no DAG-PB, or a number that does not end
  }
}

/**
 * The parts that a node links to; undefined when the block is not that part's node in this layout, to the last byte.
 *
 * @param offset of the part's content in the file
 */
export function linksOf(block: Uint8Array, part: FilePart, offset: number): LinkedPart[] | undefined {
  const children = childrenOf(part);
  const digests = digestsIn(block);
  if (digests?.length !== children.length || !equalBytes(encodeNode(part, digests), block)) return undefined;
  let at = offset;
  return children.map((child, index) => {
    const linked = { ...child, cid: cidFromDigest(digests[index] ?? new Uint8Array(), codecOf(child)), offset: at };
    at += child.size;
    return linked;
  });
}

/** The digests of a node's links, of which each may be of any hash: the comparison of the whole node shows. */
function digestsIn(block: Uint8Array): Uint8Array[] | undefined {
  try {
    const digests = dagPb.decode(block).Links.map(({ Hash }) => Hash.multihash.digest);
    return digests.every((digest) => digest.length === DIGEST_BYTES) ? digests : undefined;
  } catch {
    return undefined; // no DAG-PB
  }
}

function childrenOf({ size, depth }: FilePart): FilePart[] {
  const full = UNIXFS_CHUNK_BYTES * MAX_LINKS ** (depth - 1);
  const count = Math.ceil(size / full);
  return Array.from({ length: count }, (_, index) => ({ size: Math.min(full, size - index * full), depth: depth - 1 }));
}

const codecOf = ({ depth }: FilePart): number => (depth === 0 ? CODEC.raw : CODEC.dagPb);

/** UnixFS Data: Type (field 1) is File (2), then the tag of filesize (field 3); no inline data (field 2). */
const FILE_HEADER = Uint8Array.of(0x08, 0x02, 0x18);
/** The tag of each of blocksizes (field 4). */
const BLOCK_SIZE_TAG = Uint8Array.of(0x20);

/** @param digests of the part's children, in their order */
function encodeNode(part: FilePart, digests: readonly Uint8Array[]): Uint8Array {
  const children = childrenOf(part);
  const links = children.map((child, index) => {
    return { Name: "", Tsize: storedSize(child), Hash: cidFromDigest(digests[index] ?? NO_DIGEST, codecOf(child)) };
  });
  const sizes = children.flatMap(({ size }) => [BLOCK_SIZE_TAG, number(size)]);
  return dagPb.encode({ Data: concatBytes(FILE_HEADER, number(part.size), ...sizes), Links: links });
}

const NO_DIGEST = new Uint8Array(DIGEST_BYTES);

/** Tsize: a part's blocks together. */
function storedSize(part: FilePart): number {
  if (part.depth === 0) return part.size;
  const below = childrenOf(part).reduce((sum, child) => sum + storedSize(child), 0);
  return encodeNode(part, []).length + below;
}

const number = (value: number): Uint8Array => varint.encodeTo(value, new Uint8Array(varint.encodingLength(value)));
