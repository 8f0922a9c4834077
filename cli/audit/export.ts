import { type AccessHistory, type AuditSource, type HistoryFilter, openAudit, requireHistory } from "@medexchain/audit";
import type { Context } from "../context.ts";
import { abortOnSignal } from "../output/abort-on-signal.ts";
import { WrongUse } from "../output/wrong-use.ts";
import { openSession } from "../session/session.ts";
import { filterOf } from "./filter-options.ts";
import type { ExportOptions, Format } from "./formats.ts";
import { auditExportOutput } from "./outputs.ts";
import { auditFolder, auditSources } from "./sources.ts";
import { refuseExisting, writeOutput } from "./write-output.ts";
import { writeReport } from "./write-report.ts";

/** `medex audit export`. */
export async function exportHistory(context: Context, options: ExportOptions): Promise<void> {
  const { output } = context;
  const { format, ndjson = false, output: file, force = false } = options;
  if (output.json && file === undefined) {
    throw new WrongUse("--json needs --output: the export itself must go to a file");
  }
  if (ndjson && format !== "json" && format !== "fhir") {
    throw new WrongUse(`--ndjson works with the formats json and fhir only, not with ${format}`);
  }
  refuseExisting(file, force);
  const signal = abortOnSignal();
  await using session = await openSession(context);
  const filter = filterOf(options);
  const write = (pieces: Iterable<string>) => writeOutput(pieces, file, force, signal);
  if (format === "html") {
    const passed = await writeReport(
      { context, session, filter, skipStorage: options.skipStorage ?? false, signal },
      write,
    );
    if (!passed) process.exitCode = 1;
    if (file === undefined) return;
    output.result(auditExportOutput, { file, format, passed }, () =>
      output.line(`the audit ${passed ? "passed" : "failed"}: see ${file}`),
    );
    return;
  }
  const sources = auditSources(session.config);
  output.progress("reading both chains");
  await using audit = await openAudit({ sources, directory: auditFolder(context), signal });
  const history = requireHistory(audit);
  await write(await piecesOf({ sources, history, filter, format, ndjson }));
  if (file === undefined) return;
  const requests = history.count(filter);
  output.result(auditExportOutput, { file, format, requests }, () => output.line(`${requests} requests in ${file}`));
}

interface Exported {
  readonly sources: readonly AuditSource[];
  readonly history: AccessHistory;
  readonly filter: HistoryFilter;
  readonly format: Exclude<Format, "html">;
  readonly ndjson: boolean;
}

async function piecesOf({ history, sources, filter, format, ndjson }: Exported): Promise<Iterable<string>> {
  if (format === "fhir") {
    const { fhirBundle, fhirNdjson, fhirResources } = await import("@medexchain/audit/fhir");
    const contracts = new Map(
      sources.map(({ deployment, studies }) => [deployment.chainId, { ...deployment, ...(studies && { studies }) }]),
    );
    const resources = fhirResources(history, filter, contracts);
    return ndjson ? fhirNdjson(resources) : fhirBundle(resources, BigInt(Math.floor(Date.now() / 1000)));
  }
  const { csvOf, jsonOf, ndjsonOf } = await import("@medexchain/audit/export");
  if (format === "csv") return csvOf(history.entries(filter));
  return ndjson ? ndjsonOf(history.entries(filter)) : jsonOf(history, filter);
}
