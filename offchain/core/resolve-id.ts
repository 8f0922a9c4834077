/** How a person may name what has an id: by the id, by how it begins, by a label, or as the latest. */
import { displayText, skeletonOf } from "./display-text.ts";
import { MedexError } from "./errors.ts";
import { type Hex32, hex32 } from "./hex32.ts";

/** Something with an id, and what it is called. */
export interface Nameable {
  readonly id: Hex32;
  /** Labels, the one that is shown first. */
  readonly names: readonly string[];
}

/** Longest reference that is looked at, in UTF-16 units. */
export const MAX_REFERENCE = 256;
/** Least hexadecimal digits of an id's beginning. */
const MIN_DIGITS = 4;
/** The word for the last of a list. */
export const LATEST = "latest";
/** Candidates that an error names. */
const SHOWN = 6;

const ID = /^0x[0-9a-f]{64}$/i;
const PREFIX = new RegExp(`^0x[0-9a-f]{${MIN_DIGITS},63}$`, "i");

/** Whether the text is a whole id, which needs no list to be found in. */
export const isWholeId = (reference: string): boolean => ID.test(reference);

/**
 * Finds the one thing that a person means: a whole id means itself; `latest` the last of the list; `0x` and at least four digits the one
 * whose id begins so; anything else the one that is called so, or whose name begins so. Names that look alike count as the same, so
 * that none passes for another.
 *
 * @param what it is, for errors: `record`
 * @param among oldest first
 * @param options.onlyOne `latest` is taken only where there is one: nobody is there to see which it is
 * @throws NAME_UNKNOWN; NAME_AMBIGUOUS with the candidates; INPUT_INVALID when the reference is too long, or too short a beginning of an id
 */
export function resolveId(
  what: string,
  given: string,
  among: readonly Nameable[],
  { onlyOne = false }: { readonly onlyOne?: boolean } = {},
): Hex32 {
  if (isWholeId(given)) return hex32(given);
  const reference = parseReference(what, given);
  const found = matching(what, reference, among);
  const [first, ...others] = found;
  if (first === undefined) throw unknown(what, reference, among);
  if (reference === LATEST && !onlyOne) return found.at(-1)?.id ?? first.id;
  if (others.length > 0) throw ambiguous(what, reference, found);
  return first.id;
}

/**
 * A reference without what an id ends in that was copied from a list.
 *
 * @throws INPUT_INVALID of what can be no reference to anything
 */
export function parseReference(what: string, given: string): string {
  const reference = given.length > MAX_REFERENCE ? "" : given.replace(/(?<=^0x[0-9a-f]+)(…|\.\.\.)$/i, "");
  if (reference.trim() === "") {
    throw new MedexError("INPUT_INVALID", `a ${what} is named by its id, the beginning of it, its name, or ${LATEST}`);
  }
  if (/^0x/i.test(reference) && !PREFIX.test(reference) && !ID.test(reference)) {
    throw new MedexError(
      "INPUT_INVALID",
      `${displayText(reference)} is no beginning of a ${what}'s id: give 0x and at least ${MIN_DIGITS} of its hexadecimal digits`,
    );
  }
  return reference;
}

/** Whether a label could be taken for something else: an id, its beginning, or `latest`. */
export function isReserved(label: string): boolean {
  const skeleton = skeletonOf(label);
  return skeleton === LATEST || /^0x/.test(skeleton) || /^[0-9a-f]{64}$/.test(skeleton);
}

function matching(what: string, reference: string, among: readonly Nameable[]): readonly Nameable[] {
  if (reference === LATEST) return among;
  if (PREFIX.test(reference)) return among.filter(({ id }) => id.startsWith(reference.toLowerCase()));
  const wanted = skeletonOf(reference);
  if (wanted === "") throw unknown(what, reference, among);
  const named = among.map(({ id, names }) => ({ id, names, skeletons: names.map(skeletonOf) }));
  const exact = named.filter(({ skeletons }) => skeletons.includes(wanted));
  return exact.length > 0 ? exact : named.filter(({ skeletons }) => skeletons.some((name) => name.startsWith(wanted)));
}

function unknown(what: string, reference: string, among: readonly Nameable[]): MedexError {
  const why = among.length === 0 ? `there is no ${what} that it could be` : `there are: ${listed(among)}`;
  return new MedexError("NAME_UNKNOWN", `no ${what} is called ${displayText(reference)}: ${why}`);
}

function ambiguous(what: string, reference: string, found: readonly Nameable[]): MedexError {
  return new MedexError(
    "NAME_AMBIGUOUS",
    `${displayText(reference)} may be several ${what}s; give more of the id: ${listed(found)}`,
  );
}

/** Each with enough of its id to be told apart from the others. */
function listed(of: readonly Nameable[]): string {
  const ids = of.map(({ id }) => id);
  const shown = of
    .slice(0, SHOWN)
    .map(({ id, names }) =>
      [`${id.slice(0, lengthToTell(id, ids))}…`, ...names.slice(0, 1).map((name) => displayText(name, 40))].join(" "),
    );
  return `${shown.join("; ")}${of.length > SHOWN ? `; and ${of.length - SHOWN} more` : ""}`;
}

/** How many characters of an id tell it apart from others: at least `0x` and eight digits. */
export function lengthToTell(id: Hex32, others: readonly Hex32[]): number {
  let length = 10;
  while (length < id.length && others.some((other) => other !== id && other.startsWith(id.slice(0, length))))
    length += 2;
  return length;
}
