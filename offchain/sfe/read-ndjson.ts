/** FHIR R4 NDJSON (bulk data: one resource a line) to EhrDocuments, in pieces of whole lines. */

import { MedexError } from "@medexchain/core";
import type { EhrDocument, Feature, NdjsonLayout } from "./ehr-document.ts";
import { headFeature } from "./head-feature.ts";
import { isBlankLine, lineName } from "./ndjson-lines.ts";
import { readResource } from "./parse-fhir.ts";
import type { RecordReader } from "./reader.ts";
import { createUtf8Decoder, requireNoMark } from "./utf8.ts";

/** UTF-16 units of a line; above any single resource that is not a document. */
const MAX_LINE_LENGTH = 4 * 1024 * 1024;

function parseLine(line: string, number: number, firstIndex: number): { template: string[]; features: Feature[] } {
  try {
    const { template, features } = readResource(line, firstIndex);
    const named = features.map((feature) => ({
      ...feature,
      name: lineName(number, feature.name),
      path: [number, ...feature.path],
    }));
    return { template, features: named };
  } catch (error) {
    if (!MedexError.is(error, "RECORD_FORMAT")) throw error;
    throw new MedexError("RECORD_FORMAT", `NDJSON line ${number + 1}: ${error.message}`, { cause: error.cause });
  }
}

/** Lines with their ends to a document. */
function toDocument(lines: readonly string[], firstLine: number): EhrDocument {
  const template = [""];
  const features: Feature[] = [];
  const append = (text: string): void => {
    template[template.length - 1] += text;
  };
  for (const [i, line] of lines.entries()) {
    if (isBlankLine(line)) append(line);
    else {
      const parsed = parseLine(line, firstLine + i, features.length);
      const [first = "", ...others] = parsed.template;
      append(first);
      template.push(...others);
      features.push(...parsed.features);
    }
  }
  const layout: NdjsonLayout = { format: "fhir-r4+ndjson", firstLine, template };
  return { head: { ...layout, features: features.map((feature) => headFeature(feature, new Map())) }, features };
}

/**
 * Reads NDJSON: lines end with LF or CRLF, the last one may have no end; blank lines are kept as they are.
 * @param pieceLength UTF-16 units after which a piece ends
 * @throws RECORD_FORMAT names the line
 */
export function createNdjsonReader(pieceLength: number): RecordReader {
  const decoder = createUtf8Decoder();
  let pending = "";
  let lines: string[] = [];
  let length = 0;
  let firstLine = 0;
  let isStart = true;

  function flush(): EhrDocument {
    const document = toDocument(lines, firstLine);
    firstLine += lines.length;
    lines = [];
    length = 0;
    return document;
  }

  function read(text: string, isLast: boolean): EhrDocument[] {
    pending += text;
    if (isStart && pending !== "") {
      requireNoMark(pending);
      isStart = false;
    }
    const documents: EhrDocument[] = [];
    let start = 0;
    for (let end = pending.indexOf("\n"); end >= 0; end = pending.indexOf("\n", start)) {
      lines.push(pending.slice(start, end + 1));
      length += end + 1 - start;
      start = end + 1;
      if (length >= pieceLength) documents.push(flush());
    }
    pending = pending.slice(start);
    if (pending.length > MAX_LINE_LENGTH) {
      const number = firstLine + lines.length + 1;
      throw new MedexError("RECORD_FORMAT", `NDJSON line ${number}: more than ${MAX_LINE_LENGTH} characters`);
    }
    if (isLast) {
      if (pending !== "") lines.push(pending);
      if (lines.length > 0 || firstLine === 0) documents.push(flush());
    }
    return documents;
  }

  return {
    push: (bytes) => read(decoder.decode(bytes), false),
    end: () => read(decoder.end(), true),
  };
}
