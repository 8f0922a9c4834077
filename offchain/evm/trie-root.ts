/**
 * Roots of Merkle Patricia tries (Yellow Paper, appendix D), of all that is in them at once. Libraries build a trie key by key, and
 * hash its path anew each time: for the lists of an audit's blocks that takes fifty times as long as to hash each node once.
 */
import { keccak256 } from "./keccak.ts";
import { rlpList, rlpString } from "./rlp-bytes.ts";

/** The root of a trie with nothing in it: Keccak-256 of the empty string's RLP. */
export const EMPTY_TRIE: Uint8Array = keccak256(Uint8Array.of(0x80));

const EMPTY_STRING = Uint8Array.of(0x80);

/** A key as half-bytes. */
interface Leaf {
  readonly path: Uint8Array;
  readonly value: Uint8Array;
}

/** The root of a block's transactions, receipts or withdrawals: a trie of each item under the RLP of its number. 32 bytes. */
export function listRoot(items: readonly Uint8Array[]): Uint8Array {
  const leaves = items.map((value, number) => ({ path: nibblesOf(rlpString(numberBytes(number))), value }));
  // As numbers are written, zero comes between 127 and 128; below 2^24 longer ones are greater.
  const [zero, ...others] = leaves;
  if (zero) others.splice(127, 0, zero);
  return rootOf(others);
}

/** The root of a trie of values under keys, which must be different, and all of one length. 32 bytes. */
export function trieRoot(entries: readonly (readonly [key: Uint8Array, value: Uint8Array])[]): Uint8Array {
  const leaves = entries.map(([key, value]) => ({ path: nibblesOf(key), value }));
  return rootOf(leaves.sort((one, other) => Buffer.compare(one.path, other.path)));
}

function rootOf(leaves: readonly Leaf[]): Uint8Array {
  return leaves.length === 0 ? EMPTY_TRIE : keccak256(nodeOf(leaves, 0, leaves.length, 0));
}

/** The encoding of the node that holds leaves from one number to another, which are alike in what comes before a depth. */
function nodeOf(leaves: readonly Leaf[], from: number, to: number, depth: number): Uint8Array {
  const [first, last] = [leaves[from], leaves[to - 1]];
  if (!first || !last) throw new RangeError("trie: a node of nothing");
  if (first === last) return rlpList([packed(first.path, depth, first.path.length, true), rlpString(first.value)]);
  let fork = depth;
  // They are in order: what the first and the last have in common all have.
  while (fork < first.path.length && first.path[fork] === last.path[fork]) fork += 1;
  if (fork === first.path.length) throw new RangeError("trie: a key twice, or one that begins with another");
  if (fork > depth) return rlpList([packed(first.path, depth, fork, false), reference(nodeOf(leaves, from, to, fork))]);
  const children: Uint8Array[] = [];
  let next = from;
  for (let nibble = 0; nibble < 16; nibble++) {
    const start = next;
    while (next < to && leaves[next]?.path[depth] === nibble) next += 1;
    children.push(next > start ? reference(nodeOf(leaves, start, next, depth + 1)) : EMPTY_STRING);
  }
  return rlpList([...children, EMPTY_STRING]);
}

/** A node in the one above it: itself where it is short, else its hash. */
const reference = (node: Uint8Array): Uint8Array => (node.length < 32 ? node : rlpString(keccak256(node)));

/** A part of a path as bytes: half-bytes in pairs, after whether their number is odd and whether a leaf ends there. */
function packed(path: Uint8Array, from: number, to: number, isLeaf: boolean): Buffer {
  const isOdd = (to - from) % 2 === 1;
  const bytes = Buffer.alloc(1 + ((to - from) >> 1));
  bytes[0] = (isLeaf ? 0x20 : 0) + (isOdd ? 0x10 + (path[from] ?? 0) : 0);
  let at = 1;
  for (let next = isOdd ? from + 1 : from; next < to; next += 2)
    bytes[at++] = 16 * (path[next] ?? 0) + (path[next + 1] ?? 0);
  return rlpString(bytes);
}

/** The half-bytes of a key. */
export function nibblesOf(key: Uint8Array): Uint8Array {
  const nibbles = new Uint8Array(2 * key.length);
  for (const [at, byte] of key.entries()) {
    nibbles[2 * at] = byte >> 4;
    nibbles[2 * at + 1] = byte & 15;
  }
  return nibbles;
}

/** Without leading zeros, as RLP has numbers; below 2^32. */
function numberBytes(number: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return bytes.subarray(Math.clz32(number) >> 3);
}
