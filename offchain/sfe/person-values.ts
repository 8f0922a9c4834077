/**
 * The values among a record's private features by which a person is found: names, numbers, birth dates, phone numbers, street
 * addresses. A value is looked for as a row of words, so that neither punctuation nor accents nor the case of letters hide it.
 */

import { wordsOf, writtenWordsOf } from "./words.ts";

/** Words that must stand one after the other. */
export interface Pattern {
  readonly words: readonly string[];
  /** A short name is looked for as it is written: `Li`, not `li`. */
  readonly exact?: string;
  /** A person's name may be part of a medical term: it is not looked for in the terms of code systems. */
  readonly isName: boolean;
}

type Kind = "name" | "number" | "id" | "birth" | "phone" | "address";

/** Below this many letters and digits, a number is everywhere. */
const MIN_NUMBER_LENGTH = 4;
const MIN_PHONE_DIGITS = 6;
/** Names up to this length are also syllables and words of every language. */
const MAX_SHORT_NAME = 3;

const PERSON_ROLES =
  /\.(subject|patient|beneficiary|for|subscriber|individual|who|payee|insured|author|performer|recorder|asserter)(\[\d+\])?$/;

/** Kind of a FHIR feature, by its name. */
function fhirKind(name: string, referenceBeside: (holder: string) => string | undefined): Kind | undefined {
  if (/\.(family(\[\d+\])?|given(\[\d+\])?)$/.test(name)) return "name";
  if (/\.(name|valueHumanName)(\[\d+\])?\.text$/.test(name)) return "name";
  if (
    /\.(identifier|alternateId|valueIdentifier)(\[\d+\])?\.value$/.test(name) ||
    /\.subscriberId(\[\d+\])?$/.test(name)
  )
    return "number";
  if (/(^(line\[\d+\]\.)?[A-Za-z]+|\.resource|\.contained\[\d+\])\.id$/.test(name)) return "id";
  if (/\.birthDate$/.test(name)) return "birth";
  if (/\.telecom(\[\d+\])?\.value$|\.valueContactPoint\.value$/.test(name)) return "phone";
  if (/\.(address(\[\d+\])?|valueAddress)\.(line\[\d+\]|text)$/.test(name)) return "address";
  if (!name.endsWith(".display")) return undefined;
  const holder = name.slice(0, -".display".length);
  if (PERSON_ROLES.test(holder)) return "name";
  return /(^|\/)(Patient|Person|RelatedPerson|Practitioner)[/?]/.test(referenceBeside(holder) ?? "")
    ? "name"
    : undefined;
}

/** Kind of a column, by its header. */
export function columnKind(header: string): Kind | undefined {
  const words = wordsOf(header.replaceAll(/([a-z])([A-Z])/g, "$1 $2"));
  const has = (...some: string[]): boolean => some.some((word) => words.includes(word));
  if (has("birth", "birthdate", "birthday", "dob", "born", "geburtsdatum", "geboren")) return "birth";
  if (has("phone", "telephone", "tel", "mobile", "fax", "email", "mail", "telefon")) return "phone";
  if (has("street", "address", "addr", "adresse", "strasse")) return "address";
  if (has("name", "firstname", "lastname", "surname", "fullname", "forename", "given", "family", "vorname", "nachname"))
    return "name";
  if (has("id", "mrn", "ssn", "nhs", "identifier", "pid", "patientid", "passport", "insurance", "account", "patient"))
    return "number";
  return undefined;
}

function datePatterns(text: string): Pattern[] {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)/.exec(text) ?? [];
  if (year === undefined || month === undefined || day === undefined) {
    // Of another form: as it is written. A year alone is no birth date.
    const words = wordsOf(text);
    return words.length < 3 ? [] : [{ words, isName: false }];
  }
  const short = [String(Number(month)), String(Number(day))] as const;
  return [
    [year, month, day],
    [`${year}${month}${day}`],
    [day, month, year],
    [month, day, year],
    [short[1], short[0], year],
    [short[0], short[1], year],
  ].map((words) => ({ words, isName: false }));
}

function namePatterns(text: string): Pattern[] {
  const words = wordsOf(text);
  const letters = words.join("");
  if (letters.length < 2) return [];
  if (letters.length > MAX_SHORT_NAME) return [{ words, isName: true }];
  return [{ words, exact: writtenWordsOf(text).join(" "), isName: true }];
}

function phonePatterns(text: string): Pattern[] {
  const words = wordsOf(text);
  if (/\p{L}/u.test(text)) return words.length > 1 ? [{ words, isName: false }] : [];
  const digits = words.join("");
  if (digits.length < MIN_PHONE_DIGITS) return [];
  // With and without the country code, in one piece or as written.
  const rows = [words, [digits], ...(text.trim().startsWith("+") && words.length > 2 ? [words.slice(1)] : [])];
  return rows.map((row) => ({ words: row, isName: false }));
}

function patternsOf(kind: Kind, text: string): Pattern[] {
  switch (kind) {
    case "name":
      return namePatterns(text);
    case "birth":
      return datePatterns(text);
    case "phone":
      return phonePatterns(text);
    case "id":
      // One without a digit (`weight`, `coverage`) is a word like others.
      return /\d/.test(text) ? patternsOf("number", text) : [];
    case "address":
    case "number": {
      const words = wordsOf(text);
      return words.join("").length < MIN_NUMBER_LENGTH ? [] : [{ words, isName: false }];
    }
  }
}

/** What to look for, given private texts of a FHIR record by feature name. */
export function fhirPatterns(texts: ReadonlyMap<string, string>): Pattern[] {
  return [...texts].flatMap(([name, text]) => {
    const kind = fhirKind(name, (holder) => texts.get(`${holder}.reference`));
    return kind === undefined ? [] : patternsOf(kind, text);
  });
}

/** What to look for, given the cells of a private column. */
export function columnPatterns(header: string, cells: Iterable<string>): Pattern[] {
  const kind = columnKind(header);
  return kind === undefined ? [] : [...new Set(cells)].flatMap((cell) => patternsOf(kind, cell));
}
