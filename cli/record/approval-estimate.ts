import { byteCiphertextsLength } from "@medexchain/bfv";
import type { RecordSummary } from "@medexchain/sfe";
import { MAX_BOX_BYTES, MAX_INLINE_CHUNKS } from "@medexchain/tangle";

/** The proof-of-work score that public Stardust networks ask for (TIP-12): a block of n bytes takes about n × score trials. */
const SCORE = 1500;
/** What a usual machine tries in a second at least; the Tangle client reckons with it, too. */
const TRIALS_PER_SECOND = 50_000;
/** What a block carries at that score: just below a power of three, where work per byte is least. */
const BLOCK_BYTES = 28_000;
/** A signed head, and its list of block ids or digests. */
const HEAD_BYTES = 800;
const HEAD_ENTRY_BYTES = 34;
/**
 * Seconds of one processor, as `npm run bench -- approval` measured them, a fifth added for slower machines: bytes of private features
 * that are decrypted (14 million) and encrypted (4.8 million), and bytes of the message that are sealed and stored (70 million).
 */
const DECRYPTED_PER_SECOND = 11_500_000;
const ENCRYPTED_PER_SECOND = 4_000_000;
const STORED_PER_SECOND = 58_000_000;
/** CBOR, index and commitment's salt of a feature; length and digest of a piece. */
const FEATURE_BYTES = 24;
const PIECE_BYTES = 36;

/** What an approval of the whole record takes, roughly. */
export interface ApprovalEstimate {
  /** Of the encrypted private part. */
  readonly bytes: number;
  /** On the Tangle, the signed head included. */
  readonly blocks: number;
  /** On IPFS, if the private part is too large for the Tangle. */
  readonly boxes: number;
  /** To decrypt what the owner keeps, encrypt it for the doctor, and seal and store it; besides the wait for a node at a distance. */
  readonly encryptionSeconds: number;
  /** Proof of work at a score of 1,500; a development network asks for next to none. */
  readonly workSeconds: number;
}

/** Estimates an approval from what a preview knows. */
export function estimateApproval(summary: Pick<RecordSummary, "pieces" | "private">): ApprovalEstimate {
  const plain = summary.private.bytes + summary.private.features * FEATURE_BYTES;
  const pieces = Math.max(1, Math.min(summary.pieces, summary.private.features));
  const bytes = pieces * byteCiphertextsLength(PIECE_BYTES + plain / pieces, "full");
  const isInline = bytes <= MAX_INLINE_CHUNKS * BLOCK_BYTES;
  const chunks = isInline ? Math.ceil(bytes / BLOCK_BYTES) : 0;
  const boxes = isInline ? 0 : Math.ceil(bytes / MAX_BOX_BYTES);
  const head = workSeconds(HEAD_BYTES + HEAD_ENTRY_BYTES * (chunks + boxes));
  return {
    bytes,
    blocks: chunks + 1,
    boxes,
    encryptionSeconds: Math.ceil(
      plain / DECRYPTED_PER_SECOND + plain / ENCRYPTED_PER_SECOND + bytes / STORED_PER_SECOND,
    ),
    workSeconds: Math.ceil(head + chunks * workSeconds(Math.min(bytes, BLOCK_BYTES))),
  };
}

/** What a block of n bytes takes on average: trials rounded up to a power of three (TIP-12). */
function workSeconds(bytes: number): number {
  return 3 ** Math.ceil(Math.log(bytes * SCORE) / Math.log(3)) / TRIALS_PER_SECOND;
}
