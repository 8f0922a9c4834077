/**
 * Which features are private. A policy is a list of selectors, in the record's own terms: FHIRPath or the word `identifiers`
 * for FHIR, column names for CSV, byte ranges for binary. What no selector names is public. Each selector must select
 * something: one that does not is a mistake, and a mistake here would make public what was meant to be private.
 */

import { MedexError } from "@medexchain/core";
import { z } from "zod";
import { assemble } from "./assemble.ts";
import { chunksOf } from "./binary-chunks.ts";
import type { EhrDocument, Feature, FeaturePath, RecordFormat } from "./ehr-document.ts";
import { compileFhirPath, type ElementSelector, invalid } from "./fhirpath-selector.ts";
import { IDENTIFIERS, identifierPaths } from "./identifiers.ts";
import { isBlankLine, splitLines } from "./ndjson-lines.ts";

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
type Selector = (document: EhrDocument) => Iterable<number>;

function pathKey(path: FeaturePath): string {
  return JSON.stringify(path);
}

/** FHIR JSON keeps a primitive's id and extensions beside it, under its name with `_` before: they belong to it. */
function siblingPath(path: FeaturePath): FeaturePath {
  const last = path.findLastIndex((step) => typeof step === "string");
  return path.map((step, i) => (i === last ? `_${step}` : step));
}

/** Features of one resource that are in an element that was selected; `base` is the length of its path in the record. */
function* within(features: readonly Feature[], base: number, selected: readonly FeaturePath[]): Generator<number> {
  if (selected.length === 0) return;
  const chosen = new Set(selected.flatMap((path) => [pathKey(path), pathKey(siblingPath(path))]));
  const isAll = chosen.has(pathKey([]));
  for (const { index, path } of features) {
    if (isAll || path.some((_, i) => i >= base && chosen.has(pathKey(path.slice(base, i + 1))))) yield index;
  }
}

function elementSelector(select: ElementSelector): Selector {
  return function* (document) {
    // The engine gets its own copy: it annotates what it evaluates.
    const text = new TextDecoder().decode(assemble(document.head, [document]));
    if (document.head.format !== "fhir-r4+ndjson") {
      yield* within(document.features, 0, select(JSON.parse(text)));
      return;
    }
    const byLine = Map.groupBy(document.features, ({ path }) => path[0]);
    for (const [i, line] of splitLines(text).entries()) {
      const features = byLine.get(document.head.firstLine + i);
      if (features !== undefined && !isBlankLine(line)) yield* within(features, 1, select(JSON.parse(line)));
    }
  };
}

function columnSelector(name: string): Selector {
  return ({ features }) => features.filter((feature) => feature.name === name).map(({ index }) => index);
}

/** A range is rounded outward to whole chunks, so that no byte that it names is public. */
function rangeSelector(selector: string): Selector {
  const [, from, to] = /^(\d{1,15})-(\d{1,15})?$/.exec(selector) ?? [];
  if (from === undefined || (to !== undefined && Number(to) < Number(from))) {
    throw invalid(selector, "not a byte range; write first-last, or first- for all from there on, counted from 0");
  }
  const [first, last] = [Number(from), to === undefined ? Number.POSITIVE_INFINITY : Number(to)];
  return ({ head }) =>
    head.format !== "binary"
      ? []
      : chunksOf(head).flatMap(({ offset, length }, i) => (offset <= last && offset + length > first ? [i] : []));
}

function compile(format: RecordFormat, selector: string): Selector {
  switch (format) {
    case "fhir-r4+json":
    case "fhir-r4+ndjson":
      return elementSelector(selector === IDENTIFIERS ? identifierPaths : compileFhirPath(selector));
    case "csv":
      return columnSelector(selector);
    case "binary":
      return rangeSelector(selector);
  }
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
   */
  finish(): void;
}

/**
 * Opens a policy.
 * @throws POLICY_INVALID names the selector: not FHIRPath, I/O, or not a byte range
 * @throws POLICY_SELECTS_NOTHING there is no selector
 */
export function openPolicy(format: RecordFormat, selectors: readonly string[]): PolicyMatcher {
  if (selectors.length === 0) {
    throw new MedexError("POLICY_SELECTS_NOTHING", "the policy has no selector: name at least one private element");
  }
  const compiled = selectors.map((selector) => ({ selector, select: compile(format, selector) }));
  const idle = new Set(selectors);
  return {
    select(piece) {
      const selected = new Set<number>();
      for (const { selector, select } of compiled) {
        for (const index of select(piece)) {
          selected.add(index);
          idle.delete(selector);
        }
      }
      return selected;
    },
    finish() {
      const [selector] = idle;
      if (selector === undefined) return;
      throw new MedexError(
        "POLICY_SELECTS_NOTHING",
        `selector ${JSON.stringify(selector)} selects nothing in this record: correct it or leave it out`,
      );
    },
  };
}

/**
 * Applies a policy to a whole document.
 *
 * @param selectors FHIR: FHIRPath expressions, evaluated with the FHIR R4 model on the whole record (in NDJSON on each line),
 *   e.g. `Bundle.entry.resource.ofType(Observation).where(code.coding.code = '8310-5').value`; an element that is selected is
 *   private with everything in it. The word `identifiers` selects what says who the patient is, see `identifierPaths`.
 *   CSV: column names. Binary: byte ranges, `0-1023` or `4096-`, both ends included.
 * @returns indices of the private features
 * @throws POLICY_INVALID, POLICY_SELECTS_NOTHING as `openPolicy` and `PolicyMatcher`
 */
export function selectPrivate(document: EhrDocument, selectors: readonly string[]): Set<number> {
  const policy = openPolicy(document.head.format, selectors);
  const selected = policy.select(document);
  policy.finish();
  return selected;
}
