/**
 * The Merkle tree of RFC 6962 over SHA-256, as `contracts/libraries/MerkleRange.sol` keeps it: roots, and the proofs of RFC 9162 that an
 * entry is in a ledger (section 2.1.3), and that a ledger begins with what it was before (section 2.1.4). A leaf's hash is
 * SHA-256(0x00 ‖ leaf), a node's SHA-256(0x01 ‖ left ‖ right).
 *
 * All numbers are safe integers: a ledger of 2⁵³ entries is beyond any chain.
 */
import { sha256 } from "@noble/hashes/sha2.js";

/** The hash of a leaf, 32 bytes. */
export const leafHash = (leaf: Uint8Array): Uint8Array =>
  sha256.create().update(Uint8Array.of(0)).update(leaf).digest();

/** The hash of a node, 32 bytes. */
const nodeHash = (left: Uint8Array, right: Uint8Array): Uint8Array =>
  sha256.create().update(Uint8Array.of(1)).update(left).update(right).digest();

/** The root of a tree that grows, kept as the contract keeps it: by the roots of the perfect trees that its leaves fill. */
export interface MerkleRange {
  /** How many leaves there are. */
  readonly size: number;
  /** Appends a leaf by its bytes. */
  append(leaf: Uint8Array): void;
  root(): Uint8Array;
  /** What another range goes on from, as this one is now. */
  start(): RangeStart;
}

/** A range from which another goes on. */
export interface RangeStart {
  /** How many leaves it has. */
  readonly size: number;
  /** Its peaks, the largest first. */
  readonly peaks: readonly Uint8Array[];
}

const NOTHING: RangeStart = { size: 0, peaks: [] };

/**
 * @param start the range that this one goes on from; an empty one unless given
 * @throws RangeError where there are not as many peaks as the size has bits
 */
export function merkleRange(start: RangeStart = NOTHING): MerkleRange {
  /** By height; one counts where its bit is set in the size. */
  const peaks = peaksByHeight(start);
  let { size } = start;
  const isSet = (height: number): boolean => bitOf(size, height);
  return {
    get size() {
      return size;
    },
    append(leaf) {
      let [peak, height] = [leafHash(leaf), 0];
      for (let left = peaks[height]; left && isSet(height); left = peaks[height]) {
        peak = nodeHash(left, peak);
        height += 1;
      }
      peaks[height] = peak;
      size += 1;
    },
    start: () => ({ size, peaks: peaks.filter((_, height) => isSet(height)).reverse() }),
    root() {
      const [smallest, ...larger] = peaks.filter((_, height) => isSet(height));
      return smallest ? larger.reduce((bagged, peak) => nodeHash(peak, bagged), smallest) : sha256(new Uint8Array());
    },
  };
}

const bitOf = (size: number, height: number): boolean => Math.floor(size / 2 ** height) % 2 === 1;

/** The peaks of a range at the heights of their trees; nothing at heights that have none. */
function peaksByHeight({ size, peaks }: RangeStart): Uint8Array[] {
  const left = [...peaks];
  const placed: Uint8Array[] = [];
  for (let height = 0; 2 ** height <= size; height++) {
    if (!bitOf(size, height)) continue;
    const peak = left.pop();
    if (!peak) throw new RangeError(`too few peaks for a range of ${size} leaves`);
    placed[height] = peak;
  }
  if (left.length > 0) throw new RangeError(`too many peaks for a range of ${size} leaves`);
  return placed;
}

/** A part of a range that is a tree of 2^height leaves, of which the largest ones are the range's peaks. */
export interface PerfectTree {
  readonly root: Uint8Array;
  /** The siblings on the way from a leaf up to the root. */
  readonly path: readonly Uint8Array[];
}

/** A tree that grows, and proves what is in it. It keeps the root of every perfect subtree, so that each proof takes few hashes: 64 bytes of memory a leaf. */
export interface MerkleTree {
  /** How many leaves there are. */
  readonly size: number;
  /** Of how many leaves it went on. What it was when it had fewer is not known here. */
  readonly first: number;
  /** Appends a leaf by its bytes. */
  append(leaf: Uint8Array): void;
  /** The root of the first `size` leaves. A RangeError where there are fewer. */
  root(size?: number): Uint8Array;
  /** That a leaf is at an index among the first `size`. A RangeError where there is no such leaf. */
  inclusionProof(index: number, size?: number): Uint8Array[];
  /** The perfect tree of 2^height leaves that a leaf is in. A RangeError where it is not full. */
  perfectTree(index: number, height: number): PerfectTree;
  /** That the first `second` leaves begin with the first `first`. A RangeError where there are fewer, or `first` is none or more. */
  consistencyProof(first: number, second?: number): Uint8Array[];
}

/**
 * @param start the range that this tree goes on from; an empty one unless given. Of its leaves nothing is proven, as they are not known: that
 *   is a RangeError
 * @throws RangeError where there are not as many peaks as the size has bits
 */
export function merkleTree(start: RangeStart = NOTHING): MerkleTree {
  /** By height: the roots of all perfect subtrees, in order; of those before the start only its peaks. */
  const levels: Uint8Array[][] = [[]];
  let { size } = start;
  const peaks = peaksByHeight(start);
  for (let height = 0; 2 ** height <= size; height++) {
    const level: Uint8Array[] = new Array(Math.floor(size / 2 ** height));
    const peak = peaks[height];
    if (peak) level[level.length - 1] = peak;
    levels[height] = level;
  }

  /** The root of the leaves from `start`, which is a multiple of the largest power of two below their number. */
  const rootOf = (start: number, count: number): Uint8Array => {
    if (isPowerOfTwo(count)) return kept(Math.log2(count), start / count);
    const left = splitOf(count);
    return nodeHash(rootOf(start, left), rootOf(start + left, count - left));
  };
  const kept = (height: number, position: number): Uint8Array => {
    const hash = levels[height]?.[position];
    if (!hash) throw new RangeError(`no subtree ${position} of height ${height} in a tree of ${size} leaves`);
    return hash;
  };
  const require = (isIn: boolean, what: string): void => {
    if (!isIn) throw new RangeError(`${what} is not within a tree of ${size} leaves`);
  };

  /** PATH of RFC 9162, section 2.1.3.1, of a subtree. */
  const path = (index: number, start: number, count: number): Uint8Array[] => {
    if (count === 1) return [];
    const left = splitOf(count);
    return index < left
      ? [...path(index, start, left), rootOf(start + left, count - left)]
      : [...path(index - left, start + left, count - left), rootOf(start, left)];
  };
  /** SUBPROOF of RFC 9162, section 2.1.4.1. */
  const subproof = (first: number, start: number, count: number, isWhole: boolean): Uint8Array[] => {
    if (first === count) return isWhole ? [] : [rootOf(start, count)];
    const left = splitOf(count);
    return first <= left
      ? [...subproof(first, start, left, isWhole), rootOf(start + left, count - left)]
      : [...subproof(first - left, start + left, count - left, false), rootOf(start, left)];
  };

  return {
    first: start.size,
    get size() {
      return size;
    },
    append(leaf) {
      let hash = leafHash(leaf);
      let position = size;
      for (let height = 0; ; height++) {
        const level = levels[height];
        if (level) level.push(hash);
        else levels[height] = [hash];
        if (position % 2 === 0) break;
        hash = nodeHash(kept(height, position - 1), hash);
        position = (position - 1) / 2;
      }
      size += 1;
    },
    root(at = size) {
      require(at >= 0 && at <= size, `size ${at}`);
      return at === 0 ? sha256(new Uint8Array()) : rootOf(0, at);
    },
    inclusionProof(index, at = size) {
      require(at <= size && index >= 0 && index < at, `leaf ${index} of ${at}`);
      return path(index, 0, at);
    },
    perfectTree(index, height) {
      const at = (level: number) => Math.floor(index / 2 ** level);
      const sibling = (level: number) => (at(level) % 2 === 0 ? at(level) + 1 : at(level) - 1);
      const path = Array.from({ length: height }, (_, level) => kept(level, sibling(level)));
      return { root: kept(height, at(height)), path };
    },
    consistencyProof(first, second = size) {
      require(second <= size && first > 0 && first <= second, `size ${first} of ${second}`);
      return subproof(first, 0, second, true);
    },
  };
}

/** The largest power of two below a number above one. */
function splitOf(count: number): number {
  let split = 1;
  while (split * 2 < count) split *= 2;
  return split;
}

/** `Math.log2` rounds: it calls numbers next to 2⁵⁰ a power of two. */
const isPowerOfTwo = (count: number): boolean => count === 1 || 2 * splitOf(count) === count;

/** What an inclusion proof shows. */
export interface Inclusion {
  readonly index: number;
  readonly size: number;
  /** The leaf's hash. */
  readonly leaf: Uint8Array;
  readonly root: Uint8Array;
}

/** Whether the leaf is at its index in the tree of this size and root: RFC 9162, section 2.1.3.2. */
export function verifyInclusion({ index, size, leaf, root }: Inclusion, proof: readonly Uint8Array[]): boolean {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return false;
  let [fn, sn] = [index, size - 1];
  const up = () => {
    [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
  };
  let hash = leaf;
  for (const sibling of proof) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      hash = nodeHash(sibling, hash);
      while (fn % 2 === 0 && fn !== 0) up();
    } else hash = nodeHash(hash, sibling);
    up();
  }
  return sn === 0 && isEqual(hash, root);
}

/** What a consistency proof shows. */
export interface Consistency {
  readonly first: number;
  readonly second: number;
  readonly firstRoot: Uint8Array;
  readonly secondRoot: Uint8Array;
}

/** Whether the tree of `second` leaves begins with that of `first`: RFC 9162, section 2.1.4.2. An empty one begins every tree. */
export function verifyConsistency(
  { first, second, firstRoot, secondRoot }: Consistency,
  proof: readonly Uint8Array[],
): boolean {
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(second) || first < 0 || first > second) return false;
  if (first === 0) return proof.length === 0 && isEqual(firstRoot, sha256(new Uint8Array()));
  if (first === second) return proof.length === 0 && isEqual(firstRoot, secondRoot);
  // A first tree that is perfect is itself a node of the second, and not in the proof again.
  const [seed, ...rest] = isPowerOfTwo(first) ? [firstRoot, ...proof] : proof;
  if (!seed || proof.length === 0) return false;
  let [fn, sn] = [first - 1, second - 1];
  const up = () => {
    [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
  };
  while (fn % 2 === 1) up();
  let [fr, sr] = [seed, seed];
  for (const sibling of rest) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      [fr, sr] = [nodeHash(sibling, fr), nodeHash(sibling, sr)];
      while (fn % 2 === 0 && fn !== 0) up();
    } else sr = nodeHash(sr, sibling);
    up();
  }
  return sn === 0 && isEqual(fr, firstRoot) && isEqual(sr, secondRoot);
}

const isEqual = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, at) => byte === other[at]);
