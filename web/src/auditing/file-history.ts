/** A history from what `medex audit export --format json` wrote. The file is read again for whatever is shown whole. */
import {
  type ChainPosition,
  exportedLines,
  type RequestSummary,
  readChange,
  readEntry,
  summaryOf,
} from "@medexchain/audit/view";
import type { Hex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { interner, type OpenedHistory } from "./history.ts";

/** Of workers alone, which TypeScript's types of pages do not have. */
declare class FileReaderSync {
  readAsArrayBuffer(blob: Blob): ArrayBuffer;
}

/** 100,000 requests are about 300 MB. */
const MAX_BYTES = 1_073_741_824;
/** Requests that are read at once for being shown. */
const PART = 200;
/** Between two words of progress, in milliseconds: each has the page draw something. */
const PROGRESS_MS = 100;

/**
 * @param onProgress takes bytes, of how many
 * @throws INPUT_INVALID where the file is no exported history, or too long
 */
export async function openFile(file: File, onProgress: (done: number, total: number) => void): Promise<OpenedHistory> {
  if (file.size > MAX_BYTES) {
    throw new MedexError(
      "INPUT_INVALID",
      "the file is longer than 1 GB: export less of the history, by --since and --until",
    );
  }
  const summaries: RequestSummary[] = [];
  const places: number[] = [];
  const intern = interner();
  let told = performance.now();
  let revocations: Map<Hex32, ChainPosition> | undefined;
  for await (const { kind, json, start, end } of exportedLines(chunksOf(file))) {
    if (kind === "change") {
      const change = readChange(json);
      if (change === undefined) throw new MedexError("INPUT_INVALID", "the file has a line that is no record's change");
      revocations ??= new Map();
      if (change.kind === "revoked") revocations.set(change.recordId, change.at);
      continue;
    }
    const entry = readEntry(json);
    if (entry === undefined) {
      throw new MedexError(
        "INPUT_INVALID",
        `line ${summaries.length + 1} of the file is no request: drop what medex audit export --format json wrote`,
      );
    }
    places.push(start, end);
    summaries.push(intern(summaryOf(entry)));
    if (performance.now() - told < PROGRESS_MS) continue;
    told = performance.now();
    onProgress(end, file.size);
  }
  const read = lineReader(file, places);
  return {
    summaries,
    revocations,
    entry(at) {
      const entry = readEntry(read(at));
      if (entry === undefined)
        throw new MedexError("INPUT_INVALID", "the file was changed since it was opened: drop it again");
      return entry;
    },
  };
}

async function* chunksOf(file: File): AsyncGenerator<Uint8Array, void> {
  const reader = file.stream().getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
}

/** Reads lines; of neighbours a part at once. */
function lineReader(file: File, places: readonly number[]): (at: number) => string {
  const decoder = new TextDecoder();
  let part = { from: -1, start: 0, bytes: new Uint8Array() };
  return (at) => {
    const from = at - (at % PART);
    if (part.from !== from) {
      const start = places[2 * from] ?? 0;
      const end = places[Math.min(2 * (from + PART), places.length) - 1] ?? start;
      part = { from, start, bytes: new Uint8Array(new FileReaderSync().readAsArrayBuffer(file.slice(start, end))) };
    }
    return decoder.decode(
      part.bytes.subarray((places[2 * at] ?? 0) - part.start, (places[2 * at + 1] ?? 0) - part.start),
    );
  };
}
