/** Replay of both chains' access logs, believing neither hospital nor relayer. */
export type {
  AccessHistory,
  AccessHistoryEntry,
  AcknowledgedAt,
  AnswerAt,
  AuditSource,
  ChainPosition,
  DeliveredAt,
  HistoryFilter,
  LoggedDecision,
  ReadOptions,
  ReadProgress,
  RecordChange,
  ReEncryptionAsked,
  RequestedAt,
  StudyPart,
} from "./access-history.ts";
export { FINDINGS, type Finding, type FindingCode, type FindingPlace, type Severity } from "./finding.ts";
export {
  type Audit,
  type FreshAuditOptions,
  openAudit,
  openFreshAudit,
  requireHistory,
  verifyHistory,
} from "./open-audit.ts";
export type { ChainProof } from "./proven/chain-proofs.ts";
export type { LedgerEntry, LedgerEvidence } from "./receipt/ledger-evidence.ts";
export {
  makeReceipt,
  type ProvenReceipt,
  type Receipt,
  type ReceiptTrust,
  receiptSchema,
  verifyReceipt,
} from "./receipt/receipt.ts";
export {
  type Cosignature,
  checkpointText,
  cosign,
  type NotedCheckpoint,
  parseCheckpointText,
  parseSignerKey,
  parseVerifierKey,
  signerKeyOf,
  type VerifiedNote,
  verifierKeyOf,
  verifyNote,
  type WitnessKey,
  type WitnessSigner,
  witnessSigner,
} from "./receipt/signed-note.ts";
export { type WitnessMemory, witness } from "./receipt/witness.ts";
export { setStoreAside } from "./store/store.ts";
export type { GivenReceipt } from "./verify/receipts.ts";
export type { StorageServices } from "./verify/storage.ts";
export type { Verdict, VerifyOptions } from "./verify/verify-chains.ts";
