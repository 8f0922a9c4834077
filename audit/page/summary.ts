import { purposeText } from "@medexchain/chain";
import type { AccessHistoryEntry } from "../access-history.ts";
import type { RequestRow } from "./rows.js";

/** What of a request stands in its line. The purpose is its code, with nothing in it that a terminal or a parser acts on. */
export type RequestSummary = Omit<RequestRow, "findings" | "steps">;

export function summaryOf(entry: AccessHistoryEntry): RequestSummary {
  const { decision } = entry;
  return {
    id: entry.requestId,
    asked: (entry.requested ?? entry.delivered)?.timestamp.toString(),
    requester: entry.requester,
    requesterHospital: entry.requesterHospital,
    purpose: purposeText(entry.purpose),
    record: entry.recordId,
    owner: entry.owner,
    ownerHospital: entry.ownerHospital,
    decision: decision?.decision,
    hospitalCount: decision?.hospitalCount.toString(),
    hospitalLimit: decision?.hospitalLimit.toString(),
    recordCount: decision?.recordCount.toString(),
    recordLimit: decision?.recordLimit.toString(),
    acknowledgement: entry.acknowledgement?.acknowledgement,
    expires: entry.request.expiry.toString(),
  };
}
