import { type HistoryFilter, openAudit, type StorageServices } from "@medexchain/audit";
import { renderReport } from "@medexchain/audit/page";
import type { Context } from "../context.ts";
import { timeOf } from "../output/output.ts";
import { hospitalNames } from "../session/hospital-names.ts";
import type { Session } from "../session/session.ts";
import { chainFacts } from "./chain-facts.ts";
import { auditFolder, auditSources } from "./sources.ts";

export interface Report {
  readonly context: Context;
  readonly session: Session;
  /** What of the history is shown. All of it is verified. */
  readonly filter: HistoryFilter;
  readonly skipStorage: boolean;
  readonly signal: AbortSignal;
}

/**
 * Verifies everything, and writes the page that tells of it.
 *
 * @returns whether the audit passed
 */
export async function writeReport(
  { context, session, filter, skipStorage, signal }: Report,
  write: (pieces: Iterable<string>) => Promise<void>,
): Promise<boolean> {
  const sources = auditSources(session.config);
  await using audit = await openAudit({ sources, directory: auditFolder(context), signal });
  const { findings, passed, chains } = await audit.verify({
    ...(!skipStorage && { storage: await storageOf(session) }),
    onStage: (stage) => context.output.progress(stage),
  });
  const { history } = audit;
  const pieces = renderReport({
    at: BigInt(Math.floor(Date.now() / 1000)),
    chains: chainFacts({ sources, chains, heads: history?.heads ?? [] }),
    findings,
    filter: describe(filter),
    entries: history?.entries(filter),
    count: history?.count(filter) ?? 0,
    names: hospitalNames(session.config),
  });
  await write(pieces);
  return passed;
}

/** The services that the configuration has. */
async function storageOf({ config, store, tangle }: Session): Promise<StorageServices> {
  return { ...(config.ipfs && { store: await store() }), ...(config.tangle && { tangle: await tangle() }) };
}

/** A filter in words. */
function describe({ member, record, hospital, since, until }: HistoryFilter): string {
  const parts = [
    member && `member ${member}`,
    record && `record ${record}`,
    hospital && `hospital ${hospital}`,
    since !== undefined && `since ${timeOf(since)}`,
    until !== undefined && `until ${timeOf(until)}`,
  ].filter((part) => typeof part === "string");
  return parts.length === 0 ? "" : `only ${parts.join(", ")}`;
}
