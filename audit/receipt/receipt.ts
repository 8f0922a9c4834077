/**
 * Receipts: that one request was decided so in a ledger, provable to anyone who trusts a checkpoint of it, without any chain. A receipt holds
 * the entries of the request, for each the proof of RFC 9162 that it is in the ledger (section 2.1.3), and the checkpoint up to which.
 */
import { fromHex32, type Hex32, leafHash, toHex32, verifyInclusion } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { hexToBytes } from "@noble/hashes/utils.js";
import { z } from "zod";
import { decodeEntry, ENTRY_WORDS, type LogEntry } from "../store/decode.ts";
import { toHex } from "../store/stored-log.ts";
import type { LedgerEvidence } from "./ledger-evidence.ts";
import { type Cosignature, parseCheckpointText, verifyNote, type WitnessKey } from "./signed-note.ts";

const hex32 = z.templateLiteral(["0x", z.string().regex(/^[0-9a-f]{64}$/)]);
const address = z.string().regex(/^0x[0-9a-f]{40}$/);
const digits = z.string().regex(/^(0|[1-9]\d{0,19})$/);
/** A tree of 2⁵³ leaves has no longer paths. */
const proof = z.array(hex32).max(53);

/** A receipt as it stands in its file. */
export const receiptSchema = z.strictObject({
  format: z.literal("medexchain-receipt/1"),
  chainId: digits,
  ledger: address,
  requestId: hex32,
  entries: z
    .array(
      z.strictObject({
        index: z.int().nonnegative(),
        /** `abi.encode(entry)`. */
        bytes: z.string().regex(/^0x[0-9a-f]{640}$/),
        proof,
      }),
    )
    .min(1)
    .max(8),
  checkpoint: z.strictObject({
    entryCount: z.int().positive(),
    root: hex32,
    /** Where another chain keeps it, for whoever asks that chain; absent where only a note has it. */
    keptBy: z.strictObject({ chainId: digits, blockNumber: digits, blockTime: digits, head: hex32 }).optional(),
    /** The checkpoint as a signed note, with the cosignatures of witnesses. */
    note: z.string().max(65_536).optional(),
  }),
});
export type Receipt = z.infer<typeof receiptSchema>;

/**
 * Makes the receipt of a request.
 *
 * @param note a cosigned checkpoint that the receipt is to be of; the longest that another chain keeps, unless given
 * @throws REQUEST_UNKNOWN when the ledger has no entry of it; CHECKPOINT_MISSING when no checkpoint covers it yet; AUDIT_MISMATCH when
 *   the note is of another ledger than was read; INPUT_INVALID when it is none
 */
export function makeReceipt(evidence: LedgerEvidence, requestId: Hex32, note?: string): Receipt {
  const { chainId, ledger, tree, entries } = evidence;
  const last = entries.at(-1);
  if (!last) {
    throw new MedexError(
      "REQUEST_UNKNOWN",
      `the ledger of chain ${chainId} has no entry of request ${requestId}: nothing was decided about it yet`,
    );
  }
  const checkpoint = note === undefined ? keptCheckpoint(evidence) : notedCheckpoint(evidence, note);
  if (!checkpoint || last.index >= checkpoint.entryCount) {
    throw new MedexError(
      "CHECKPOINT_MISSING",
      `no checkpoint of chain ${chainId}'s ledger covers entry ${last.index} yet: relayers bring one from time to time, so try again later`,
    );
  }
  return {
    format: "medexchain-receipt/1",
    chainId: `${chainId}`,
    ledger,
    requestId,
    entries: entries.map(({ index, bytes }) => ({
      index,
      bytes: toHex(bytes),
      proof: tree.inclusionProof(index, checkpoint.entryCount).map(toHex32),
    })),
    checkpoint,
  };
}

function keptCheckpoint({ checkpoints: [longest] }: LedgerEvidence): Receipt["checkpoint"] | undefined {
  if (!longest) return undefined;
  const { keptBy, blockNumber, blockTime, head, root, entryCount } = longest;
  return {
    entryCount: Number(entryCount),
    root,
    keptBy: { chainId: `${keptBy}`, blockNumber: `${blockNumber}`, blockTime: `${blockTime}`, head },
  };
}

function notedCheckpoint({ chainId, ledger, tree }: LedgerEvidence, note: string): Receipt["checkpoint"] {
  const noted = parseCheckpointText(verifyNote(note, []).text);
  const isOfLedger = noted.chainId === chainId && noted.ledger === ledger && noted.entryCount <= tree.size;
  if (!isOfLedger || toHex32(tree.root(noted.entryCount)) !== toHex32(noted.root)) {
    throw new MedexError(
      "AUDIT_MISMATCH",
      `the note is of another ledger than was read of chain ${chainId}: the ledger was rewritten, or the note is older than the deployment`,
    );
  }
  return { entryCount: noted.entryCount, root: toHex32(noted.root), note };
}

/** What whoever checks a receipt trusts. */
export interface ReceiptTrust {
  /** The ledger's root at the receipt's checkpoint, from a source of one's own. */
  readonly root?: Hex32;
  /** Witnesses. All of them must have cosigned the receipt's checkpoint. */
  readonly witnesses?: readonly WitnessKey[];
}

/** What a receipt proves. */
export interface ProvenReceipt {
  readonly chainId: bigint;
  readonly ledger: string;
  readonly requestId: Hex32;
  readonly entryCount: number;
  readonly root: Hex32;
  readonly entries: readonly (LogEntry & { readonly index: number })[];
  readonly cosignatures: readonly Cosignature[];
}

/**
 * Checks a receipt without any chain: each entry is of the request, and in the ledger that the trusted checkpoint is of.
 *
 * @throws INPUT_INVALID when it is no receipt, or nothing is trusted; RECEIPT_INVALID, with what is wrong
 */
export function verifyReceipt(json: unknown, { root, witnesses = [] }: ReceiptTrust): ProvenReceipt {
  if (root === undefined && witnesses.length === 0) {
    throw new MedexError(
      "INPUT_INVALID",
      "a receipt proves nothing by itself: give the ledger's root, or a witness's key",
    );
  }
  const parsed = receiptSchema.safeParse(json);
  if (!parsed.success) throw new MedexError("INPUT_INVALID", "the file is no receipt of this version");
  const { chainId, ledger, requestId, entries, checkpoint } = parsed.data;
  if (root !== undefined && root !== checkpoint.root) throw invalid("its checkpoint has another root than is trusted");
  const cosignatures = cosignaturesOf(parsed.data, witnesses);
  const proven = entries.map(({ index, bytes, proof: path }) => {
    const leaf = hexToBytes(bytes.slice(2));
    const inclusion = {
      index,
      size: checkpoint.entryCount,
      leaf: leafHash(leaf),
      root: fromHex32(checkpoint.root),
    };
    if (!verifyInclusion(inclusion, path.map(fromHex32))) throw invalid(`entry ${index} is not in the ledger`);
    const entry = entryOf(leaf);
    if (entry.requestId !== requestId) throw invalid(`entry ${index} is of another request`);
    return { index, ...entry };
  });
  const { entryCount } = checkpoint;
  return {
    chainId: BigInt(chainId),
    ledger,
    requestId,
    entryCount,
    root: checkpoint.root,
    entries: proven,
    cosignatures,
  };
}

function entryOf(leaf: Uint8Array): LogEntry {
  try {
    if (leaf.length === 32 * ENTRY_WORDS) return decodeEntry(leaf);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw invalid("an entry is none that AccessLedger writes");
}

/** The witnesses' cosignatures, by all that are asked for, of this very checkpoint. */
function cosignaturesOf(
  { chainId, ledger, checkpoint }: Receipt,
  witnesses: readonly WitnessKey[],
): readonly Cosignature[] {
  if (witnesses.length === 0) return [];
  if (checkpoint.note === undefined) throw invalid("its checkpoint is not cosigned by anyone");
  const { text, cosignatures } = verifyNote(checkpoint.note, witnesses);
  const noted = parseCheckpointText(text);
  const isSame =
    noted.chainId === BigInt(chainId) &&
    noted.ledger === ledger &&
    noted.entryCount === checkpoint.entryCount &&
    toHex32(noted.root) === checkpoint.root;
  if (!isSame) throw invalid("its cosigned note is of another checkpoint");
  const missing = witnesses.filter(({ name }) => !cosignatures.some((each) => each.name === name));
  if (missing.length > 0)
    throw invalid(`its checkpoint is not cosigned by ${missing.map(({ name }) => name).join(", ")}`);
  return cosignatures;
}

const invalid = (what: string) =>
  new MedexError("RECEIPT_INVALID", `the receipt does not hold: ${what}. Ask who gave it to you for another`);
