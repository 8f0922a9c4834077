/** Proofs of what is in a Merkle Patricia trie, and of what is not: what `eth_getProof` answers with (EIP-1186). */
import { keccak256 } from "./keccak.ts";
import { type RlpItem, readRlp } from "./rlp-bytes.ts";
import { EMPTY_TRIE, nibblesOf } from "./trie-root.ts";

/** Nodes of a proof: half-bytes of a hashed key, and one more. */
const MOST_NODES = 65;
/** Bytes of a node: a branch with sixteen hashes has 532, and a leaf of a state trie less. */
const MOST_BYTES = 1024;

/** An account, as a state trie has it. */
export interface ProvenAccount {
  readonly nonce: bigint;
  readonly balance: bigint;
  /** 32 bytes each. */
  readonly storageRoot: Uint8Array;
  readonly codeHash: Uint8Array;
}

/**
 * What a trie has under a key, by the nodes from its root to there.
 *
 * @param root 32 bytes
 * @returns undefined where the nodes prove that it has nothing there
 * @throws RangeError where they prove neither: one that is missing, altered, or of another path; also for one too many
 */
export function provenValue(root: Uint8Array, key: Uint8Array, nodes: readonly Uint8Array[]): Uint8Array | undefined {
  if (nodes.length > MOST_NODES) throw new RangeError(`trie proof: more than ${MOST_NODES} nodes`);
  // Some clients tell no node of an empty trie, and some its one node.
  if (nodes.length === 0 && Buffer.compare(root, EMPTY_TRIE) === 0) return undefined;
  const path = nibblesOf(key);
  let depth = 0;
  let next = 0;
  /** A node's hash, or a node that is short enough to stand in the one above it. */
  let reference: RlpItem = root;
  const end = (value: Uint8Array | undefined): Uint8Array | undefined => {
    if (next !== nodes.length) throw new RangeError("trie proof: nodes after the last of the path");
    return value;
  };
  for (;;) {
    let node: RlpItem;
    if (reference instanceof Uint8Array) {
      if (reference.length === 0) return end(undefined);
      node = readNode(nodes[next], reference);
      next += 1;
      if (node instanceof Uint8Array && node.length === 0) return end(undefined); // the empty trie's
    } else node = reference;
    const [first, second] = fieldsOf(node);
    if (second === undefined) {
      const branch = node as readonly RlpItem[]; // as `fieldsOf` found
      const nibble = path[depth];
      if (nibble === undefined) return end(stringOf(branch[16]));
      depth += 1;
      reference = branch[nibble] ?? new Uint8Array();
      continue;
    }
    const [part, isLeaf] = unpacked(first);
    const isOnPath = part.every((nibble, at) => path[depth + at] === nibble);
    if (isLeaf) return end(isOnPath && depth + part.length === path.length ? stringOf(second) : undefined);
    if (!isOnPath) return end(undefined);
    depth += part.length;
    if (second instanceof Uint8Array && second.length === 0)
      throw new RangeError("trie proof: an extension to nothing");
    reference = second;
  }
}

/**
 * An account at a block, by its header's state root.
 *
 * @param address 20 bytes
 * @returns undefined where it is proven that there is none
 * @throws as `provenValue`, and RangeError for what is no account
 */
export function provenAccount(
  stateRoot: Uint8Array,
  address: Uint8Array,
  nodes: readonly Uint8Array[],
): ProvenAccount | undefined {
  const value = provenValue(stateRoot, keccak256(address), nodes);
  if (value === undefined) return undefined;
  const account = readRlp(value);
  const fields = account instanceof Uint8Array ? [] : account;
  const [nonce, balance, storageRoot, codeHash] = fields.map(stringOf);
  const isWhole = fields.length === 4 && storageRoot?.length === 32 && codeHash?.length === 32;
  if (!nonce || !balance || !storageRoot || !codeHash || !isWhole) throw new RangeError("trie proof: not an account");
  return { nonce: integerOf(nonce), balance: integerOf(balance), storageRoot, codeHash };
}

/**
 * A word of a contract's storage, by its account's storage root.
 *
 * @param slot 32 bytes
 * @returns 0 where it is proven that nothing is there
 * @throws as `provenValue`, and RangeError for what is no word
 */
export function provenSlot(storageRoot: Uint8Array, slot: Uint8Array, nodes: readonly Uint8Array[]): bigint {
  const value = provenValue(storageRoot, keccak256(slot), nodes);
  return value === undefined ? 0n : integerOf(stringOf(readRlp(value)));
}

function readNode(node: Uint8Array | undefined, hash: Uint8Array): RlpItem {
  if (!node) throw new RangeError("trie proof: a node is missing");
  if (node.length > MOST_BYTES) throw new RangeError(`trie proof: a node of more than ${MOST_BYTES} bytes`);
  if (Buffer.compare(keccak256(node), hash) !== 0)
    throw new RangeError("trie proof: a node is not the one of its hash");
  return readRlp(node);
}

/** Of a leaf or extension its two fields; of a branch none. */
function fieldsOf(node: RlpItem): [first: Uint8Array, second: RlpItem | undefined] {
  if (!(node instanceof Uint8Array)) {
    const [first, second] = node;
    if (node.length === 17) return [new Uint8Array(), undefined];
    if (node.length === 2 && first instanceof Uint8Array && second !== undefined) return [first, second];
  }
  throw new RangeError("trie proof: neither branch, extension nor leaf");
}

/** The half-bytes of a leaf's or extension's path. */
function unpacked(bytes: Uint8Array): [part: Uint8Array, isLeaf: boolean] {
  const nibbles = nibblesOf(bytes);
  const [form = 16, filler] = nibbles;
  const isOdd = form % 2 === 1;
  if (form > 3 || (!isOdd && filler !== 0)) throw new RangeError("trie proof: a malformed path");
  const part = nibbles.subarray(isOdd ? 1 : 2);
  if (form < 2 && part.length === 0) throw new RangeError("trie proof: an extension by nothing");
  return [part, form >= 2];
}

function stringOf(item: RlpItem | undefined): Uint8Array {
  if (item instanceof Uint8Array) return item;
  throw new RangeError("trie proof: a list where a value should be");
}

/** At most 32 bytes, without leading zeros. */
function integerOf(bytes: Uint8Array): bigint {
  if (bytes.length > 32 || bytes[0] === 0) throw new RangeError("trie proof: not an integer of 256 bits");
  return bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}
