/** A chain's ledger as it was read, as the tree of which receipts are made. */
import { type Hex32, type MerkleTree, merkleTree, toHex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { continuedPeaks, ENTRY_WORDS } from "../store/decode.ts";
import type { Store } from "../store/store.ts";
import { eventLogs, hexWord, intWord } from "../store/stored-log.ts";
import type { KeptCheckpoint } from "../verify/ledger-checkpoints.ts";

/** An entry of the ledger. */
export interface LedgerEntry {
  /** From 0. */
  readonly index: number;
  /** `abi.encode(entry)`, 320 bytes: the leaf of the ledger's tree. */
  readonly bytes: Uint8Array;
}

export interface LedgerEvidence {
  readonly chainId: bigint;
  /** In lower case. */
  readonly ledger: string;
  readonly tree: MerkleTree;
  /** The entries that were asked for, in order. */
  readonly entries: readonly LedgerEntry[];
  /** What other chains keep of this ledger and what it is, the longest first: a checkpoint that it contradicts is left out. */
  readonly checkpoints: readonly KeptCheckpoint[];
}

/**
 * Builds the tree of a ledger from its log. Of a ledger that goes on from another, the entries before its own are in the tree as the
 * peaks that it took over.
 *
 * @param requestId whose entries are wanted
 * @param kept what other chains keep of the ledger
 * @throws AUDIT_MISMATCH where entries are missing or out of order
 */
export function ledgerEvidence(
  store: Store,
  { chainId, ledger }: { readonly chainId: bigint; readonly ledger: string },
  kept: readonly KeptCheckpoint[],
  requestId?: Hex32,
): LedgerEvidence {
  let tree = merkleTree();
  const entries: LedgerEntry[] = [];
  for (const log of eventLogs(store, ["Continued", "AccessLogged"])) {
    if (log.chainId !== chainId) continue;
    if (log.event === "Continued") {
      tree = merkleTree({ size: Number(intWord(log.data, 0)), peaks: continuedPeaks(log) });
      continue;
    }
    const index = tree.size;
    if (intWord(log.topics, 1) !== BigInt(index) || log.data.length < 32 * ENTRY_WORDS) {
      throw new MedexError(
        "AUDIT_MISMATCH",
        `chain ${chainId}: entry ${index} of the ledger is missing from its log: medex audit verify tells more`,
      );
    }
    const bytes = log.data.subarray(0, 32 * ENTRY_WORDS);
    tree.append(bytes);
    if (hexWord(log.data, 0) === requestId) entries.push({ index, bytes });
  }
  const isTrue = ({ entryCount, root }: KeptCheckpoint) =>
    entryCount > 0n &&
    entryCount >= tree.first &&
    entryCount <= BigInt(tree.size) &&
    toHex32(tree.root(Number(entryCount))) === root;
  const checkpoints = kept.filter(isTrue).sort((one, other) => (one.entryCount > other.entryCount ? -1 : 1));
  return { chainId, ledger: ledger.toLowerCase(), tree, entries, checkpoints };
}
