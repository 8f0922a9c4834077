import { type AccessHistory, type AuditSource, type HistoryFilter, openAccessHistory } from "../../audit/index.ts";
import { MedexError } from "../../offchain/errors.ts";
import { abortOnSignal } from "../abort-on-signal.ts";
import type { Context } from "../context.ts";
import { timeOf } from "../output.ts";
import { openSession, type Session } from "../session.ts";
import { type FilterOptions, filterOf } from "./filter-options.ts";
import { auditFolder, auditSources, hospitalNames } from "./sources.ts";
import { refuseExisting, writeOutput } from "./write-output.ts";

export const FORMATS = ["csv", "json", "fhir", "html"] as const;
export type Format = (typeof FORMATS)[number];

export interface ExportOptions extends FilterOptions {
  readonly format: Format;
  readonly ndjson?: boolean;
  readonly output?: string;
  readonly force?: boolean;
}

/** `medex audit export`. */
export async function exportHistory(context: Context, options: ExportOptions): Promise<void> {
  const { output } = context;
  const { format, ndjson = false, output: file, force = false } = options;
  if (output.json && file === undefined) {
    throw new MedexError("INPUT_INVALID", "with --json the export needs a file of its own: give --output");
  }
  if (ndjson && format !== "json" && format !== "fhir") {
    throw new MedexError("INPUT_INVALID", `${format} has no NDJSON; leave out --ndjson, or export json or fhir`);
  }
  refuseExisting(file, force);
  await using session = await openSession(context);
  const sources = auditSources(session.config);
  output.progress("reading both chains");
  using history = await openAccessHistory({ sources, directory: auditFolder(context), signal: abortOnSignal() });
  const filter = filterOf(options);
  await writeOutput(await piecesOf({ session, sources, history, filter, format, ndjson }), file, force);
  if (file === undefined) return;
  const requests = history.count(filter);
  output.result({ file, format, requests }, () => output.line(`${requests} requests in ${file}`));
}

interface Exported {
  readonly session: Session;
  readonly sources: readonly AuditSource[];
  readonly history: AccessHistory;
  readonly filter: HistoryFilter;
  readonly format: Format;
  readonly ndjson: boolean;
}

async function piecesOf(exported: Exported): Promise<Iterable<string>> {
  const { history, sources, filter, format, ndjson } = exported;
  if (format === "html") return reportPieces(exported);
  if (format === "fhir") {
    const { fhirBundle, fhirNdjson, fhirResources } = await import("../../audit/fhir/index.ts");
    const contracts = new Map(sources.map(({ deployment }) => [deployment.chainId, deployment]));
    const resources = fhirResources(history, filter, contracts);
    return ndjson ? fhirNdjson(resources) : fhirBundle(resources, now());
  }
  const { csvOf, jsonOf, ndjsonOf } = await import("../../audit/export/index.ts");
  if (format === "csv") return csvOf(history.entries(filter));
  return ndjson ? ndjsonOf(history.entries(filter)) : jsonOf(history, filter);
}

async function reportPieces({ session, sources, history, filter }: Exported): Promise<Iterable<string>> {
  const [{ renderReport }, { chainFacts }] = await Promise.all([
    import("../../web/index.ts"),
    import("./chain-facts.ts"),
  ]);
  return renderReport({
    at: now(),
    chains: await chainFacts(session, sources, history.heads),
    findings: undefined,
    filter: describe(filter),
    entries: history.entries(filter),
    count: history.count(filter),
    names: hospitalNames(session.config),
  });
}

const now = (): bigint => BigInt(Math.floor(Date.now() / 1000));

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
