import type { DurableFile } from "@medexchain/core/durable-file";
import type { PayloadSource, PublicationJournal } from "@medexchain/tangle";

/**
 * What is kept of an approval that is under way, or of giving a record new keys. Message and sealed key are public once it is through; a sealed key
 * is for the relayers of one epoch. The others are in boxes under keys of the vault.
 */
export type ApprovalPart = "message" | `sealed-rekey-${bigint}` | `proposal-${bigint}` | "publication-seed";

/** A file whose bytes are read as they are needed. Keep it with `await using`. */
export interface PayloadFile extends PayloadSource, AsyncDisposable {}

/** How far an approval has come: one that broke off goes on with what it had made, instead of making and publishing it anew. */
export interface ApprovalProgress extends AsyncDisposable {
  /** Of the message's channel. */
  readonly journal: PublicationJournal;
  /** Whether the part was made before. */
  has(part: ApprovalPart): Promise<boolean>;
  /** The part if it was made before; else makes it, and keeps it durably. */
  once(part: ApprovalPart, make: () => Promise<Uint8Array>): Promise<Uint8Array>;
  /** Forgets a part. */
  drop(part: ApprovalPart): Promise<void>;
  /** As `once`, for what is long: it is written part by part, and read as it is needed. */
  file(part: ApprovalPart, make: (write: DurableFile["write"]) => Promise<void>): Promise<PayloadFile>;
}
