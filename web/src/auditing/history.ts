/** A history that is looked at: lines of it in memory, each request whole when it is asked for. */
import type { AccessHistoryEntry, ChainPosition, RequestSummary } from "@medexchain/audit/view";
import type { Hex32 } from "@medexchain/chain";

export interface OpenedHistory {
  readonly summaries: readonly RequestSummary[];
  /** The request of a line. */
  entry(at: number): AccessHistoryEntry;
  /** Records that were revoked; undefined where the history does not say. */
  readonly revocations: ReadonlyMap<Hex32, ChainPosition> | undefined;
}

/** Keeps each string once: ids of people and records stand in many lines. */
export function interner(): (summary: RequestSummary) => RequestSummary {
  const known = new Map<string, string>();
  const once = <T extends string | undefined>(text: T): T => {
    if (text === undefined) return text;
    const kept = known.get(text);
    if (kept === undefined) known.set(text, text);
    return (kept ?? text) as T; // the same text
  };
  return (summary) => ({
    ...summary,
    requester: once(summary.requester),
    requesterHospital: once(summary.requesterHospital),
    record: once(summary.record),
    owner: once(summary.owner),
    ownerHospital: once(summary.ownerHospital),
    purpose: once(summary.purpose),
  });
}
