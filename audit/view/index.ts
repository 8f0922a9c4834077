/** What shows a history without the auditor's store: for browsers, too. Nothing in it verifies but receipts; that is what `openAudit` does. */
export type { AccessHistoryEntry, ChainPosition } from "../access-history.ts";
export { csvOf } from "../export/csv.ts";
export { ndjsonOf } from "../export/json.ts";
export { consentOfDecision } from "../fhir/consents.ts";
export type { ContractsOf } from "../fhir/references.ts";
export type { Consent } from "../fhir/resources.ts";
export { type Finding, passes } from "../finding.ts";
export { type RequestSummary, summaryOf } from "../page/summary.ts";
export { type Step, timelineOf } from "../page/timeline.ts";
export { addressesOf, eventIndex, MAKES_MEMBER, REQUEST_TOPIC } from "../read/events.ts";
export { type ProvenReceipt, type Receipt, receiptSchema, verifyReceipt } from "../receipt/receipt.ts";
export { parseVerifierKey } from "../receipt/signed-note.ts";
export { joinRequest } from "../store/join-request.ts";
export type { StoredLog } from "../store/stored-log.ts";
export { readChange, readEntry } from "./read-entry.ts";
export { type ExportedLine, exportedLines } from "./read-export.ts";
export { readVerdict, type ToldVerdict } from "./read-verdict.ts";
export { type Search, type SortKey, search } from "./search.ts";
