/** Accounts and storage of a chain at the block up to which it was read, by proofs (EIP-1186) under its header's state root. */
import type { Deployment } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { keccak256, provenAccount, provenSlot } from "@medexchain/evm";
import type { ReadHead } from "../read/read-chain.ts";
import { type ProofNode, proofNode } from "./proof-node.ts";
import { sealedHeader } from "./sealed-header.ts";

/** Words that one call asks for: each takes some kilobytes. */
const WORDS_AT_ONCE = 100;
/** Keccak-256 of nothing. */
const NO_CODE = "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470";

/**
 * Each throws StateAltered for a proof that does not hold, NodeRefusal and others of `SERVICE_PROTOCOL` where the node gives none, and
 * SERVICE_UNREACHABLE.
 */
export interface StateProver {
  readonly block: number;
  /** Words of a contract's storage. Slots are hex, 32 bytes. */
  words(address: string, slots: readonly string[]): Promise<bigint[]>;
  /** Whether an account is a contract. */
  hasCode(address: string): Promise<boolean>;
  /** A contract's code: hex. */
  code(address: string): Promise<string>;
}

/** A node's proof of state is none. */
export class StateAltered extends MedexError {
  constructor(message: string, cause?: unknown) {
    super("AUDIT_MISMATCH", message, { cause });
  }
}

/**
 * @param head which was proven when it was read
 * @throws as the prover's methods
 */
export async function stateProver(deployment: Deployment, head: ReadHead, signal?: AbortSignal): Promise<StateProver> {
  const node = proofNode(deployment, signal);
  const { block } = head;
  const header = sealedHeader((await node.headers([block]))[0]);
  const expected = `0x${head.hash.toString("hex")}`;
  if (header?.blockHash !== expected)
    throw new StateAltered(`block ${block} has hash ${expected}, and the node tells a header of another`);
  return proverAt(node, block, bytesOf(header.stateRoot));
}

function proverAt(node: ProofNode, block: number, stateRoot: Uint8Array): StateProver {
  const prove = async <T>(address: string, slots: readonly string[], read: (account: Proven) => T): Promise<T> => {
    const { accountProof, storageProof } = await node.state(address, slots, block);
    try {
      const account = provenAccount(stateRoot, bytesOf(address), accountProof);
      const root = account?.storageRoot;
      const words = root
        ? storageProof.map(({ proof }, at) => provenSlot(root, bytesOf(slots[at] ?? ""), proof))
        : slots.map(() => 0n);
      return read({ codeHash: account?.codeHash, words });
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      throw new StateAltered(`the proof of ${address} at block ${block} does not hold: ${cause.message}`, cause);
    }
  };
  const codeHash = (address: string) =>
    prove(address, [], ({ codeHash: hash }) => (hash ? Buffer.from(hash).toString("hex") : NO_CODE));
  return {
    block,
    async words(address, slots) {
      const all: bigint[] = [];
      for (let from = 0; from < slots.length; from += WORDS_AT_ONCE)
        all.push(...(await prove(address, slots.slice(from, from + WORDS_AT_ONCE), ({ words }) => words)));
      return all;
    },
    hasCode: async (address) => (await codeHash(address)) !== NO_CODE,
    async code(address) {
      const [hash, code] = await Promise.all([codeHash(address), node.code(address, block)]);
      if (Buffer.from(keccak256(code)).toString("hex") === hash) return `0x${Buffer.from(code).toString("hex")}`;
      throw new StateAltered(`the code of ${address} at block ${block} has another hash than is proven`);
    },
  };
}

interface Proven {
  /** Undefined where there is no account. */
  readonly codeHash: Uint8Array | undefined;
  readonly words: bigint[];
}

const bytesOf = (hex: string): Buffer => Buffer.from(hex.slice(2), "hex");
