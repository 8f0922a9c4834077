import {
  type AccessHistory,
  type HistoryFilter,
  type OpenHistoryOptions,
  openAccessHistory,
  type StorageServices,
  verifyHistory,
} from "@medexchain/audit";
import { renderReport } from "@medexchain/audit/page";
import { MedexError } from "@medexchain/core";
import type { Context } from "../context.ts";
import { timeOf } from "../output/output.ts";
import type { Session } from "../session/session.ts";
import { chainFacts } from "./chain-facts.ts";
import { hospitalNames } from "./hospital-names.ts";
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
  const options = { sources, directory: auditFolder(context), signal };
  const { findings, passed } = await verifyHistory({
    ...options,
    ...(!skipStorage && { storage: await storageOf(session) }),
    onStage: (stage) => context.output.progress(stage),
  });
  using history = await readHistory(options);
  const pieces = renderReport({
    at: BigInt(Math.floor(Date.now() / 1000)),
    chains: await chainFacts(session, sources, history?.heads ?? []),
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

/** The history, or undefined where the nodes contradict themselves, which is among the findings. */
async function readHistory(options: OpenHistoryOptions): Promise<AccessHistory | undefined> {
  try {
    return await openAccessHistory(options);
  } catch (error) {
    if (MedexError.is(error, "AUDIT_MISMATCH")) return undefined;
    throw error;
  }
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
