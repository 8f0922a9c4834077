import type { RecordFormat } from "./ehr-document.ts";
import { readRecord } from "./record-reader.ts";

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

function isTable(bytes: Uint8Array): boolean {
  try {
    for (const { head } of readRecord(bytes, { format: "csv" })) {
      if (head.format !== "csv" || head.columns.length < 2 || head.ends.length === 0) return false;
    }
    return true;
  } catch {
    return false;
  }
}

/**
 * The format of a record by its content. UTF-8 text whose first character is `{` is FHIR: NDJSON if its first line is JSON by
 * itself and more follows, else JSON. Text that is wholly CSV with two columns and a row is CSV. All else is binary; so a
 * record that is damaged may be taken for binary, and then a policy in its own terms is refused. State the format where you
 * know it.
 */
export function detectFormat(bytes: Uint8Array): RecordFormat {
  const text = decoded(bytes);
  if (text === undefined || text.includes("\0")) return "binary";
  if (/^\uFEFF?\s*\{/.test(text)) {
    const start = text.search(/\S/);
    const lineEnd = text.indexOf("\n", start);
    const isLines = lineEnd >= 0 && /\S/.test(text.slice(lineEnd)) && isJson(text.slice(start, lineEnd));
    return isLines ? "fhir-r4+ndjson" : "fhir-r4+json";
  }
  return isTable(bytes) ? "csv" : "binary";
}
