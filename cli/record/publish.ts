import { basename } from "node:path";
import type { ProfileName } from "@medexchain/bfv";
import type { RecordSummary } from "@medexchain/sfe";
import type { Context } from "../context.ts";
import { progressLine } from "../output/progress-line.ts";
import { ownTerminal } from "../prompt/prompt.ts";
import { openSession, unlock } from "../session/session.ts";
import { confirm } from "./confirm.ts";
import { keepHeapLean } from "./lean-heap.ts";
import { recordPublishOutput } from "./outputs.ts";
import { readRecordFile } from "./read-input.ts";
import { readSelection, type SelectionOptions } from "./selection.ts";
import { factsOfSummary, summarise } from "./summary.ts";

export interface PublishOptions extends SelectionOptions {
  readonly limit: number;
  readonly profile?: ProfileName;
  /** Go on without asking. */
  readonly yes?: boolean;
}

/** `medex record publish`. */
export async function publish(context: Context, file: string, options: PublishOptions): Promise<void> {
  const { output } = context;
  keepHeapLean();
  const selection = await readSelection(options);
  const document = await readRecordFile(file);
  output.progress("reading the record");
  const summary = await summarise(document, file, options, selection);
  await showAndAsk(context, summary, options);
  const vault = await unlock(context, ["owner"]);
  await using session = await openSession(context);
  const { openOwner } = await import("../session/devices.ts");
  using owner = await openOwner(context, session, vault);
  output.progress("encrypting and anchoring");
  const { profile, limit } = options;
  const { selectors, numeric, allowPublic } = selection;
  const line = progressLine(process.stderr);
  const record = await owner
    .publish({
      document,
      format: summary.format,
      name: basename(file),
      privateSelectors: selectors,
      allowPublic,
      maxAccessCount: limit,
      onPiece: (done) => line.show({ step: "encrypting", unit: "pieces", done, total: summary.pieces }),
      ...(profile !== undefined && { profile }),
      ...(Object.keys(numeric).length > 0 && { numericColumns: numeric }),
    })
    .finally(line.end);
  output.result(recordPublishOutput, { ...record, maxAccessCount: limit }, () => {
    output.fact("record", record.recordId);
    output.fact("format", record.format);
    output.fact("features", `${record.features.public} public, ${record.features.private} private`);
    output.fact("limit", `${limit} per requester`);
    output.fact("transaction", record.transactionHash);
    output.note("The private part is only on this machine. medex keys backup backs it up, too.");
  });
}

/** What would become of the record, on standard error; and whether that is meant, where a person is there to ask. */
async function showAndAsk({ output }: Context, summary: RecordSummary, { yes = false }: PublishOptions): Promise<void> {
  const asks = !yes && process.stdin.isTTY && process.stderr.isTTY;
  // A program that asked for JSON finds nothing but an error there.
  if (output.json && !asks) return;
  for (const [name, value] of factsOfSummary(summary)) output.note(`${name.padEnd(16)} ${value}`);
  if (asks) await confirm("Publish it?", ownTerminal());
}
