/**
 * A witness: someone who reads a ledger, remembers how it was, and cosigns only what grew out of that. Whoever shows different ledgers to
 * different people needs the witness to forget.
 */
import { type Hex32, toHex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import type { LedgerEvidence } from "./ledger-evidence.ts";
import { checkpointText, cosign, parseCheckpointText, verifyNote, type WitnessSigner } from "./signed-note.ts";

/** What a witness cosigned last of a ledger. */
export interface WitnessMemory {
  readonly entryCount: number;
  readonly root: Hex32;
}

/**
 * Cosigns a ledger as it was read, or what another witness cosigned of it.
 *
 * @param options.memory what the witness cosigned of this ledger before; undefined the first time
 * @param options.note another witness's, to add a cosignature to
 * @param options.time Unix seconds
 * @throws AUDIT_MISMATCH when the ledger is not what it was, or the note is of another one; INPUT_INVALID when it is no note
 */
export function witness(
  { chainId, ledger, tree }: LedgerEvidence,
  signer: WitnessSigner,
  options: { readonly memory?: WitnessMemory | undefined; readonly note?: string | undefined; readonly time: bigint },
): { readonly note: string; readonly memory: WitnessMemory } {
  const { memory, note, time } = options;
  const mismatch = (what: string) => new MedexError("AUDIT_MISMATCH", `chain ${chainId}: ${what}; nothing was signed`);
  const isOf = (entryCount: number, root: Hex32) => entryCount <= tree.size && toHex32(tree.root(entryCount)) === root;
  if (memory && !isOf(memory.entryCount, memory.root))
    throw mismatch(`the ledger no longer begins with the ${memory.entryCount} entries that were cosigned before`);
  const text =
    note === undefined
      ? checkpointText({ chainId, ledger, entryCount: tree.size, root: tree.root() })
      : verifyNote(note, []).text;
  const noted = parseCheckpointText(text);
  const root = toHex32(noted.root);
  if (noted.chainId !== chainId || noted.ledger !== ledger || !isOf(noted.entryCount, root))
    throw mismatch("the note is of another ledger than was read");
  const isLonger = !memory || noted.entryCount > memory.entryCount;
  return {
    note: cosign(note ?? text, signer, time),
    memory: isLonger ? { entryCount: noted.entryCount, root } : memory,
  };
}
