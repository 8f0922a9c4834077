/**
 * DICOM (PS3.10): where the header ends and the pixel data begins. The header tells the patient (group 0010), the institution and
 * the dates (0008), and unique ids (0020): all of it is taken for private. What cannot be followed is private to its end.
 */

import { concatBytes } from "@noble/hashes/utils.js";
import { CHUNK_LENGTH } from "./binary-chunks.ts";
import type { EhrDocument } from "./ehr-document.ts";

const PREAMBLE = 128;
/** Value representations whose length has 4 bytes, after 2 that are reserved (PS3.5, 7.1.2). */
const LONG = new Set(["OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"]);
const UNDEFINED_LENGTH = 0xffffffff;
const PIXEL_DATA = 0x7fe0;
const IMPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2";
const EXPLICIT_BIG_ENDIAN = "1.2.840.10008.1.2.2";
const DEFLATED = "1.2.840.10008.1.2.1.99";
/** The longest header that is followed. */
const MAX_HEADER = 8 * 1024 * 1024;

export function isDicom(bytes: Uint8Array): boolean {
  return new TextDecoder("latin1").decode(bytes.subarray(PREAMBLE, PREAMBLE + 4)) === "DICM";
}

interface DataElement {
  readonly group: number;
  readonly element: number;
  readonly length: number;
  readonly value: number;
}

function readElement(bytes: Uint8Array, at: number, isImplicit: boolean): DataElement | undefined {
  if (at + 12 > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const group = view.getUint16(at, true);
  const element = view.getUint16(at + 2, true);
  // Items and their delimiters have no value representation.
  if (group === 0xfffe || (isImplicit && group !== 2))
    return { group, element, length: view.getUint32(at + 4, true), value: at + 8 };
  const representation = String.fromCharCode(bytes[at + 4] ?? 0, bytes[at + 5] ?? 0);
  if (!/^[A-Z]{2}$/.test(representation)) throw new Error("no value representation");
  if (LONG.has(representation)) return { group, element, length: view.getUint32(at + 8, true), value: at + 12 };
  return { group, element, length: view.getUint16(at + 6, true), value: at + 8 };
}

/**
 * Where the pixel data begins, of the first bytes of a file.
 * @returns undefined if it begins beyond them; infinity if the file cannot be followed
 */
export function pixelDataOffset(bytes: Uint8Array): number | undefined {
  if (bytes.length < PREAMBLE + 4) return undefined;
  if (!isDicom(bytes)) return Number.POSITIVE_INFINITY;
  let isImplicit = false;
  let depth = 0;
  try {
    for (let at = PREAMBLE + 4; ; ) {
      const found = readElement(bytes, at, isImplicit);
      if (found === undefined) return bytes.length > MAX_HEADER ? Number.POSITIVE_INFINITY : undefined;
      const { group, element, length, value } = found;
      if (group === PIXEL_DATA && depth === 0) return at;
      if (group === 0xfffe && (element === 0xe00d || element === 0xe0dd)) {
        depth--;
        at = value;
      } else if (length === UNDEFINED_LENGTH) {
        depth++; // a sequence or an item that ends with a delimiter: gone through element by element
        at = value;
      } else {
        if (group === 2 && element === 0x0010) {
          const syntax = new TextDecoder("latin1").decode(bytes.subarray(value, value + length)).replace(/[\0 ]+$/, "");
          if (syntax === EXPLICIT_BIG_ENDIAN || syntax === DEFLATED) return Number.POSITIVE_INFINITY;
          isImplicit = syntax === IMPLICIT_LITTLE_ENDIAN;
        }
        at = value + length;
      }
      if (depth < 0) return Number.POSITIVE_INFINITY;
    }
  } catch {
    return Number.POSITIVE_INFINITY; // not as the standard has it: nothing of it can be told apart
  }
}

/** A selector of the header's chunks, for the pieces of one file in order. */
export function createDicomSelector(): (document: EhrDocument) => number[] {
  let header: Uint8Array = new Uint8Array(0);
  let end: number | undefined;
  return ({ head, features }) => {
    if (head.format !== "binary") return [];
    if (end === undefined) {
      header = concatBytes(header, ...features.flatMap(({ value }) => (typeof value === "string" ? [] : [value])));
      end = pixelDataOffset(header);
      if (end !== undefined) header = new Uint8Array(0);
    }
    const limit = end ?? Number.POSITIVE_INFINITY;
    return features.flatMap(({ index }) => (head.offset + index * CHUNK_LENGTH < limit ? [index] : []));
  };
}
