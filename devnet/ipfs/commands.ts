import type { Readable } from "node:stream";
import type { CommandArguments } from "./arguments.ts";
import type { Repository } from "./repository.ts";

/** A file part of a multipart body. */
export interface UploadedFile {
  readonly name: string;
  readonly isDirectory: boolean;
  readonly content: Uint8Array;
}

/** One answer: a JSON object, newline-delimited JSON objects, or bytes. */
export type CommandAnswer =
  | { readonly kind: "json"; readonly value: unknown }
  | { readonly kind: "ndjson"; readonly values: readonly unknown[] }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array | Readable };

/** One command of the Kubo RPC API. */
export interface Command {
  /** Under `/api/v0/`. */
  readonly path: string;
  /** The options it understands; others are refused. */
  readonly options: readonly string[];
  run(repository: Repository, parsed: CommandArguments, files: readonly UploadedFile[]): Promise<CommandAnswer>;
}

export const json = (value: unknown): CommandAnswer => ({ kind: "json", value });
export const ndjson = (values: readonly unknown[]): CommandAnswer => ({ kind: "ndjson", values });
