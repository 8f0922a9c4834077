/** What kind of file a record is, to be saved and shown as such. */

export interface FileKind {
  /** With its dot. */
  readonly extension: string;
  /** Media type; of what browsers show by itself, images alone: a page's own address must run nothing that a record brings. */
  readonly type: string;
}

const OTHER: FileKind = { extension: ".bin", type: "application/octet-stream" };
const file = (extension: string): FileKind => ({ ...OTHER, extension });
const image = (extension: string, type: string): FileKind => ({ extension, type });

/** By the record's format; of bytes, by how they begin. */
const BY_FORMAT: Readonly<Record<string, FileKind>> = {
  "fhir-r4+json": file(".json"),
  "fhir-r4+ndjson": file(".ndjson"),
  csv: file(".csv"),
};

/** First bytes, and where they begin. */
const BY_CONTENT: readonly (readonly [at: number, text: string, kind: FileKind])[] = [
  [0, "\x89PNG\r\n\x1a\n", image(".png", "image/png")],
  [0, "\xff\xd8\xff", image(".jpg", "image/jpeg")],
  [0, "GIF87a", image(".gif", "image/gif")],
  [0, "GIF89a", image(".gif", "image/gif")],
  [8, "WEBP", image(".webp", "image/webp")],
  [128, "DICM", file(".dcm")],
  [0, "%PDF-", file(".pdf")],
  [0, "II*\0", file(".tiff")],
  [0, "MM\0*", file(".tiff")],
  [0, "PK\x03\x04", file(".zip")],
  [0, "\x1f\x8b", file(".gz")],
  [0, "MSH|", file(".hl7")],
];
const LONGEST_BEGINNING = 256;

/** @param format of the record, see `RECORD_FORMATS` */
export function kindOf(bytes: Uint8Array, format: string): FileKind {
  const known = BY_FORMAT[format];
  if (known !== undefined) return known;
  // A byte, a character.
  const beginning = String.fromCharCode(...bytes.subarray(0, LONGEST_BEGINNING));
  return BY_CONTENT.find(([at, text]) => beginning.startsWith(text, at))?.[2] ?? OTHER;
}

export const isImage = ({ type }: FileKind): boolean => type.startsWith("image/");

/** What a folder, or another program, takes for more than a name: separators, what is not seen, what Windows keeps for itself. */
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}\p{Bidi_Control}<>:"/\\|?*]+/gu;
/** In characters, before the extension. */
const LONGEST_NAME = 100;

/** A name for the file of a record that is called so. */
export function fileNameOf(title: string, { extension }: FileKind): string {
  const name = title.replaceAll(UNSAFE, "-").replace(/^[.\s-]+|[.\s-]+$/g, "");
  const stem = name.toLowerCase().endsWith(extension) ? name.slice(0, -extension.length) : name;
  return `${[...stem].slice(0, LONGEST_NAME).join("") || "record"}${extension}`;
}
