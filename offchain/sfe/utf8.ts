import { MedexError } from "@medexchain/core";

function notUtf8(cause: unknown): MedexError {
  return new MedexError("RECORD_FORMAT", "the record is not valid UTF-8: save it as UTF-8", { cause });
}

/** Decodes a stream of UTF-8, strictly; a byte order mark is kept. */
export interface Utf8Decoder {
  /** @throws RECORD_FORMAT invalid UTF-8 */
  decode(bytes: Uint8Array): string;
  /** @throws RECORD_FORMAT a character is incomplete */
  end(): string;
}

export function createUtf8Decoder(): Utf8Decoder {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const run = (bytes: Uint8Array, stream: boolean): string => {
    try {
      return decoder.decode(bytes, { stream });
    } catch (cause) {
      throw notUtf8(cause);
    }
  };
  return { decode: (bytes) => run(bytes, true), end: () => run(new Uint8Array(0), false) };
}

/**
 * Decodes bytes as UTF-8 without a byte order mark, as FHIR wants it.
 * @throws RECORD_FORMAT invalid UTF-8, or a byte order mark
 */
export function decodeUtf8(bytes: Uint8Array): string {
  const decoder = createUtf8Decoder();
  const source = decoder.decode(bytes) + decoder.end();
  requireNoMark(source);
  return source;
}

/** @throws RECORD_FORMAT the text starts with a byte order mark */
export function requireNoMark(source: string): void {
  if (!source.startsWith("\uFEFF")) return;
  throw new MedexError("RECORD_FORMAT", "the record starts with a byte order mark: save it as UTF-8 without one");
}
