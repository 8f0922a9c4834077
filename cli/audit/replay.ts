import { type AccessHistoryEntry, type HistoryFilter, openAudit, requireHistory } from "@medexchain/audit";
import type { Context } from "../context.ts";
import { abortOnSignal } from "../output/abort-on-signal.ts";
import { encodeWith, timeOf } from "../output/output.ts";
import { readConfig } from "../session/config.ts";
import { auditReplayLine } from "./outputs.ts";
import { auditFolder, auditSources, forgetReading, readingProgress } from "./sources.ts";
import { writeOutput } from "./write-output.ts";

const COLUMNS = [
  ["TIME", 20],
  ["REQUEST", 11],
  ["RECORD", 11],
  ["REQUESTER", 11],
  ["DECISION", 20],
  ["OF RECORD", 9],
  ["OF HOSPITAL", 11],
  ["OWNER'S CHAIN", 25],
  ["REQUESTER'S CHAIN", 25],
  ["BY CONSENT", 11],
] as const;

/** `medex audit replay`. */
export async function replay(context: Context, options: HistoryFilter & { readonly forget?: boolean }): Promise<void> {
  const { forget = false, ...filter } = options;
  const { output } = context;
  const signal = abortOnSignal();
  const config = await readConfig(context.configFile);
  const sources = auditSources(config);
  if (forget) forgetReading(context, sources);
  using progress = readingProgress();
  await using audit = await openAudit({
    sources,
    directory: auditFolder(context),
    observe: progress.observe,
    signal,
  });
  progress[Symbol.dispose]();
  await writeOutput(linesOf(requireHistory(audit).entries(filter), output.json), undefined, false, signal);
}

/** Line by line, so that a history of any length can be read. */
function* linesOf(entries: Iterable<AccessHistoryEntry>, json: boolean): Generator<string> {
  if (!json) yield `${row(COLUMNS.map(([name]) => name))}\n`;
  for (const entry of entries)
    yield `${json ? JSON.stringify(encodeWith(auditReplayLine, entry)) : row(cells(entry))}\n`;
}

const row = (values: readonly string[]): string =>
  values
    .map((value, column) => value.padEnd(COLUMNS[column]?.[1] ?? 0))
    .join("  ")
    .trimEnd();

function cells(entry: AccessHistoryEntry): string[] {
  const { requested, delivered, decision, sourceChainId, destinationChainId, acknowledgement } = entry;
  const short = (id: string) => `${id.slice(0, 10)}…`;
  const seen = acknowledgement ? ` ${acknowledgement.acknowledgement.toLowerCase()}` : "";
  return [
    timeOf((requested ?? delivered)?.timestamp ?? 0n),
    short(entry.requestId),
    short(entry.recordId),
    short(entry.requester),
    decision?.decision ?? "-",
    decision ? `${decision.recordCount}/${decision.recordLimit}` : "-",
    decision ? `${decision.hospitalCount}/${decision.hospitalLimit}` : "-",
    `${destinationChainId} ${entry.destinationState}`,
    `${sourceChainId} ${entry.sourceState}${seen}`,
    entry.consent === undefined ? "" : short(entry.consent),
  ];
}
