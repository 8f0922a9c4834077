import { basename } from "node:path";
import { recordStanding } from "@medexchain/actors";
import type { ProfileName } from "@medexchain/bfv";
import type { Chain, Hex32 } from "@medexchain/chain";
import { displayText } from "@medexchain/core";
import type { RecordSummary } from "@medexchain/sfe";
import { equalBytes } from "@noble/curves/utils.js";
import type { Context } from "../context.ts";
import { readFromServer, type SourceOptions } from "../fhir/read-server.ts";
import { progressLine } from "../output/progress-line.ts";
import { WrongUse } from "../output/wrong-use.ts";
import { ownTerminal } from "../prompt/prompt.ts";
import { type Names, openNames, shortId } from "../session/names.ts";
import { openSession, unlock } from "../session/session.ts";
import { confirm } from "./confirm.ts";
import { keepHeapLean } from "./lean-heap.ts";
import { nameOf, type UnpublishedName } from "./names.ts";
import { recordPublishOutput } from "./outputs.ts";
import { readRecordFile } from "./read-input.ts";
import { readSelection, type SelectionOptions } from "./selection.ts";
import { factsOfSummary, summarise } from "./summary.ts";

export interface PublishOptions extends SelectionOptions, SourceOptions {
  readonly limit: number;
  readonly profile?: ProfileName;
  /** What the record is to be called. */
  readonly name?: string;
  /** Go on without asking. */
  readonly yes?: boolean;
}

/** `medex record publish`. */
export async function publish(context: Context, file: string | undefined, options: PublishOptions): Promise<void> {
  const { output } = context;
  keepHeapLean();
  const selection = await readSelection(options);
  const { document, name: source } = await readSource(context, file, options);
  output.progress("reading the record");
  const summary = await summarise(document, source, options, selection);
  await showAndAsk(context, summary, options);
  const vault = await unlock(context, ["owner"]);
  await using session = await openSession(context);
  const { openOwner } = await import("../session/devices.ts");
  using owner = await openOwner(context, session, vault);
  using names = await openNames(context, session.config, vault);
  const name = await nameOf(names, { document, file: source, summary }, options.name);
  const publishedBefore = await sameFile(names, owner.chain, name);
  await warnOfSame(context, names, publishedBefore, options);
  output.progress("encrypting and anchoring");
  const { profile, limit } = options;
  const { selectors, numeric, allowPublic } = selection;
  const line = progressLine(process.stderr);
  const record = await owner
    .publish({
      document,
      format: summary.format,
      name: source,
      privateSelectors: selectors,
      allowPublic,
      maxAccessCount: limit,
      onPiece: (done) => line.show({ step: "encrypting", unit: "pieces", done, total: summary.pieces }),
      ...(profile !== undefined && { profile }),
      ...(Object.keys(numeric).length > 0 && { numericColumns: numeric }),
    })
    .finally(line.end);
  // The record is published, whatever becomes of its name: told as failed, it would be published again.
  await names.store.put({ ...name, id: record.recordId }).catch((error: unknown) => {
    output.note(
      `the record's name could not be kept (${error instanceof Error ? error.name : "unknown"}): give it one with medex record name`,
    );
  });
  const result = { ...record, maxAccessCount: limit, name: name.label, publishedBefore };
  output.result(recordPublishOutput, result, () => {
    output.fact("name", displayText(name.label));
    output.fact("record", record.recordId);
    output.fact("format", record.format);
    output.fact("features", `${record.features.public} public, ${record.features.private} private`);
    output.fact("limit", `${limit} per requester`);
    output.fact("transaction", record.transactionHash);
    output.note("The private part is only on this machine. medex keys backup backs it up, too.");
  });
}

const asksNow = (yes: boolean): boolean => !yes && process.stdin.isTTY && process.stderr.isTTY;

/** The active records that were made of the same file. */
async function sameFile({ records }: Names, chain: Chain, { digest }: UnpublishedName): Promise<Hex32[]> {
  const same = [...records.values()].filter((other) => digest && other.digest && equalBytes(other.digest, digest));
  const standings = await Promise.all(same.map(({ id }) => recordStanding(chain, id)));
  return standings.filter(({ status }) => status === "active").map(({ recordId }) => recordId);
}

/** A file that is published again makes another record, with counts of its own: seldom what is meant. */
async function warnOfSame(
  { output }: Context,
  names: Names,
  same: readonly Hex32[],
  { yes = false }: PublishOptions,
): Promise<void> {
  if (same.length === 0) return;
  const asks = asksNow(yes);
  if (output.json && !asks) return; // the result says so
  const which = same.map((id) => `${names.record(id)} (${shortId(id)})`).join(", ");
  output.note(
    `warning: this file is published already, as ${which}. Published again it is another record, for which every doctor's accesses are counted anew.`,
  );
  if (asks) await confirm("Publish it again?", ownTerminal());
}

/** What would become of the record, on standard error; and whether that is meant, where a person is there to ask. */
async function showAndAsk({ output }: Context, summary: RecordSummary, { yes = false }: PublishOptions): Promise<void> {
  const asks = asksNow(yes);
  // A program that asked for JSON finds nothing but an error there.
  if (output.json && !asks) return;
  for (const [name, value] of factsOfSummary(summary)) output.note(`${name.padEnd(16)} ${value}`);
  if (asks) await confirm("Publish it?", ownTerminal());
}

/** The record, and what it is called. */
async function readSource(
  context: Context,
  file: string | undefined,
  options: SourceOptions,
): Promise<{ readonly document: Uint8Array; readonly name: string }> {
  const { from } = options;
  if ((file === undefined) === (from === undefined)) {
    throw new WrongUse("give the record as a file, or --from with the FHIR server that has it: one of the two");
  }
  if (from !== undefined) {
    const { requirePublishableLength } = await import("@medexchain/actors");
    const fetched = await readFromServer(context, from, options);
    requirePublishableLength(fetched.document.length);
    return fetched;
  }
  const path = file ?? "";
  return { document: await readRecordFile(path), name: basename(path) };
}
