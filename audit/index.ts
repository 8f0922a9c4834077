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
  OpenAccessHistory,
  OpenHistoryOptions,
  ReadProgress,
  RecordChange,
  ReEncryptionAsked,
  RequestedAt,
} from "./access-history.ts";
export { FINDINGS, type Finding, type FindingCode, type FindingPlace, type Severity } from "./finding.ts";
export { openAccessHistory } from "./open-history.ts";
export { type LedgerEntry, replayLedger } from "./replay-ledger.ts";
export { type RequestEntry, replayRequests } from "./replay-requests.ts";
export { setStoreAside } from "./store/store.ts";
export type { StorageServices } from "./verify/storage.ts";
export { type Verdict, type VerifyOptions, verifyHistory } from "./verify-history.ts";
