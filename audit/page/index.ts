/** The auditor's page. */
export type { ChainFacts } from "./chains.ts";
export { MAX_REQUESTS, type ReportInput, renderReport } from "./report.ts";
