import { basename } from "node:path";
import { MedexError } from "@medexchain/core";
import type { PartSummary, RecordSummary } from "@medexchain/sfe";
import { sizeOf } from "../output/sizes.ts";
import { estimateApproval } from "./approval-estimate.ts";
import { FORMATS } from "./formats.ts";
import type { Selection, SelectionOptions } from "./selection.ts";

/** Places that are named of each side. */
const PLACES_SHOWN = 6;

/**
 * What would become of a record.
 *
 * @throws as `summariseRecord`; PRIVATE_VALUE_PUBLIC says by which option a place is allowed
 */
export async function summarise(
  document: Uint8Array,
  file: string,
  { format }: Pick<SelectionOptions, "format">,
  { selectors, numeric, allowPublic }: Selection,
): Promise<RecordSummary> {
  const { summariseRecord } = await import("@medexchain/sfe");
  try {
    return summariseRecord(document, {
      name: basename(file),
      selectors,
      numeric,
      allowPublic,
      ...(format !== undefined && { format: FORMATS[format] }),
    });
  } catch (error) {
    if (!MedexError.is(error, "PRIVATE_VALUE_PUBLIC")) throw error;
    throw new MedexError(error.code, `${error.message}, with --private or --allow-public and the place`, {
      cause: error,
    });
  }
}

/** The summary as JSON. */
export function previewOf(summary: RecordSummary) {
  const { format, release, hints, pieces, bytes, headBytes, numbers } = summary;
  const part = ({ features, bytes, names }: PartSummary) => ({ features, bytes, places: names });
  return {
    format,
    ...(release !== undefined && { release }),
    hints,
    pieces,
    sizes: { document: bytes, heads: headBytes },
    public: part(summary.public),
    private: part(summary.private),
    numbers,
    approval: estimateApproval(summary),
  };
}

/** The summary as a person reads it: facts with their names. Values are not in it. */
export function factsOfSummary(summary: RecordSummary): (readonly [name: string, value: string])[] {
  const { format, release, hints, pieces, bytes, numbers } = summary;
  const { blocks, boxes, encryptionSeconds, workSeconds, ...approval } = estimateApproval(summary);
  const where =
    boxes === 0 ? counted(blocks, "block") : `${counted(blocks, "block")}, ${counted(boxes, "box", "boxes")}`;
  return [
    ["format", release === undefined ? format : `${format}, FHIR ${release}`],
    ["size", `${sizeOf(bytes)} in ${counted(pieces, "piece")}`],
    ["public", partText(summary.public)],
    ["private", partText(summary.private)],
    ["numbers", `${numbers.withSlots} to compute on, of ${numbers.measured} measured or asked for`],
    [
      "an approval",
      `sends about ${sizeOf(approval.bytes)} in ${where}: about ${durationOf(encryptionSeconds)} to encrypt and store, and on a public Tangle about ${durationOf(workSeconds)} of proof of work`,
    ],
    ...hints.map((hint) => ["note", hint] as const),
  ];
}

function partText({ features, bytes, names }: PartSummary): string {
  const places = names.slice(0, PLACES_SHOWN).join(", ");
  const more = names.length > PLACES_SHOWN ? ", …" : "";
  return `${counted(features, "feature")}, ${sizeOf(bytes)}${places === "" ? "" : `: ${places}${more}`}`;
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

function durationOf(seconds: number): string {
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
