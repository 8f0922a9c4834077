/** The FHIR resources of a piece, parsed, with the features that are in them. */

import type { EhrDocument, Feature, FeaturePath } from "./ehr-document.ts";
import { isBlankLine, splitLines } from "./ndjson-lines.ts";

type Step = string | number;

/** Places in a record that were selected. Most lead to one place only: a map of its own for each would take more than the record. */
interface Chosen {
  isWhole: boolean;
  /** The first step from here, and where it leads. */
  step?: Step;
  next?: Chosen;
  /** All further ones. */
  others?: Map<Step, Chosen>;
}

function follow({ step, next, others }: Chosen, taken: Step): Chosen | undefined {
  return step === taken ? next : others?.get(taken);
}

function choose(root: Chosen, path: FeaturePath): void {
  let place = root;
  for (const step of path) {
    let next = follow(place, step);
    if (next === undefined) {
      next = { isWhole: false };
      if (place.next === undefined) {
        place.step = step;
        place.next = next;
      } else {
        place.others ??= new Map();
        place.others.set(step, next);
      }
    }
    place = next;
  }
  place.isWhole = true;
}

/** Whether what is at a path, seen from a place, was selected. */
function isChosen(place: Chosen, path: FeaturePath, from: number): boolean {
  let at: Chosen | undefined = place;
  for (let i = from; at !== undefined; i++) {
    if (at.isWhole) return true;
    const step = path[i];
    if (step === undefined) return false;
    if (typeof step === "string" && step.startsWith("_") && isSiblingChosen(follow(at, step.slice(1)), path, i + 1)) {
      return true;
    }
    at = follow(at, step);
  }
  return false;
}

/** A primitive's id and extensions stand beside it, under its name with `_` before (see `siblingPath`), and belong to it alone. */
function isSiblingChosen(value: Chosen | undefined, path: FeaturePath, from: number): boolean {
  let at = value;
  for (let i = from; at !== undefined; i++) {
    if (at.isWhole) return true;
    const step = path[i];
    // Positions lead to one of several primitives; a name would lead into an element that is none.
    at = typeof step === "number" ? follow(at, step) : undefined;
  }
  return false;
}

/** Features of one resource that are in an element that was selected; `base` is the length of its path in the record. */
export function* within(
  features: readonly Feature[],
  base: number,
  selected: readonly FeaturePath[],
): Generator<number> {
  if (selected.length === 0) return;
  const root: Chosen = { isWhole: false };
  for (const path of selected) choose(root, path);
  for (const { index, path } of features) if (isChosen(root, path, base)) yield index;
}

/** A JSON document's text again. What is in a document was read from one. */
function textOf(template: readonly string[], features: readonly Feature[]): string {
  return template.map((part, i) => `${part}${features[i]?.value ?? ""}`).join("");
}

/** A resource in a piece, and the piece's features that are in it. */
export interface Part {
  readonly resource: unknown;
  readonly features: readonly Feature[];
  /** How many steps of its features' paths lead to it. */
  readonly base: number;
}

/** Parsed once for each piece, and not longer held. */
export function partsOf({ head, features }: EhrDocument): Part[] {
  if (head.format === "fhir-r4+json") {
    return [{ resource: JSON.parse(textOf(head.template, features)), features, base: 0 }];
  }
  if (head.format !== "fhir-r4+ndjson") return [];
  const byLine = Map.groupBy(features, ({ path }) => path[0]);
  return splitLines(textOf(head.template, features)).flatMap((line, i) => {
    const own = byLine.get(head.firstLine + i);
    return own === undefined || isBlankLine(line) ? [] : [{ resource: JSON.parse(line), features: own, base: 1 }];
  });
}
