/** What of an opened record is shown, made in the thread that opened it: the page gets no more than it draws, however long the record is. */

import { firstRows } from "@medexchain/sfe";
import { type Facts, factsOf, type Observation, observationsOf, resourcesOf } from "./fhir.ts";
import { type FileKind, isImage, kindOf } from "./file-kind.ts";
import { type Series, seriesOf } from "./series.ts";

/** The first of something, and how many more there are. */
export interface Some<T> {
  readonly shown: readonly T[];
  readonly more: number;
}

export interface ShownRecord {
  readonly kind: FileKind;
  readonly facts: Some<Facts>;
  readonly series: Some<Series>;
  readonly observations: Some<Observation>;
  /** The first of a table's rows, its header among them. */
  readonly table: readonly (readonly string[])[];
  readonly isTableCut: boolean;
  /** How the text begins; undefined of bytes. */
  readonly text: string | undefined;
}

/** Resources, rows, columns, pictures and characters that are shown: all of it is in the file. */
const [RESOURCES, ROWS, COLUMNS, SERIES, CELL, TEXT] = [200, 200, 50, 24, 500, 100_000];

export function shownOf(bytes: Uint8Array, format: string): ShownRecord {
  const isFhir = format.startsWith("fhir");
  const resources = isFhir ? resourcesOf(new TextDecoder().decode(bytes)) : [];
  const observations = observationsOf(resources);
  const rows = format === "csv" ? firstRows(new TextDecoder().decode(bytes), ROWS + 1) : [];
  return {
    kind: kindOf(bytes, format),
    facts: some(
      resources.flatMap((resource) => factsOf(resource) ?? []),
      RESOURCES,
      ({ title, facts }) => ({
        title: cut(title),
        facts: facts.map(([name, value]) => [name, cut(value)] as const),
      }),
    ),
    series: some(seriesOf(observations), SERIES, (each) => ({ ...each, what: cut(each.what), unit: cut(each.unit) })),
    observations: some(observations, ROWS, ({ when, what, text, ...rest }) => ({
      ...rest,
      when: cut(when),
      what: cut(what),
      text: cut(text),
    })),
    table: rows.slice(0, ROWS).map((row) => row.slice(0, COLUMNS).map(cut)),
    isTableCut: rows.length > ROWS || rows.some((row) => row.length > COLUMNS),
    text: format === "binary" ? undefined : new TextDecoder().decode(bytes.subarray(0, TEXT)),
  };
}

/** The file, as the browser may take it for an image and for nothing else that it would show. */
export const fileOf = (bytes: Uint8Array, { type }: FileKind): Blob => new Blob([new Uint8Array(bytes)], { type });

export const isShownAsImage = ({ kind, text }: ShownRecord): boolean => text === undefined && isImage(kind);

function some<T>(all: readonly T[], most: number, shorten: (each: T) => T): Some<T> {
  return { shown: all.slice(0, most).map(shorten), more: Math.max(0, all.length - most) };
}

const cut = (text: string): string => (text.length <= CELL ? text : `${text.slice(0, CELL)} …`);
