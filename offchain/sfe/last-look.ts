/**
 * A last look, after the split: are values of private features by which a person is found still in public ones? A policy names
 * places; a name may stand where its author did not look: in a note, a URL, a narrative, another column.
 *
 * Memory: the public texts are kept compressed, each once in a piece, until all private values are known.
 */

import { MedexError } from "@medexchain/core";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { deflate, inflate } from "#deflate";
import { cellText, splitCells } from "./csv-source.ts";
import { datesIn } from "./date-forms.ts";
import type { CsvLayout, Feature, FeatureValue, Fragment, Head } from "./ehr-document.ts";
import { columnPatterns, fhirPatterns, type Pattern } from "./person-values.ts";
import { phoneTailsIn } from "./phone-forms.ts";
import { readable, writtenWordsOf } from "./words.ts";

/** A place in the public part that shows a private value. The value itself is not named. */
export interface Leak {
  /** The public feature's name; of a column with the row, from 1, the header being the first. */
  readonly place: string;
}

/** Places named in one error message. */
const PLACES_SHOWN = 5;
/** Leaks beyond this are not looked for: the policy is wrong. */
const MAX_LEAKS = 1000;
/** UTF-16 units of texts that are compressed together. */
const BLOCK_LENGTH = 512 * 1024;

/** Code systems whose terms are not about anybody. A person may be called White; white blood cells are not that person's. */
const TERMINOLOGY =
  /^(http:\/\/(loinc\.org|snomed\.info|unitsofmeasure\.org|(terminology\.)?hl7\.org|www\.nlm\.nih\.gov|www\.ama-assn\.org|www\.cms\.gov|fdasis\.nlm\.nih\.gov|dicom\.nema\.org|www\.whocc\.no)|urn:oid:2\.16\.840\.1\.113883\.6\.)/;

/** `name` without positions: `Bundle.entry.resource.note.text`. */
function withoutPositions(name: string): string {
  return name.replaceAll(/\[\d+\]/g, "");
}

function isUnder(name: string, path: string): boolean {
  return name === path || (name.startsWith(path) && /^[.[]/.test(name.slice(path.length)));
}

/** A text to be searched, and where it stands. */
interface PublicText {
  readonly place: string;
  readonly text: string;
  readonly isTerm: boolean;
}

interface Seen {
  readonly name: string;
  readonly value: FeatureValue;
}

function* fhirTexts(features: readonly Seen[]): Generator<PublicText> {
  const systems = new Map<string, string>();
  for (const { name, value } of features) {
    if (name.endsWith(".system") && typeof value === "string") systems.set(name, value.slice(1, -1));
  }
  for (const { name, value } of features) {
    if (name.endsWith(".resourceType")) continue;
    const text = stringOf(value);
    if (text === undefined || text.length < 2) continue;
    const [, coding] = /^(.*)\.(?:display|code|system)$/.exec(name) ?? [];
    const isTerm = coding !== undefined && TERMINOLOGY.test(systems.get(`${coding}.system`) ?? "");
    yield { place: name, text: readable(encodedIn(name, text) ?? text), isTerm };
  }
}

function stringOf(value: FeatureValue): string | undefined {
  if (typeof value !== "string" || !value.startsWith('"')) return undefined;
  return String(JSON.parse(value));
}

/** Whether a text's characters are those of writing. */
const WRITING = /^[\P{Cc}\t\n\v\f\r]*$/u;

/** A text that was put into base64; in UTF-8, UTF-16 or Windows' code page. Undefined for a picture or a compressed document. */
function base64Text(text: string): string | undefined {
  let bytes: Uint8Array;
  try {
    bytes = Uint8Array.from(atob(text), (byte) => byte.charCodeAt(0));
  } catch {
    return undefined; // no base64
  }
  // Every other byte of Western text in UTF-16 is a zero.
  const [first, second] = bytes;
  const isBigEndian = (first === 0xfe && second === 0xff) || (first === 0 && second !== 0);
  const encodings = [0, 1].some((at) => bytes[at] === 0 || bytes[at] === 0xfe || bytes[at] === 0xff)
    ? [isBigEndian ? "utf-16be" : "utf-16le"]
    : ["utf-8", "windows-1252"];
  for (const encoding of encodings) {
    try {
      const decoded = new TextDecoder(encoding, { fatal: true }).decode(bytes);
      if (encoding === "utf-8" || WRITING.test(decoded)) return decoded;
    } catch {
      // Another one, or none.
    }
  }
  return undefined;
}

/** What a feature's text holds in base64. */
function encodedIn(name: string, text: string): string | undefined {
  const [, inUrl] = /^data:[^,]*;base64,(.*)$/s.exec(text) ?? [];
  if (inUrl !== undefined) return base64Text(inUrl);
  return /\.(data|content|valueBase64Binary)$/.test(name) ? base64Text(text) : undefined;
}

function cellsOf(head: CsvLayout, value: FeatureValue): string[] {
  const rows = head.ends.reduce((sum, [count]) => sum + count, 0);
  return (splitCells(String(value), rows, head.delimiter) ?? []).map(cellText);
}

function* columnTexts(head: CsvLayout, firstRow: number, features: readonly Seen[]): Generator<PublicText> {
  for (const { name, value } of features) {
    for (const [i, cell] of cellsOf(head, value).entries()) {
      if (cell.length > 1) yield { place: `${name}, row ${firstRow + i}`, text: readable(cell), isTerm: false };
    }
  }
}

/**
 * Rows of words to look for, and a search of texts for them. A table may have a million numbers: each is one string in a set, and
 * a text is asked for each row of words in it that is as long as one that is looked for.
 */
function createSearch() {
  const rows = new Map<"name" | "exact" | "other", Set<string>>();
  const lengths = new Set<number>();
  const dates = new Set<string>();
  const phones = new Set<string>();
  const phoneLengths = new Set<number>();

  function learn(patterns: Iterable<Pattern>): void {
    for (const pattern of patterns) {
      if ("date" in pattern) {
        dates.add(pattern.date);
        continue;
      }
      if ("phone" in pattern) {
        phones.add(pattern.phone);
        phoneLengths.add(pattern.phone.length);
        continue;
      }
      const { words, exact, isName } = pattern;
      const kind = exact !== undefined ? "exact" : isName ? "name" : "other";
      const known = rows.get(kind) ?? new Set();
      rows.set(kind, known.add(exact ?? words.join(" ")));
      lengths.add(words.length);
    }
  }

  function shows({ text, isTerm }: PublicText): boolean {
    const written = writtenWordsOf(text);
    const lower = written.map((word) => word.toLowerCase());
    for (let i = 0; i < written.length; i++) {
      for (const length of lengths) {
        if (i + length > written.length) continue;
        const row = lower.slice(i, i + length).join(" ");
        if (rows.get("other")?.has(row)) return true;
        if (isTerm) continue;
        if (rows.get("name")?.has(row) || rows.get("exact")?.has(written.slice(i, i + length).join(" "))) return true;
      }
    }
    return showsNumber(text, lower);
  }

  /** Dates and phone numbers, in whatever form. */
  function showsNumber(text: string, words: readonly string[]): boolean {
    if (!/\d/.test(text)) return false;
    if (phones.size > 0) for (const tail of phoneTailsIn(words, phoneLengths)) if (phones.has(tail)) return true;
    if (dates.size > 0) for (const date of datesIn(text, words)) if (dates.has(date)) return true;
    return false;
  }
  return { learn, shows };
}

export interface LastLook {
  /** Takes in a piece of the record: features by whether they are private. */
  see(head: Head, publicFeatures: readonly Seen[], privateFeatures: readonly Seen[]): void;
  /** Where private values are public, once all pieces have been seen. */
  leaks(): Leak[];
}

/**
 * Opens a last look.
 * @param allowPublic names of features, or of elements (with positions or without), that may show what they show
 */
export function openLastLook(allowPublic: readonly string[] = []): LastLook {
  const { learn, shows } = createSearch();
  const kept: { readonly length: number; readonly deflated: Uint8Array }[] = [];
  let rows = 2;
  const isAllowed = (name: string): boolean =>
    allowPublic.some((path) => isUnder(name, path) || isUnder(withoutPositions(name), path));

  /** Keeps texts in blocks, so that not all of a piece are held at once in the clear. */
  function keep(texts: Iterable<PublicText>): void {
    const unique = new Set<string>();
    let block: PublicText[] = [];
    let length = 0;
    const flush = (): void => {
      if (block.length > 0) {
        const bytes = utf8ToBytes(JSON.stringify(block));
        kept.push({ length: bytes.length, deflated: deflate(bytes, 1) });
      }
      block = [];
      length = 0;
    };
    for (const text of texts) {
      const key = text.isTerm ? `${text.text}\0` : text.text;
      if (unique.has(key)) continue;
      unique.add(key);
      block.push(text);
      length += text.text.length + text.place.length;
      if (length > BLOCK_LENGTH) flush();
    }
    flush();
  }

  return {
    see(head, publicFeatures, privateFeatures) {
      const open = publicFeatures.filter(({ name }) => !isAllowed(name));
      if (head.format === "csv") {
        for (const { name, value } of privateFeatures) learn(columnPatterns(name, cellsOf(head, value)));
        keep(columnTexts(head, rows, open));
        rows += head.ends.reduce((sum, [count]) => sum + count, 0);
      } else if (head.format !== "binary") {
        const texts = privateFeatures.map(({ name, value }) => [name, stringOf(value)] as const);
        learn(fhirPatterns(new Map(texts.filter((text): text is [string, string] => text[1] !== undefined))));
        keep(fhirTexts(open));
      }
    },
    leaks() {
      const found: Leak[] = [];
      for (const { length, deflated } of kept) {
        const texts: PublicText[] = JSON.parse(new TextDecoder().decode(inflate(deflated, length))); // written above
        for (const text of texts) if (shows(text) && found.length < MAX_LEAKS) found.push({ place: text.place });
      }
      return found;
    },
  };
}

/** A split piece, as far as the last look needs it. */
export interface SplitParts {
  readonly head: Head;
  readonly publicFragment: Fragment;
  readonly privateFragment: Fragment;
}

function named(head: Head, { features }: Fragment): Seen[] {
  return features.map(({ index, value }) => ({ name: head.features[index]?.name ?? "", value }));
}

/**
 * Searches the public features of a split record for values of its private ones: names, identifiers, birth dates, phone numbers
 * and street addresses, as whole words, also in URLs and narratives.
 *
 * @param pieces of one record, in order
 * @param allowPublic names of features or elements, as a leak's place has them (of a column without the row), that may
 */
export function findLeaks(pieces: Iterable<SplitParts>, allowPublic: readonly string[] = []): Leak[] {
  const look = openLastLook(allowPublic);
  for (const { head, publicFragment, privateFragment } of pieces) {
    look.see(head, named(head, publicFragment), named(head, privateFragment));
  }
  return look.leaks();
}

/** Features of a document as the last look takes them. */
export function partition(features: readonly Feature[], isPrivate: (index: number) => boolean): [Feature[], Feature[]] {
  return [features.filter(({ index }) => !isPrivate(index)), features.filter(({ index }) => isPrivate(index))];
}

/**
 * @throws PRIVATE_VALUE_PUBLIC names the places; never the value
 */
export function requireNoLeaks(leaks: readonly Leak[]): void {
  if (leaks.length === 0) return;
  const shown = leaks
    .slice(0, PLACES_SHOWN)
    .map(({ place }) => place)
    .join("; ");
  const more = leaks.length > PLACES_SHOWN ? ` and ${leaks.length - PLACES_SHOWN} more places` : "";
  throw new MedexError(
    "PRIVATE_VALUE_PUBLIC",
    `a private name, number, address or birth date also stands in what would be public: ${shown}${more}: make the element private too, or allow it to be public if you know that it is harmless`,
  );
}
