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
} from "./access-history.ts";
export { FINDINGS, type Finding, type FindingCode, type FindingPlace, type Severity } from "./finding.ts";
export { purposeText } from "./format/purpose.ts";
export { type Audit, openAudit, openFreshAudit, requireHistory, verifyHistory } from "./open-audit.ts";
export { setStoreAside } from "./store/store.ts";
export type { StorageServices } from "./verify/storage.ts";
export type { Verdict, VerifyOptions } from "./verify/verify-chains.ts";
