/** FHIR resources as JSON whose numbers keep the form in which they were written: `36.50` is another statement than `36.5` (R4, 2.6.2.3). */
import { MedexError } from "@medexchain/core";

/** A value of a resource. A number is `JSON.rawJSON`'s object, which `stringifyResource` writes as it was read. */
export type Json = string | boolean | null | RawNumber | Json[] | { [name: string]: Json };
export interface RawNumber {
  readonly rawJSON: string;
}
export type JsonObject = { [name: string]: Json };
export interface Resource extends JsonObject {
  resourceType: string;
}

/** ECMAScript's proposal "JSON.parse source text access", which Node and browsers have. */
interface SourceTextJson {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): RawNumber;
  isRawJSON(value: unknown): value is RawNumber;
}
const json = JSON as unknown as SourceTextJson; // TypeScript does not know of it yet

/** A logical id (R4, 2.24.0.1). */
export const ID = /^[A-Za-z0-9\-.]{1,64}$/;
const TYPE = /^[A-Z][A-Za-z]{1,63}$/;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !json.isRawJSON(value);

/** Whether a value is a number, as `parseJson` reads them. */
export const isRawNumber = (value: Json | undefined): value is RawNumber => json.isRawJSON(value);

export const isResource = (value: unknown): value is Resource =>
  isObject(value) && typeof value.resourceType === "string" && TYPE.test(value.resourceType);

/** Elements within elements. FHIR's own have a dozen or two; more could only exhaust who walks through them. */
const MAX_DEPTH = 100;

/**
 * Parses JSON.
 *
 * @param what names the text in errors
 * @throws MedexError RECORD_FORMAT when it is no JSON, or nested more than 100 deep
 */
export function parseJson(text: string, what: string): Json {
  try {
    const value = json.parse(text, (key, value, { source }) => {
      if (key === "__proto__") return undefined; // no element of FHIR's
      return typeof value === "number" ? json.rawJSON(source ?? String(value)) : value;
    }) as Json; // of JSON.parse, with numbers replaced
    requireShallow(value, MAX_DEPTH);
    return value;
  } catch (cause) {
    throw new MedexError("RECORD_FORMAT", `${what} is not JSON that can be read`, { cause });
  }
}

function requireShallow(value: Json, depth: number): void {
  if (typeof value !== "object" || value === null || json.isRawJSON(value)) return;
  if (depth === 0) throw new RangeError(`more than ${MAX_DEPTH} deep`);
  for (const inner of Object.values(value)) requireShallow(inner, depth - 1);
}

/** Writes a value as it was read, without white space. */
export const stringifyResource = (value: Json): string => JSON.stringify(value);

/** A number's or any other value's plain form, for comparisons. */
export const plain = (value: Json | undefined): string | number | boolean | undefined => {
  if (typeof value === "string" || typeof value === "boolean") return value;
  return json.isRawJSON(value) ? Number(value.rawJSON) : undefined;
};

/** `Type/id`; undefined where it has no usable id. */
export function relativeUrl({ resourceType, id }: Resource): string | undefined {
  return typeof id === "string" && ID.test(id) ? `${resourceType}/${id}` : undefined;
}
