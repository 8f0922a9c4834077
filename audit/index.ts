/** Replay of both chains' access logs, believing neither hospital nor relayer. */
export { type LedgerEntry, replayLedger } from "./replay-ledger.ts";
export { type RequestEntry, replayRequests } from "./replay-requests.ts";
