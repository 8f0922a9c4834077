import { ask, chainLogRanges, type Hex32, hex32, type MerkleTree, merkleTree, toHex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { getBytes } from "ethers";
import type { RelayChain } from "../chains/relay-chain.ts";

/** A ledger at the end of a block, with the tree of its entries: all of them, and none after. */
export interface LedgerAt {
  readonly head: Hex32;
  readonly root: Hex32;
  readonly tree: MerkleTree;
}

/** An entry's words in the data of `AccessLogged`: the leaf of the ledger's tree. */
const ENTRY_BYTES = 320;

/**
 * Makes the reader of a chain's ledger: each entry is read once, and 64 bytes of it are kept, for the proofs that a checkpoint carries. Ask for
 * blocks in their order.
 */
export function ledgerLog(relayChain: RelayChain): (block: number) => Promise<LedgerAt> {
  const { chain, config } = relayChain;
  let read = { tree: merkleTree(), next: config.fromBlock };
  /** Whether what was read is what the contract holds. */
  const readTo = async (block: number): Promise<LedgerAt | undefined> => {
    const filter = chain.ledger.filters.AccessLogged();
    const ranges = chainLogRanges(chain, (from, to) => chain.ledger.queryFilter(filter, from, to), {
      from: read.next,
      to: block,
    });
    for await (const { to, logs } of ranges) {
      for (const { data } of logs) read.tree.append(getBytes(data).subarray(0, ENTRY_BYTES));
      read.next = to + 1;
    }
    const blockTag = block;
    const [length, head, root] = await ask(chain, () =>
      Promise.all([
        chain.ledger.length({ blockTag }),
        chain.ledger.head({ blockTag }),
        chain.ledger.root({ blockTag }),
      ]),
    );
    const isSame = length === BigInt(read.tree.size) && root === toHex32(read.tree.root());
    return isSame ? { head: hex32(head), root: hex32(root), tree: read.tree } : undefined;
  };
  return async (block) => {
    const known = read.next;
    const first = await readTo(block);
    if (first) return first;
    // The chain was reorganised, or the reading broke off between two ranges: from the start, once.
    read = { tree: merkleTree(), next: config.fromBlock };
    const again = known > config.fromBlock ? await readTo(block) : undefined;
    if (again) return again;
    read = { tree: merkleTree(), next: config.fromBlock };
    throw new MedexError(
      "SERVICE_PROTOCOL",
      `chain ${chain.deployment.chainId}: the log of AccessLedger up to block ${block} is not what the contract holds; check \`fromBlock\`, or ask another node`,
    );
  };
}
