/** A patient's values for a study, from the patient's own records, on the patient's device. */

import { ask, type Hex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import {
  type FoundValue,
  latestValue,
  mayHaveValue,
  type Resource,
  readGranted,
  type SourceResource,
  subjectPatientId,
} from "@medexchain/fhir";
import { assemble } from "@medexchain/sfe";
import { filterColumnsOf, neededColumns, type Question, type Values } from "@medexchain/studies";
import { openOwnSecrets, ownPieces } from "../own-pieces.ts";
import type { Owner } from "../owner.ts";

/** A value of a column. */
export interface ColumnValue {
  readonly column: string;
  readonly value: string;
  /** Where it was read; undefined where the patient gave it. */
  readonly source: Omit<FoundValue, "value"> | undefined;
}

/** What a patient's records say of a question. */
export interface OwnValues {
  /** Of the columns that are needed: all of the filter's, and, for a patient who matches it, the statistic's. */
  readonly found: readonly ColumnValue[];
  /** The same, for `joinStudy`. */
  readonly values: Values;
  /** Needed columns without a value, and why. */
  readonly missing: readonly { readonly column: string; readonly reason: string }[];
}

/** What of records can have a value, and the records that were left out. */
export interface OwnResources {
  readonly sources: readonly SourceResource[];
  readonly left: readonly { readonly record: string; readonly reason: string }[];
}

/** `RecordStatus.Active`. */
const ACTIVE = 1n;

type LeftOut = { readonly reason: string };

/**
 * Those of one record that can have a value of the question. A record of several Patients, by their resources or by whom its Observations name, is left
 * out: its values are not all of one person.
 */
async function relevantOf(
  question: Question,
  record: string,
  resources: Iterable<Resource> | AsyncIterable<Resource>,
): Promise<SourceResource[] | LeftOut> {
  const found: SourceResource[] = [];
  const patients = new Set<unknown>();
  const subjects = new Set<string>();
  for await (const resource of resources) {
    if (resource.resourceType === "Patient") patients.add(resource.id ?? resource);
    if (!mayHaveValue(resource, question.columns)) continue;
    found.push({ resource, record });
    const subject = resource.resourceType === "Patient" ? undefined : subjectPatientId(resource);
    if (subject !== undefined) subjects.add(subject);
  }
  const ids = new Set([...subjects, ...[...patients].filter((each) => typeof each === "string")]);
  return patients.size > 1 || ids.size > 1 ? { reason: "it is of several patients" } : found;
}

async function* resourcesOf(owner: Owner, recordId: Hex32): AsyncGenerator<Resource, void, undefined> {
  await using pieces = ownPieces(owner, recordId, await openOwnSecrets(owner, recordId));
  for await (const { head, publicFragment, privateFragment } of pieces) {
    if (head.format !== "fhir-r4+json" && head.format !== "fhir-r4+ndjson") {
      throw new MedexError("RECORD_FORMAT", "it is no FHIR");
    }
    for (const { resource } of readGranted(assemble(head, [publicFragment, privateFragment]))) yield resource;
  }
}

/** Codes of what is wrong with one record, whose others can be read. */
const OF_ONE_RECORD = ["RECORD_FORMAT", "FRAGMENT_INVALID", "CONTENT_NOT_FOUND", "FEATURE_MISSING"] as const;

/**
 * Reads what a patient's own records have that a question asks for. Revoked records, older versions among them, are not read.
 *
 * @param recordIds of records of that patient
 * @throws SERVICE_UNREACHABLE and its kin; a record that cannot be read as it is, is left out with the reason
 */
export async function readOwnResources(
  owner: Owner,
  question: Question,
  recordIds: readonly Hex32[],
): Promise<OwnResources> {
  const sources: SourceResource[] = [];
  const left: { record: string; reason: string }[] = [];
  for (const record of recordIds) {
    const { status } = await ask(owner.chain, () => owner.chain.records.record(record));
    if (status !== ACTIVE) continue;
    try {
      const found = await relevantOf(question, record, resourcesOf(owner, record));
      if ("reason" in found) left.push({ record, ...found });
      else sources.push(...found);
    } catch (error) {
      if (!MedexError.is(error) || !OF_ONE_RECORD.some((code) => code === error.code)) throw error;
      left.push({ record, reason: error.message });
    }
  }
  return { sources, left };
}

function resourcesIn(document: Uint8Array, name: string): Resource[] {
  try {
    return readGranted(document).map(({ resource }) => resource);
  } catch (cause) {
    if (!MedexError.is(cause, "RECORD_FORMAT")) throw cause;
    throw new MedexError("RECORD_FORMAT", `${name} is no FHIR in JSON or NDJSON: ${cause.message}`, { cause });
  }
}

/**
 * Reads what a FHIR document has that a question asks for: JSON or NDJSON.
 *
 * @param name of the document, where a record's id would stand
 * @throws RECORD_FORMAT it is no FHIR; INPUT_INVALID it is of several patients
 */
export async function readDocumentResources(
  question: Question,
  document: Uint8Array,
  name: string,
): Promise<OwnResources> {
  const found = await relevantOf(question, name, resourcesIn(document, name));
  if ("reason" in found) {
    throw new MedexError("INPUT_INVALID", `${name}: ${found.reason}; give the document of one patient`);
  }
  return { sources: found, left: [] };
}

/**
 * The values that a question needs of a patient: the latest of each column, see `latestValue`.
 *
 * @param today `YYYY-MM-DD`, for which an age is computed
 * @param given by the patient, for columns of which the records have no value
 * @throws FEATURE_OUT_OF_RANGE a value of the filter's columns, by which the others are needed or not
 */
export function ownValues(question: Question, { sources }: OwnResources, today: string, given: Values = {}): OwnValues {
  const all = question.columns.map((asked): ColumnValue | { readonly column: string; readonly reason: string } => {
    const { name: column } = asked;
    const latest = latestValue(asked, sources, today);
    if ("value" in latest) {
      const { value, ...source } = latest;
      return { column, value, source };
    }
    const own = Object.hasOwn(given, column) ? given[column] : undefined;
    return own === undefined ? { column, ...latest } : { column, value: own, source: undefined };
  });
  const known: Values = Object.fromEntries(
    all.flatMap((each) => ("value" in each ? [[each.column, each.value] as const] : [])),
  );
  const isFilterKnown = filterColumnsOf(question).every((column) => Object.hasOwn(known, column));
  const needed = isFilterKnown ? neededColumns(question, known) : filterColumnsOf(question);
  const found = all.flatMap((each) => ("value" in each && needed.includes(each.column) ? [each] : []));
  const missing = all.flatMap((each) => ("reason" in each && needed.includes(each.column) ? [each] : []));
  return { found, missing, values: Object.fromEntries(found.map(({ column, value }) => [column, value])) };
}

/** @throws FEATURE_MISSING names each column without a value, and why it has none */
export function requireValues({ missing }: OwnValues): void {
  if (missing.length === 0) return;
  const each = missing.map(({ column, reason }) => `${column}: ${reason}`);
  throw new MedexError(
    "FEATURE_MISSING",
    `the records do not have all that the study asks for. ${each.join("; ")}. Give the values yourself, in a file`,
  );
}
