import { purposeText } from "@medexchain/chain";
import { toJson } from "@medexchain/core";
import type { AccessHistory, AccessHistoryEntry, HistoryFilter } from "../access-history.ts";

/** A purpose is also given as text. */
const withPurpose = (entry: AccessHistoryEntry) => ({ ...entry, purposeText: purposeText(entry.purpose) });

/** The history as one JSON object, `{ heads, requests, recordChanges }`, in pieces: a line for each request and change. */
export function* jsonOf(
  history: Pick<AccessHistory, "heads" | "entries" | "recordChanges">,
  filter: HistoryFilter,
): Generator<string> {
  yield `{"heads":${toJson(history.heads)},"requests":[`;
  yield* lines(history.entries(filter), withPurpose);
  yield '],"recordChanges":[';
  yield* lines(history.recordChanges(filter), (change) => change);
  yield "]}\n";
}

/** Requests as NDJSON, a line each. */
export function* ndjsonOf(entries: Iterable<AccessHistoryEntry>): Generator<string> {
  for (const entry of entries) yield `${toJson(withPurpose(entry))}\n`;
}

function* lines<T>(items: Iterable<T>, shape: (item: T) => unknown): Generator<string> {
  let separator = "\n";
  for (const item of items) {
    yield `${separator}${toJson(shape(item))}`;
    separator = ",\n";
  }
}
