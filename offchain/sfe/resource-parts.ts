/** The FHIR resources of a piece, parsed, with the features that are in them. */

import type { EhrDocument, Feature, FeaturePath } from "./ehr-document.ts";
import { siblingPath } from "./element-tree.ts";
import { isBlankLine, splitLines } from "./ndjson-lines.ts";

/** Places in a record that were selected. */
interface Chosen {
  isWhole: boolean;
  readonly inner: Map<string | number, Chosen>;
}

function choose(root: Chosen, path: FeaturePath): void {
  let place = root;
  for (const step of path) {
    let next = place.inner.get(step);
    if (next === undefined) {
      next = { isWhole: false, inner: new Map() };
      place.inner.set(step, next);
    }
    place = next;
  }
  place.isWhole = true;
}

/** Features of one resource that are in an element that was selected; `base` is the length of its path in the record. */
export function* within(
  features: readonly Feature[],
  base: number,
  selected: readonly FeaturePath[],
): Generator<number> {
  if (selected.length === 0) return;
  const root: Chosen = { isWhole: false, inner: new Map() };
  for (const path of selected) {
    choose(root, path);
    // A primitive's id and extensions belong to it.
    if (path.length > 0) choose(root, siblingPath(path));
  }
  for (const { index, path } of features) {
    let place: Chosen | undefined = root;
    for (let i = base; place !== undefined && !place.isWhole && i < path.length; i++) {
      place = place.inner.get(path[i] ?? "");
    }
    if (place?.isWhole === true) yield index;
  }
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
