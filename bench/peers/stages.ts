import type { Case } from "../measure.ts";

/** The stages that every proxy re-encryption has. */
export const PEER_STAGES = ["KeyGen", "Enc", "ReKeyGen", "ReEnc", "Dec"] as const;
export type PeerStage = (typeof PEER_STAGES)[number];

export const PEER_SIZES = ["public key", "ciphertext", "re-encryption key", "re-encrypted ciphertext"] as const;
export type PeerSize = (typeof PEER_SIZES)[number];

/** One library's stages over one run of it, which was checked to give the message back. */
export interface PeerStages {
  readonly cases: Readonly<Record<PeerStage, Case>>;
  /** Bytes. */
  readonly sizes: Readonly<Record<PeerSize, number>>;
}
