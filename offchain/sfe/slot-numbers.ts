/**
 * Which numbers get a BFV slot of their own, to be computed on. A number that does not fit one travels as text, like all else; a
 * number that somebody asked to compute on, and that does not fit, is an error that says which.
 */

import { MedexError } from "@medexchain/core";
import type { EhrDocument, Feature, FeatureValue } from "./ehr-document.ts";
import { compileFhirPath } from "./fhirpath-selector.ts";
import { headFeature } from "./head-feature.ts";
import type { NumericColumns } from "./numeric-columns.ts";
import { partsOf, within } from "./resource-parts.ts";

/** The largest integer that a slot of every BFV profile holds; the `compute` profile holds a thousand times that. */
export const SLOT_LIMIT = 516_096;

/** The digits that BFV's fixed point takes, whatever the slot. */
const MAX_DIGITS = 18;
/** Of a value that is shown in an error. */
const MAX_SHOWN = 40;
const JSON_NUMBER = /^-?(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d{1,4}))?$/;

/** What a cell or JSON scalar stands for: a quoted cell's text is what is in its quotes. */
function plain(text: string): string {
  return /^".*"$/s.test(text) ? text.slice(1, -1) : text;
}

/** Decimal digits after the point, as BFV counts them; undefined if the text is no number. */
function scaleOf(text: string): number | undefined {
  const match = JSON_NUMBER.exec(text);
  if (match === null) return undefined;
  return Math.max(0, (match[2]?.length ?? 0) - Number(match[3] ?? 0));
}

function isWithin(text: string, scale: number, limit: number): boolean {
  const [mantissa = "", exponent = "0"] = text.replace(/^-/, "").toLowerCase().split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  const digits = (whole + fraction).replace(/^0+/, "");
  if (digits === "") return true;
  const shift = Number(exponent) - fraction.length + scale;
  if (shift < 0 || digits.length + shift > MAX_DIGITS) return false;
  return BigInt(digits + "0".repeat(shift)) <= BigInt(limit);
}

/** A line of a value that has no place in a slot. */
export interface SlotFault {
  /** Counted from 0. */
  readonly line: number;
  readonly text: string;
  readonly why: "empty" | "no number" | "too long";
}

/**
 * What keeps a value out of numeric slots: all its lines need one scale.
 * @param limit the largest integer of a slot
 */
export function slotFault(value: FeatureValue, limit: number): SlotFault | undefined {
  if (typeof value !== "string") return { line: 0, text: "", why: "no number" };
  const lines = value.split("\n").map(plain);
  const scales = lines.map(scaleOf);
  const bad = scales.indexOf(undefined);
  if (bad >= 0) {
    const text = lines[bad] ?? "";
    return { line: bad, text, why: text.trim() === "" ? "empty" : "no number" };
  }
  const scale = scales.reduce<number>((most, each) => Math.max(most, each ?? 0), 0);
  const long = scale > MAX_DIGITS ? scales.indexOf(scale) : lines.findIndex((line) => !isWithin(line, scale, limit));
  return long < 0 ? undefined : { line: long, text: lines[long] ?? "", why: "too long" };
}

/**
 * The error for a number that was asked for. It shows the value, to its owner, who else could not find it.
 * @param where the feature's name, and the row of a table
 */
export function slotError(name: string, where: string, { text, why }: SlotFault): MedexError {
  const what = {
    empty: "the cell is empty",
    "no number": `${JSON.stringify(text.slice(0, MAX_SHOWN))} is not a number`,
    "too long": `${JSON.stringify(text.slice(0, MAX_SHOWN))} has too many digits for a slot`,
  }[why];
  const repair = why === "too long" ? "round it, or use the compute profile" : "fill in a number";
  return new MedexError(
    "FEATURE_OUT_OF_RANGE",
    `${where}: ${what}: ${repair}, or do not ask for ${name} as numeric (it then travels as text)`,
  );
}

/** Gives slots to the numbers of FHIR pieces that selectors name, and to no other. */
export interface SlotAsker {
  /** @throws FEATURE_OUT_OF_RANGE names the feature and its value */
  ask(document: EhrDocument): EhrDocument;
  /** @throws FEATURE_MISSING names the selector that named no number in any piece */
  finish(): void;
}

/**
 * @param numeric units by FHIRPath selector
 * @throws POLICY_INVALID not a selector
 */
export function openSlotAsker(numeric: NumericColumns, limit: number): SlotAsker {
  const selectors = Object.entries(numeric).map(([selector, unit]) => ({
    selector,
    unit,
    select: compileFhirPath(selector),
  }));
  const idle = new Set(Object.keys(numeric));
  return {
    ask(document) {
      const units = new Map<number, string>();
      for (const part of partsOf(document)) {
        for (const { selector, unit, select } of selectors) {
          for (const index of within(part.features, part.base, select(part.resource))) {
            if (document.features[index]?.kind !== "number") continue;
            units.set(index, unit);
            idle.delete(selector);
          }
        }
      }
      const features = document.features.map(({ measure, index, name, path, kind, value }): Feature => {
        const feature = { index, name, path, kind, value };
        const unit = units.get(feature.index);
        if (unit === undefined) return feature;
        const fault = slotFault(feature.value, limit);
        if (fault !== undefined) throw slotError(feature.name, feature.name, fault);
        return { ...feature, measure: measure ?? { unit: { text: unit } } };
      });
      return { head: { ...document.head, features: features.map((f) => headFeature(f, new Map())) }, features };
    },
    finish() {
      const [selector] = idle;
      if (selector === undefined) return;
      throw new MedexError(
        "FEATURE_MISSING",
        `the numeric selector ${JSON.stringify(selector)} names no number in this record: correct it or leave it out`,
      );
    },
  };
}
