/** Where a patient's values for a study come from: a file of values, a FHIR file, or the patient's own records. */
import { basename } from "node:path";
import { listRecords } from "@medexchain/actors";
import {
  type OwnResources,
  type OwnValues,
  ownValues,
  readDocumentResources,
  readOwnResources,
  requireValues,
} from "@medexchain/actors/studies";
import type { Hex32 } from "@medexchain/chain";
import { displayText, MedexError } from "@medexchain/core";
import { readJsoncFile } from "@medexchain/core/jsonc-file";
import { neededColumns, type Question, rowOf, type Values } from "@medexchain/studies";
import { z } from "zod";
import type { Context } from "../context.ts";
import { WrongUse } from "../output/wrong-use.ts";
import { readRecordFile } from "../record/read-input.ts";
import { findOwnRecord, type Names, openNames } from "../session/names.ts";
import { blockOf, placeMember, type Session, type UnlockedVault } from "../session/session.ts";

export interface ValuesOptions {
  /** A file, as what is on a command line is seen by others. */
  readonly values?: string;
  readonly fhir?: string;
  readonly record?: readonly string[];
}

/** Values with where they are from; both only of the columns that are needed. */
export interface StatedValues {
  readonly values: Values;
  readonly stated: readonly { readonly column: string; readonly value: string; readonly source: string }[];
}

/** By column, in its unit. */
const valuesSchema = z.record(
  z.string(),
  z.union([z.string(), z.number().transform(String)], "must be a number, or a code in quotes"),
);

/** @throws WrongUse two places are named */
export function requireOnePlace({ values, fhir, record }: ValuesOptions): void {
  if ([values, fhir, record].filter((each) => each !== undefined).length > 1) {
    throw new WrongUse("give the values by one of --values, --fhir and --record");
  }
}

const unitOf = (question: Question, name: string): string => {
  const column = question.columns.find((each) => each.name === name);
  return column === undefined || "codes" in column || column.unit === "1" ? "" : ` ${displayText(column.unit)}`;
};

async function fromFile(question: Question, path: string): Promise<StatedValues> {
  const given = await readJsoncFile("file of values", path, valuesSchema);
  const strange = Object.keys(given).find((name) => question.columns.every((column) => column.name !== name));
  if (strange !== undefined) {
    const names = question.columns.map(({ name }) => name).join(", ");
    throw new MedexError(
      "INPUT_INVALID",
      `${path}: the study has no column "${displayText(strange, 40)}"; its columns are ${names}`,
    );
  }
  const needed = neededColumns(question, given);
  const values = Object.fromEntries(
    needed.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]] as const])),
  );
  const stated = Object.entries(values).map(([column, value]) => ({
    column,
    value: `${displayText(value, 40)}${unitOf(question, column)}`,
    source: path,
  }));
  return { values, stated };
}

function state(question: Question, own: OwnValues, nameOf: (record: string) => string): StatedValues {
  requireValues(own);
  const stated = own.found.map(({ column, value, source }) => {
    const { record = "", resource = "", date } = source ?? {};
    const when = date === undefined ? "" : `, ${displayText(date)}`;
    return {
      column,
      value: `${displayText(value, 40)}${unitOf(question, column)}`,
      source: `${nameOf(record)} (${displayText(resource, 80)}${when})`,
    };
  });
  return { values: own.values, stated };
}

async function readOwn(
  context: Context,
  session: Session,
  vault: UnlockedVault<"owner">,
  names: Names,
  { question, chosen }: { readonly question: Question; readonly chosen: readonly string[] | undefined },
): Promise<OwnResources> {
  const site = await placeMember(session, vault.contents);
  const recordIds: Hex32[] = [];
  for (const reference of chosen ?? []) recordIds.push(await findOwnRecord(session, site, names, reference));
  if (chosen === undefined) {
    const all = await listRecords(site.chain, site.memberId, blockOf(session, site.chainName));
    recordIds.push(...all.filter(({ status }) => status === "active").map(({ recordId }) => recordId));
  }
  if (recordIds.length === 0) {
    throw new MedexError(
      "INPUT_INVALID",
      "you have published no record to read the values from: give them with --values, or a FHIR file with --fhir",
    );
  }
  const { openOwner } = await import("../session/devices.ts");
  using owner = await openOwner(context, session, vault);
  context.output.progress(`reading ${recordIds.length === 1 ? "a record" : `${recordIds.length} records`}`);
  return await readOwnResources(owner, question, recordIds);
}

/**
 * Reads what a question needs of a patient.
 * @throws FEATURE_MISSING, FEATURE_OUT_OF_RANGE; INPUT_INVALID; RECORD_FORMAT
 */
export async function readValues(
  context: Context,
  session: Session,
  vault: UnlockedVault<"owner">,
  question: Question,
  options: ValuesOptions,
): Promise<StatedValues> {
  const found = await readFrom(context, session, vault, question, options);
  // What would be refused is refused before the patient is asked.
  rowOf(question, found.values);
  return found;
}

async function readFrom(
  context: Context,
  session: Session,
  vault: UnlockedVault<"owner">,
  question: Question,
  { values, fhir, record }: ValuesOptions,
): Promise<StatedValues> {
  if (values !== undefined) return fromFile(question, values);
  const today = new Date().toISOString().slice(0, 10);
  if (fhir !== undefined) {
    const resources = await readDocumentResources(question, await readRecordFile(fhir), basename(fhir));
    return state(question, ownValues(question, resources, today), () => fhir);
  }
  using names = await openNames(context, session.config, vault);
  const resources = await readOwn(context, session, vault, names, { question, chosen: record });
  for (const { record: id, reason } of resources.left) {
    context.output.note(`${names.record(id as Hex32)} is left out: ${reason}`); // as readOwnResources was given it
  }
  return state(question, ownValues(question, resources, today), (id) => names.record(id as Hex32)); // as above
}
