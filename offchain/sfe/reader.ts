import type { EhrDocument } from "./ehr-document.ts";

/** Takes a record in as it comes, and gives out pieces as they are whole. */
export interface RecordReader {
  push(bytes: Uint8Array): EhrDocument[];
  /** Whatever is left. The reader is of no use afterwards. */
  end(): EhrDocument[];
}
