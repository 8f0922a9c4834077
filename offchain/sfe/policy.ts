/**
 * Which features are private. A policy is a list of selectors: names of ready policies (`identifiers`, see `named-policies.ts`),
 * or the record's own terms: FHIRPath for FHIR, column names for CSV, byte ranges for binary. What no selector names is public. Each selector must select
 * something: one that does not is a mistake, and a mistake here would make public what was meant to be private.
 */

import { MedexError } from "@medexchain/core";
import { z } from "zod";
import { chunksOf } from "./binary-chunks.ts";
import type { EhrDocument, RecordFormat } from "./ehr-document.ts";
import { compileFhirPath, type ElementSelector } from "./fhirpath-selector.ts";
import { openLastLook, partition, requireNoLeaks } from "./last-look.ts";
import { isPolicyName, namedSelector } from "./named-policies.ts";
import { type Part, partsOf, within } from "./resource-parts.ts";
import { invalid } from "./selector-syntax.ts";

const policyFile = z.strictObject({
  private: z.array(z.string().min(1)).min(1),
  numeric: z.record(z.string().min(1), z.string().min(1)).optional(),
});

/**
 * A policy file: `{ "private": [selector, …] }`, and for CSV `"numeric": { column: unit, … }`: columns of numbers to compute
 * on, with UCUM units.
 */
export type Policy = z.infer<typeof policyFile>;

/**
 * Reads a policy file (JSON).
 * @throws POLICY_INVALID
 */
export function parsePolicy(json: string): Policy {
  try {
    return policyFile.parse(JSON.parse(json));
  } catch (cause) {
    throw new MedexError("POLICY_INVALID", 'not a policy: write {"private": [selector, …]}', { cause });
  }
}

/** Indices of a document's features that a selector names. */
type Selector = (document: EhrDocument, parts: readonly Part[]) => Iterable<number>;

function elementSelector(select: ElementSelector): Selector {
  return function* (_document, parts) {
    for (const { resource, features, base } of parts) yield* within(features, base, select(resource));
  };
}

/** A header that several columns have names all of them. */
function columnSelector(name: string): Selector {
  return ({ features }) =>
    features.filter((feature) => feature.name === name || feature.path[0] === name).map(({ index }) => index);
}

/** A range is rounded outward to whole chunks, so that no byte that it names is public. */
function rangeSelector(selector: string): Selector {
  const [, from, to] = /^(\d{1,15})-(\d{1,15})?$/.exec(selector) ?? [];
  if (from === undefined || (to !== undefined && Number(to) < Number(from))) {
    throw invalid(
      selector,
      "not a byte range, and the record is taken as bytes; write first-last, or first- for all from there on, counted from 0, or state the format if the record is a table (csv) or FHIR",
    );
  }
  const [first, last] = [Number(from), to === undefined ? Number.POSITIVE_INFINITY : Number(to)];
  return ({ head }) =>
    head.format !== "binary"
      ? []
      : chunksOf(head).flatMap(({ offset, length }, i) => (offset <= last && offset + length > first ? [i] : []));
}

function compile(format: RecordFormat, selector: string): Selector {
  if (isPolicyName(selector)) {
    const named = namedSelector(format, selector);
    if (named.elements !== undefined) return elementSelector(named.elements);
    const columns = columnSelector(selector); // a column may have the policy's name
    return (document, parts) => new Set([...named.features(document), ...columns(document, parts)]);
  }
  switch (format) {
    case "fhir-r4+json":
    case "fhir-r4+ndjson":
      return elementSelector(compileFhirPath(selector));
    case "csv":
      return columnSelector(selector);
    case "binary":
      return rangeSelector(selector);
  }
}

/** Columns that are listed in an error. */
const COLUMNS_SHOWN = 20;

function columnList(columns: readonly string[]): string {
  if (columns.length === 0) return "";
  const shown = columns.slice(0, COLUMNS_SHOWN).map((name) => JSON.stringify(name.slice(0, 40)));
  return `, whose columns are ${shown.join(", ")}${columns.length > COLUMNS_SHOWN ? ", …" : ""}`;
}

/** Applies a policy to a record that comes in pieces. */
export interface PolicyMatcher {
  /**
   * @returns indices of the piece's private features, perhaps none
   * @throws POLICY_INVALID names the selector: not evaluable, or it yields something that is not an element of the record
   */
  select(piece: EhrDocument): Set<number>;
  /**
   * To be called after the last piece, before anything is made public.
   * @throws POLICY_SELECTS_NOTHING names the selector that selected no feature in any piece
   * @throws PRIVATE_VALUE_PUBLIC names places in the public part that show a private value, see `findLeaks`
   */
  finish(): void;
}

export interface PolicyOptions {
  /** Names of public features or elements that may show a private value, knowingly; see `findLeaks`. */
  readonly allowPublic?: readonly string[];
  /** `false` where a policy of the same selectors was finished on the same record just before: it is not searched a second time. */
  readonly lastLook?: boolean;
}

/**
 * Opens a policy. The last look is part of it: whoever finishes a policy has looked.
 * @throws POLICY_INVALID names the selector: not FHIRPath, I/O, or not a byte range
 * @throws POLICY_SELECTS_NOTHING there is no selector
 */
export function openPolicy(
  format: RecordFormat,
  selectors: readonly string[],
  { allowPublic = [], lastLook = true }: PolicyOptions = {},
): PolicyMatcher {
  if (selectors.length === 0) {
    throw new MedexError("POLICY_SELECTS_NOTHING", "the policy has no selector: name at least one private element");
  }
  const compiled = selectors.map((selector) => ({ selector, select: compile(format, selector) }));
  const idle = new Set(selectors);
  const look = lastLook ? openLastLook(allowPublic) : undefined;
  let columns: readonly string[] = [];

  function choose(piece: EhrDocument): Set<number> {
    const selected = new Set<number>();
    const parts = partsOf(piece);
    for (const { selector, select } of compiled) {
      for (const index of select(piece, parts)) {
        selected.add(index);
        idle.delete(selector);
      }
    }
    return selected;
  }

  return {
    select(piece) {
      if (piece.head.format === "csv") columns = piece.head.columns;
      const selected = choose(piece); // what it parsed is let go of before the last look
      look?.see(piece.head, ...partition(piece.features, (index) => selected.has(index)));
      return selected;
    },
    finish() {
      const [selector] = idle;
      if (selector === undefined) {
        requireNoLeaks(look?.leaks() ?? []);
        return;
      }
      throw new MedexError(
        "POLICY_SELECTS_NOTHING",
        `selector ${JSON.stringify(selector)} selects nothing in this record${columnList(columns)}: correct it or leave it out`,
      );
    },
  };
}

/**
 * Applies a policy to a whole document.
 *
 * @param selectors FHIR: FHIRPath expressions, evaluated with the FHIR R4 model on the whole record (in NDJSON on each line),
 *   e.g. `Bundle.entry.resource.ofType(Observation).where(code.coding.code = '8310-5').value`; an element that is selected is
 *   private with everything in it. Names of ready policies, see `POLICY_NAMES`, stand for more than one can write.
 *   CSV: column names. Binary: byte ranges, `0-1023` or `4096-`, both ends included.
 * @returns indices of the private features
 * @throws POLICY_INVALID, POLICY_SELECTS_NOTHING, PRIVATE_VALUE_PUBLIC as `openPolicy` and `PolicyMatcher`
 */
export function selectPrivate(
  document: EhrDocument,
  selectors: readonly string[],
  options: PolicyOptions = {},
): Set<number> {
  const policy = openPolicy(document.head.format, selectors, options);
  const selected = policy.select(document);
  policy.finish();
  return selected;
}
