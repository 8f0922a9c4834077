/** What a record is, by its content; and why it is not what it seems. */

import { MedexError } from "@medexchain/core";
import { detectDelimiter, readRow } from "./csv-source.ts";
import { isDicom } from "./dicom.ts";
import type { RecordFormat } from "./ehr-document.ts";
import { readRecord } from "./record-reader.ts";

export interface Detected {
  readonly format: RecordFormat;
  /** What a person should know: how the file is taken, and what would suit it better. */
  readonly hints: readonly string[];
}

/** A root element in FHIR's namespace, with a prefix or without. */
const FHIR_XML = /<(?:[\w-]+:)?[A-Z][A-Za-z]*\s[^>]*?xmlns(?::[\w-]+)?\s*=\s*["']http:\/\/hl7\.org\/fhir["']/;
const XML_START = /^\uFEFF?\s*<(\?xml|!--|!DOCTYPE|[A-Za-z])/;
/** Message, file or batch header of HL7 v2, as it is or in the frame in which it is sent (MLLP). */
const HL7_START = /^\s*(MSH|FHS|BHS)\|/;
const HL7: Detected = {
  format: "binary",
  hints: [
    "an HL7 v2 message is taken as bytes, to be made private as a whole; as FHIR JSON its parts could be told apart",
  ],
};
const COMPRESSED: readonly (readonly number[])[] = [
  [0x1f, 0x8b], // gzip
  [0x50, 0x4b, 0x03, 0x04], // ZIP, and what is made of it: DOCX, XLSX
  [0x28, 0xb5, 0x2f, 0xfd], // Zstandard
  [0xfd, 0x37, 0x7a, 0x58, 0x5a], // xz
  [0x37, 0x7a, 0xbc, 0xaf], // 7-Zip
];

const STATE_BINARY = "or state the format binary to publish it as a file of bytes";
/** How much of a file tells whether it is text. */
const SAMPLE_LENGTH = 64 * 1024;
/** A header's names are short. */
const MAX_HEADER_NAME = 64;

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Whether bytes are text in some encoding of single bytes: no zeros, and no control characters but white space. */
function isBytewiseText(bytes: Uint8Array): boolean {
  return bytes.subarray(0, SAMPLE_LENGTH).every((c) => c >= 0x20 || c === 0x09 || c === 0x0a || c === 0x0d);
}

/** Whether the first lines look like a table's: short names in a row, and the same delimiter below. */
function looksLikeTable(text: string): boolean {
  const [first = "", ...others] = text.replace(/^\uFEFF/, "").split("\n", 20);
  const delimiter = detectDelimiter(`${first}\n`);
  let cells: readonly string[] = [];
  try {
    cells = readRow(first.replace(/\r$/, ""), 0, delimiter, true)?.cells ?? [];
  } catch {
    cells = first.split(delimiter); // the reader says what is wrong with it
  }
  if (cells.length < 2 || cells.every((cell) => cell === "") || cells.some((cell) => cell.length > MAX_HEADER_NAME))
    return false;
  return others.some((line) => line.includes(delimiter));
}

function refuse(what: string): MedexError {
  return new MedexError("RECORD_FORMAT", `${what}, ${STATE_BINARY}`);
}

/** Reads a table to its end, so that what is wrong with it is told now. */
function checkTable(bytes: Uint8Array): void {
  try {
    for (const _ of readRecord(bytes, { format: "csv" }));
  } catch (error) {
    if (MedexError.is(error, "RECORD_FORMAT")) throw refuse(error.message);
    throw error;
  }
}

function detectXml(text: string): Detected {
  if (FHIR_XML.test(text.slice(0, SAMPLE_LENGTH))) {
    throw refuse("FHIR in XML is not supported: save it as FHIR JSON");
  }
  const isCda = /<([\w-]+:)?ClinicalDocument[\s/>]/.test(text.slice(0, SAMPLE_LENGTH));
  const what = isCda ? "a C-CDA document" : "XML";
  return {
    format: "binary",
    hints: [`${what} is taken as bytes, to be made private as a whole; as FHIR JSON its parts could be told apart`],
  };
}

function detectBytes(bytes: Uint8Array): Detected {
  if (isDicom(bytes)) {
    return {
      format: "binary",
      hints: ["a DICOM file: the policy dicom makes its header private, the patient's data within"],
    };
  }
  if (isCompressed(bytes)) {
    return {
      format: "binary",
      hints: ["a compressed file is taken as bytes; unpack it for its parts to be told apart"],
    };
  }
  return { format: "binary", hints: [] };
}

function isCompressed(bytes: Uint8Array): boolean {
  return COMPRESSED.some((magic) => magic.every((byte, i) => bytes[i] === byte));
}

/** Whether bytes are text in UTF-16 without a mark: of Western text, every other byte is a zero. */
function isUtf16(bytes: Uint8Array): boolean {
  const sample = bytes.subarray(0, Math.min(bytes.length & ~1, 256));
  if (sample.length < 4) return false;
  const zeros = [0, 0];
  for (const [i, byte] of sample.entries()) if (byte === 0) zeros[i % 2] = (zeros[i % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  const half = sample.length / 2;
  if (!((even === 0 && odd > half * 0.9) || (odd === 0 && even > half * 0.9))) return false;
  return isBytewiseText(sample.filter((byte) => byte !== 0));
}

function invalidPlace(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes);
  const before = text.slice(0, Math.max(0, text.indexOf("\uFFFD"))).split("\n");
  return `row ${before.length}, column ${(before.at(-1) ?? "").length + 1}`;
}

function detectText(bytes: Uint8Array, text: string, name: string): Detected {
  const isNamed = (...endings: string[]): boolean => endings.some((ending) => name.endsWith(ending));
  if (/^\uFEFF?\s*\{\\rtf/.test(text)) {
    return { format: "binary", hints: ["a document in RTF is taken as bytes, to be made private as a whole"] };
  }
  if (/^\uFEFF?\s*\{/.test(text)) {
    const start = text.search(/\S/);
    const lineEnd = text.indexOf("\n", start);
    const isLines = lineEnd >= 0 && /\S/.test(text.slice(lineEnd)) && isJson(text.slice(start, lineEnd));
    return { format: isLines ? "fhir-r4+ndjson" : "fhir-r4+json", hints: [] };
  }
  if (/^\uFEFF?\s*\[\s*[{\]]/.test(text) || (/^\s*\[/.test(text) && isJson(text)))
    throw refuse("a JSON array is not a resource: make it a Bundle or NDJSON");
  if (XML_START.test(text)) return detectXml(text);
  if (HL7_START.test(text)) return HL7;
  if (isNamed(".json", ".ndjson"))
    throw refuse("the name promises JSON, and the content does not begin with {: correct the file");
  if (isNamed(".csv", ".tsv") || looksLikeTable(text)) {
    checkTable(bytes);
    return { format: "csv", hints: [] };
  }
  return {
    format: "binary",
    hints: text.trim() === "" ? [] : ["plain text is taken as bytes; what is in it cannot be told apart"],
  };
}

/**
 * The format of a record by its content. UTF-8 text whose first character is `{` is FHIR: NDJSON if its first line is JSON by
 * itself and more follows, else JSON. Text that begins like a table is CSV. All else is binary.
 *
 * @param name the file's name, if it is known: what it promises is held against the content
 * @throws RECORD_FORMAT the content, or the name, promises a format and does not keep it; says why, and where
 */
export function inspectFormat(bytes: Uint8Array, name = ""): Detected {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw refuse("text in UTF-16 is not supported: save it as UTF-8");
  }
  if (isUtf16(bytes)) throw refuse("text in UTF-16 is not supported: save it as UTF-8");
  if (isCompressed(bytes)) return detectBytes(bytes);
  const text = decoded(bytes);
  const lower = name.toLowerCase();
  const isTextName = [".csv", ".tsv", ".json", ".ndjson"].some((ending) => lower.endsWith(ending));
  if (text === undefined) {
    const sample = new TextDecoder("latin1").decode(bytes.subarray(0, SAMPLE_LENGTH));
    // XML says in which encoding it is, and HL7 v2 in a field.
    if (!isTextName && isBytewiseText(bytes) && XML_START.test(sample)) return detectXml(sample);
    if (!isTextName && HL7_START.test(sample)) return HL7;
    const isText = isBytewiseText(bytes) && (looksLikeTable(sample) || /^\s*[{[<]/.test(sample));
    if (isText || isTextName) throw refuse(`not valid UTF-8 at ${invalidPlace(bytes)}: save it as UTF-8`);
    return detectBytes(bytes);
  }
  if (text.includes("\0")) {
    if (isTextName) throw refuse("the name promises text, and the content has zero bytes: save it as UTF-8");
    if (/^\uFEFF?\s*[{[]\s*["{]/.test(text)) throw refuse("the content begins as JSON, and has zero bytes: correct it");
    return detectBytes(bytes);
  }
  return detectText(bytes, text, lower);
}

/** As `inspectFormat`, the format alone. */
export function detectFormat(bytes: Uint8Array, name = ""): RecordFormat {
  return inspectFormat(bytes, name).format;
}
