import {
  ask,
  type Chain,
  chainLogRanges,
  type Hex32,
  hex32,
  type MerkleTree,
  merkleTree,
  toHex32,
} from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { getBytes, type Log } from "ethers";

/** A ledger at the end of a block, with the tree of its entries: all of them, and none after. */
export interface LedgerAt {
  readonly head: Hex32;
  readonly root: Hex32;
  readonly tree: MerkleTree;
}

/** An entry's words in the data of `AccessLogged`: the leaf of the ledger's tree. */
const ENTRY_BYTES = 320;

/** What of a `RelayChain` is needed. */
interface LedgerSource {
  readonly chain: Chain;
  readonly config: { readonly fromBlock: number };
}

/**
 * Makes the reader of a chain's ledger: each entry is read once, and 64 bytes of it are kept, for the proofs that a checkpoint carries. Of a
 * ledger that goes on from another, the tree begins with the peaks that it took over. Ask for blocks in their order.
 */
export function ledgerLog({ chain, config }: LedgerSource): (block: number) => Promise<LedgerAt> {
  let read = { tree: merkleTree(), next: config.fromBlock };
  /** Whether what was read is what the contract holds. */
  const readTo = async (block: number): Promise<LedgerAt | undefined> => {
    const ranges = chainLogRanges(chain, (fromBlock, toBlock) => ledgerLogs(chain, fromBlock, toBlock), {
      from: read.next,
      to: block,
    });
    for await (const { to, logs } of ranges) {
      for (const log of logs) read.tree = grown(chain, read.tree, log);
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

function ledgerLogs(chain: Chain, fromBlock: number, toBlock: number): Promise<Log[]> {
  const { ledger, deployment, provider } = chain;
  const names = ["Continued", "AccessLogged"] as const;
  const topics = [names.map((name) => ledger.interface.getEvent(name).topicHash)];
  return provider.getLogs({ address: deployment.ledger, topics, fromBlock, toBlock });
}

/** The tree after one of these logs. */
function grown({ ledger }: Chain, tree: MerkleTree, log: Log): MerkleTree {
  const { name, args } = ledger.interface.parseLog(log) ?? {};
  if (name === "Continued") {
    // By place, as a Result has a length of its own. The ABI fixes the types; ethers' Result is untyped.
    const [, length, , peaks] = args as unknown as [string, bigint, string, readonly string[]];
    return merkleTree({ size: Number(length), peaks: peaks.map((peak) => getBytes(peak)) });
  }
  tree.append(getBytes(log.data).subarray(0, ENTRY_BYTES));
  return tree;
}
