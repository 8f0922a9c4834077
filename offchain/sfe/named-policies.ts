/** Policies that ship, by name. docs/records.md says for each what stays public. */

import { cellText, splitCells } from "./csv-source.ts";
import { createDicomSelector } from "./dicom.ts";
import type { EhrDocument, FeaturePath, RecordFormat } from "./ehr-document.ts";
import { allButVitalsPaths, identifierPaths } from "./identifiers.ts";
import { columnKind } from "./person-values.ts";
import { invalid } from "./selector-syntax.ts";
import { wordsOf } from "./words.ts";

/**
 * - `identifiers`: whatever points at a person, names one, or cannot be resolved is private.
 * - `research`: by the HIPAA safe harbour: also dates, ids, places, free text, ages above 89.
 * - `vitals-only`: everything is private but the vital signs themselves.
 * - `dicom`: of a DICOM file, everything before the pixel data, the patient's group within.
 */
export const POLICY_NAMES = ["identifiers", "research", "vitals-only", "dicom"] as const;
export type PolicyName = (typeof POLICY_NAMES)[number];

export function isPolicyName(selector: string): selector is PolicyName {
  return POLICY_NAMES.some((name) => name === selector);
}

/** What a named policy selects: elements of a FHIR record, or features of another one. */
export type NamedSelector =
  | { readonly elements: (resource: unknown) => FeaturePath[]; readonly features?: undefined }
  | { readonly elements?: undefined; readonly features: (document: EhrDocument) => Iterable<number> };

const EVERYTHING: NamedSelector = { features: ({ features }) => features.map(({ index }) => index) };

/** Headers of columns that hold vital signs. */
const VITAL_WORDS = new Set([
  ...[
    "temperature",
    "temp",
    "pulse",
    "heart",
    "heartrate",
    "hr",
    "bp",
    "systolic",
    "diastolic",
    "sbp",
    "dbp",
    "trestbps",
  ],
  ...["respiration", "respiratory", "rr", "spo2", "oxygen", "saturation", "weight", "height", "bmi"],
]);
const NUMBER = /^[+-]?\d+([.,]\d+)?([eE][+-]?\d+)?$/;
const ISO_DATE = /^\d{4}-\d\d(-\d\d)?([T ][\d:.]+(Z|[+-]\d\d:?\d\d)?)?$/;
const ANSWER = /^(true|false|yes|no|[a-z]|na|n\/a|nan|null|none|\?|-)?$/i;
/** What a column without a name is called: nobody knows what is in it. */
const UNNAMED = /^column\[\d+\]$/;
const MAX_AGE = 89;

function isPlain(cell: string, name: PolicyName): boolean {
  if (NUMBER.test(cell) || ANSWER.test(cell)) return true;
  return name === "identifiers" && ISO_DATE.test(cell);
}

/**
 * A table has no types: a column stays public only if its header names nobody and each of its cells is a number, a short
 * answer, or (for `identifiers`) a date.
 */
function columnsOf(name: PolicyName): NamedSelector {
  return {
    *features({ head, features }) {
      if (head.format !== "csv") return;
      const rows = head.ends.reduce((sum, [count]) => sum + count, 0);
      for (const { index, value, path } of features) {
        const header = String(path[0]);
        const words = wordsOf(header);
        const cells = (splitCells(String(value), rows, head.delimiter) ?? []).map(cellText);
        const isOld = name === "research" && words.includes("age") && cells.some((cell) => Number(cell) > MAX_AGE);
        const isVital = words.some((word) => VITAL_WORDS.has(word)) || VITAL_WORDS.has(words.join(""));
        const isOpen =
          columnKind(header) === undefined && !UNNAMED.test(header) && cells.every((cell) => isPlain(cell, name));
        if (!isOpen || isOld || (name === "vitals-only" && !isVital)) yield index;
      }
    },
  };
}

/**
 * Opens a named policy for a record.
 * @throws POLICY_INVALID the policy says nothing about records of this format
 */
export function namedSelector(format: RecordFormat, name: PolicyName): NamedSelector {
  if (name === "dicom") {
    if (format !== "binary") throw invalid(name, `it is for DICOM files, and the record is ${format}`);
    return { features: createDicomSelector() };
  }
  switch (format) {
    case "fhir-r4+json":
    case "fhir-r4+ndjson":
      if (name === "vitals-only") return { elements: allButVitalsPaths };
      return { elements: (record) => identifierPaths(record, { isStrict: name === "research" }) };
    case "csv":
      return columnsOf(name);
    case "binary":
      // Nothing can be told apart in it.
      return EVERYTHING;
  }
}
