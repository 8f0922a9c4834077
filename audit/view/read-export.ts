/** Reads what `medex audit export --format json` writes, with `--ndjson` or without, line by line: both have a request in each. */
import { MedexError } from "@medexchain/core";

/** Of one request: a line is about 3 kB. */
const MAX_LINE_BYTES = 1_048_576;
/** Of requests, as many as the static page holds. */
const MOST = { request: 100_000, change: 1_000_000 };

/** The text of a request or of a record's change, and where in the file it is: first byte, and the one after its last. */
export interface ExportedLine {
  readonly kind: "request" | "change";
  readonly json: string;
  readonly start: number;
  readonly end: number;
}

const NEWLINE = 10;
const HEAD = '{"heads":';
/** What ends a line beside its object: a comma, the end of the requests, the end of the file. */
const TAIL = /(?<turn>\],"recordChanges":\[)?(\]\})?,?$/;

/**
 * The requests and changes of an exported history.
 *
 * @param chunks of the file, in order
 * @throws INPUT_INVALID where a line is too long, or there are too many
 */
export async function* exportedLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<ExportedLine, void> {
  const decoder = new TextDecoder();
  let kind: ExportedLine["kind"] = "request";
  let count = 0;
  let isFirst = true;
  for await (const { bytes, start } of linesOf(chunks)) {
    const text = decoder.decode(bytes);
    const tail = TAIL.exec(text);
    const cut = tail?.[0].length ?? 0;
    const json = text.slice(0, text.length - cut);
    const isHead = isFirst && text.startsWith(HEAD);
    isFirst = false;
    if (!isHead && json !== "") {
      count += 1;
      if (count > MOST[kind]) {
        throw new MedexError(
          "INPUT_INVALID",
          `the file has more than ${MOST[kind]} ${kind}s: export less of the history, by --since and --until`,
        );
      }
      yield { kind, json, start, end: start + bytes.length - cut };
    }
    if (tail?.groups?.turn !== undefined) [kind, count] = ["change", 0];
  }
}

async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<{ bytes: Uint8Array; start: number }, void> {
  let rest: Uint8Array = new Uint8Array();
  let start = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let to = chunk.indexOf(NEWLINE); to !== -1; to = chunk.indexOf(NEWLINE, from)) {
      const bytes = joined(rest, chunk.subarray(from, to));
      yield { bytes, start };
      start += bytes.length + 1;
      rest = new Uint8Array();
      from = to + 1;
    }
    rest = joined(rest, chunk.subarray(from));
  }
  if (rest.length > 0) yield { bytes: rest, start };
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length + second.length > MAX_LINE_BYTES) {
    throw new MedexError("INPUT_INVALID", "the file has a line that is too long: it is no exported history");
  }
  if (first.length === 0) return second;
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
