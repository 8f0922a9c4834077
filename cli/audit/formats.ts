import type { FilterOptions } from "./filter-options.ts";

/** What the history is exported as. */
export const FORMATS = ["csv", "json", "fhir", "html"] as const;
export type Format = (typeof FORMATS)[number];

export interface ExportOptions extends FilterOptions {
  readonly format: Format;
  readonly ndjson?: boolean;
  readonly output?: string;
  readonly force?: boolean;
  readonly skipStorage?: boolean;
}
