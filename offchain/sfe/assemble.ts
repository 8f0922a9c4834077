/** D_head and fragments back to the record's exact bytes. */

import { MedexError } from "@medexchain/core";
import { equalBytes } from "@noble/curves/utils.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { chunksOf } from "./binary-chunks.ts";
import { commitFeature, SALT_LENGTH } from "./commitment.ts";
import { splitCells } from "./csv-source.ts";
import type { CsvLayout, FeatureValue, Fragment, FragmentFeature, Head, HeadFeature } from "./ehr-document.ts";
import { isJsonScalar } from "./json-source.ts";

/** Names listed in one error message. */
const NAMES_SHOWN = 10;

export interface AssembleOptions {
  /**
   * What to do about private features in no fragment: `"error"` (the default), or `"blank"` to leave their places empty: JSON
   * `null`, empty cells, zero bytes. The result then is not the record but what one may see of it. A public feature is never
   * left out.
   */
  readonly missing?: "error" | "blank";
}

function rowsOf({ ends }: CsvLayout): number {
  return ends.reduce((sum, [rows]) => sum + rows, 0);
}

/** Why a value cannot stand in its place: each format's own check, so that no value can change anything beside it. */
function faultOf(head: Head, index: number, value: FeatureValue): string | undefined {
  switch (head.format) {
    case "fhir-r4+json":
    case "fhir-r4+ndjson":
      return typeof value === "string" && isJsonScalar(value) ? undefined : "the value is not one JSON scalar";
    case "csv":
      return typeof value === "string" && splitCells(value, rowsOf(head), head.delimiter) !== undefined
        ? undefined
        : `the value is not ${rowsOf(head)} cells`;
    case "binary":
      return value instanceof Uint8Array && value.length === chunksOf(head)[index]?.length
        ? undefined
        : "the value is not as long as its chunk";
  }
}

function checkFeature(head: Head, known: HeadFeature, feature: FragmentFeature): void {
  const refuse = (why: string): MedexError =>
    new MedexError("FRAGMENT_INVALID", `${known.name}: ${why}; ask its sender for the fragment again`);
  const fault = faultOf(head, feature.index, feature.value);
  if (fault !== undefined) throw refuse(fault);
  if (known.commitment === undefined) {
    if (feature.salt !== undefined) throw refuse("a public feature carries a salt");
  } else if (
    feature.salt?.length !== SALT_LENGTH ||
    !equalBytes(commitFeature(feature.salt, known.name, feature.value), known.commitment)
  ) {
    throw refuse("the value is not the one that the owner committed to");
  }
}

function fillTemplate(template: readonly string[], values: readonly (FeatureValue | undefined)[]): Uint8Array {
  return utf8ToBytes(template.map((part, i) => (i < values.length ? `${part}${values[i] ?? "null"}` : part)).join(""));
}

function writeTable(layout: CsvLayout, values: readonly (FeatureValue | undefined)[]): Uint8Array {
  const rows = rowsOf(layout);
  const columns = values.map((value) => {
    // What is there was checked to be cells.
    return value === undefined ? [] : (splitCells(String(value), rows, layout.delimiter) ?? []);
  });
  const lines: string[] = [];
  for (const [count, end] of layout.ends) {
    for (let i = 0; i < count; i++) {
      const row = lines.length;
      lines.push(columns.map((cells) => cells[row] ?? "").join(layout.delimiter) + end);
    }
  }
  return utf8ToBytes(layout.prefix + lines.join(""));
}

function write(head: Head, values: readonly (FeatureValue | undefined)[]): Uint8Array {
  switch (head.format) {
    case "fhir-r4+json":
    case "fhir-r4+ndjson":
      return fillTemplate(head.template, values);
    case "csv":
      return writeTable(head, values);
    case "binary":
      return concatBytes(
        ...chunksOf(head).map(({ length }, i) => {
          const value = values[i];
          return value instanceof Uint8Array ? value : new Uint8Array(length);
        }),
      );
  }
}

/**
 * Puts a record, or a piece of one, together.
 *
 * @param fragments any number; each feature once in all
 * @returns the bytes that were read, exactly, if no feature is missing
 * @throws FEATURE_MISSING names the features
 * @throws FRAGMENT_INVALID a feature of another record, twice, or not what D_head commits to
 */
export function assemble(head: Head, fragments: readonly Fragment[], options: AssembleOptions = {}): Uint8Array {
  const values: (FeatureValue | undefined)[] = new Array(head.features.length).fill(undefined);
  for (const { features } of fragments) {
    for (const feature of features) {
      const known = head.features[feature.index];
      if (known === undefined) {
        throw new MedexError(
          "FRAGMENT_INVALID",
          `feature ${feature.index} is not in this record: fragment and head differ`,
        );
      }
      if (values[feature.index] !== undefined) {
        throw new MedexError(
          "FRAGMENT_INVALID",
          `${known.name} is given twice: pass each feature in one fragment only`,
        );
      }
      checkFeature(head, known, feature);
      values[feature.index] = feature.value;
    }
  }
  const mayBeBlank = ({ commitment }: HeadFeature): boolean => options.missing === "blank" && commitment !== undefined;
  const missing = head.features
    .filter((feature, index) => values[index] === undefined && !mayBeBlank(feature))
    .map(({ name }) => name);
  if (missing.length > 0) {
    const shown = missing.slice(0, NAMES_SHOWN).join(", ");
    const more = missing.length > NAMES_SHOWN ? ` and ${missing.length - NAMES_SHOWN} more` : "";
    throw new MedexError(
      "FEATURE_MISSING",
      `no value for ${shown}${more}: add their fragment, or ask for blanks in the place of private ones`,
    );
  }
  return write(head, values);
}
