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
export { type FreshAudit, freshAudit } from "./fresh-audit.ts";
export { openAccessHistory } from "./open-history.ts";
export { purposeText } from "./purpose.ts";
export { setStoreAside } from "./store/store.ts";
export type { StorageServices } from "./verify/storage.ts";
export { type Verdict, type VerifyOptions, verifyHistory } from "./verify-history.ts";
