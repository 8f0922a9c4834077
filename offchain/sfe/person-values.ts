/**
 * The values among a record's private features by which a person is found: names, numbers, birth dates, phone numbers, street
 * addresses. A value is looked for as a row of words, so that neither punctuation nor accents nor the case of letters hide it.
 */

import { datesIn } from "./date-forms.ts";
import { phoneTail } from "./phone-forms.ts";
import { wordsOf, writtenOut, writtenWordsOf } from "./words.ts";

/** Words that must stand one after the other. */
export interface WordPattern {
  readonly words: readonly string[];
  /** A short name is looked for as it is written: `Li`, not `li`. */
  readonly exact?: string;
  /** A person's name may be part of a medical term: it is not looked for in the terms of code systems. */
  readonly isName: boolean;
}

/** What is looked for; a date (`YYYY-MM-DD`) and a phone number (its end, see `phoneTail`) in all their forms. */
export type Pattern = WordPattern | { readonly date: string } | { readonly phone: string };

/** A `person` is a name of which each part may stand alone. */
type Kind = "name" | "person" | "number" | "id" | "birth" | "phone" | "address";

/** Below this many letters and digits, a number is everywhere. */
const MIN_NUMBER_LENGTH = 4;
const MIN_PHONE_DIGITS = 6;
/** Names up to this length are also syllables and words of every language. */
const MAX_SHORT_NAME = 3;

/** What stands before or after a name, and is none. */
const TITLES =
  /^(prof(essor)?|doctor|doktor|frau|herr|miss|madame|monsieur|señora?|señorita|sir|lady|junior|senior|unknown|anonymous|baby|girl|male|female|test)\b\.?$/i;

const PERSON_ROLES =
  /\.(subject|patient|beneficiary|for|subscriber|individual|who|payee|insured|author|performer|recorder|asserter)(\[\d+\])?$/;

/** Kind of a FHIR feature, by its name. */
function fhirKind(name: string, referenceBeside: (holder: string) => string | undefined): Kind | undefined {
  if (/\.(family(\[\d+\])?|given(\[\d+\])?)$/.test(name)) return "person";
  if (/\.(name|valueHumanName)(\[\d+\])?\.text$/.test(name)) return "person";
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

/** Headers of columns that hold names of persons; that of a drug, or of a hospital, is a name, too. */
const PERSON_COLUMNS =
  /^(patient )?(name|full ?name|first ?name|last ?name|family( name)?|given( name)?|forename|surname|vorname|nachname|familienname)$/;

/** Kind of a column, by its header. */
export function columnKind(header: string): Kind | undefined {
  const words = wordsOf(header.replaceAll(/([a-z])([A-Z])/g, "$1 $2"));
  const has = (...some: string[]): boolean => some.some((word) => words.includes(word));
  if (has("birth", "birthdate", "birthday", "dob", "born", "geburtsdatum", "geboren")) return "birth";
  if (has("phone", "telephone", "tel", "mobile", "fax", "email", "mail", "telefon")) return "phone";
  if (has("street", "address", "addr", "adresse", "strasse")) return "address";
  if (PERSON_COLUMNS.test(words.join(" "))) return "person";
  if (has("name", "firstname", "lastname", "surname", "fullname", "forename", "given", "family", "vorname", "nachname"))
    return "name";
  if (has("id", "mrn", "ssn", "nhs", "identifier", "pid", "patientid", "passport", "insurance", "account", "patient"))
    return "number";
  return undefined;
}

/** Words of a birth date that is of no form that is known: as they are written. A year alone is none. */
function datePatterns(text: string): Pattern[] {
  const words = wordsOf(text);
  const dates = new Set(datesIn(text, words));
  // Of one whose day may be its month, it is not known which day it is.
  if (dates.size === 1) return [...dates].map((date) => ({ date }));
  if (words.length < 3) return [];
  const forms = [words, words.map((word) => word.replace(/^0(?=\d$)/, "")), words.map((word) => word.padStart(2, "0"))];
  return forms.map((form) => ({ words: form, isName: false }));
}

function namePatterns(text: string): WordPattern[] {
  const words = wordsOf(text);
  const letters = words.join("");
  if (letters.length < 2) return [];
  if (letters.length > MAX_SHORT_NAME) return [{ words, isName: true }];
  return [{ words, exact: writtenWordsOf(text).join(" "), isName: true }];
}

/** Parts of a name: `Anna-Lena`, `van der Berg`, `Berg, Anna`. One with digits is no part of a name by itself. */
function personPatterns(text: string): WordPattern[] {
  const parts = text.split(/[\s,;]+/).flatMap((part) => [part, ...part.split(/\p{Pd}/u)]);
  const joined = text.split(/[\s,;]+/).filter((part) => /\p{Pd}/u.test(part));
  const alone = parts.filter((part) => wordsOf(part).join("").length > MAX_SHORT_NAME && !TITLES.test(part));
  return [
    ...namePatterns(text),
    ...alone.flatMap(namePatterns),
    ...joined.map((part) => ({ words: [wordsOf(part).join("")], isName: true })),
  ];
}

function phonePatterns(text: string): Pattern[] {
  const words = wordsOf(text);
  if (/\p{L}/u.test(text)) return words.length > 1 ? [{ words, isName: false }] : [];
  const digits = words.join("");
  if (digits.length < MIN_PHONE_DIGITS) return [];
  const tail = phoneTail(text);
  return [
    { words, isName: false },
    { words: [digits], isName: false },
    ...(tail === undefined ? [] : [{ phone: tail }]),
  ];
}

function patternsOf(kind: Kind, text: string): Pattern[] {
  const out = kind === "birth" || kind === "phone" ? undefined : writtenOut(text);
  const patterns = patternsAsWritten(kind, text);
  return out === undefined ? patterns : [...patterns, ...patternsAsWritten(kind, out)];
}

function patternsAsWritten(kind: Kind, text: string): Pattern[] {
  switch (kind) {
    case "name":
      return namePatterns(text);
    case "person":
      return personPatterns(text);
    case "birth":
      return datePatterns(text);
    case "phone":
      return phonePatterns(text);
    case "id":
      // One without a digit (`weight`, `coverage`) is a word like others.
      return /\d/.test(text) ? patternsAsWritten("number", text) : [];
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
