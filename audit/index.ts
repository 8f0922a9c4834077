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
export { openAccessHistory } from "./open-history.ts";
export { type LedgerEntry, replayLedger } from "./replay-ledger.ts";
export { type RequestEntry, replayRequests } from "./replay-requests.ts";
