/** `Patient/$everything` and searches (R4, 3.1.1.3, "paging"): pages of one server, which together become one record. */
import { MedexError } from "@medexchain/core";
import type { FhirServer } from "./fhir-server.ts";
import {
  ID,
  isObject,
  isResource,
  type Json,
  type JsonObject,
  type Resource,
  relativeUrl,
  stringifyResource,
} from "./resource.ts";

/** Asked of a server per page; it may give fewer. */
const PAGE_SIZE = 200;

/** A record as it is published: FHIR JSON. */
export interface FetchedRecord {
  readonly document: Uint8Array;
  readonly resources: number;
}

export interface PatientQuery {
  /** The patient's logical id on the server. */
  readonly patient: string;
  /** Searches as `Observation?patient=4711&category=laboratory`, in place of `$everything`. */
  readonly searches?: readonly string[] | undefined;
  /** Told how many resources there are so far. */
  readonly onProgress?: ((resources: number) => void) | undefined;
}

const SEARCH = /^[A-Z][A-Za-z]{1,63}\?[^\s#]{1,2000}$/;

/**
 * Fetches a patient's resources, each once, as a Bundle of type `collection` in the order in which they came. Numbers stay as they were written.
 *
 * @throws INPUT_INVALID the id or a search is none; SERVICE_PROTOCOL when the pages are endless, too large, of another server, no Bundles, or without
 * the patient; all that a call throws
 */
export async function readPatient(server: FhirServer, query: PatientQuery): Promise<FetchedRecord> {
  const { patient, searches = [], onProgress } = query;
  if (!ID.test(patient)) throw new MedexError("INPUT_INVALID", `${JSON.stringify(patient)} is no id of FHIR; check it`);
  const unusable = searches.find((search) => !SEARCH.test(search));
  if (unusable !== undefined) {
    throw new MedexError("INPUT_INVALID", `${JSON.stringify(unusable)} is no search, such as Observation?patient=4711`);
  }
  const collected = createCollection(server);
  const starts =
    searches.length === 0
      ? [`Patient/${patient}/$everything?_count=${PAGE_SIZE}`]
      : // The patient is read first: a record without its person says nothing about anybody.
        [`Patient?_id=${patient}`, ...searches.map((search) => `${search}&_count=${PAGE_SIZE}`)];
  for (const start of starts) {
    for (let next: string | undefined = start; next !== undefined; ) {
      next = collected.addPage(await server.json(collected.visit(next)));
      onProgress?.(collected.count());
    }
  }
  if (!collected.has(`Patient/${patient}`)) {
    throw new MedexError(
      "SERVICE_PROTOCOL",
      `${server.url} sent no Patient/${patient} with what it has of that patient`,
    );
  }
  return collected.record();
}

function createCollection({ url, limits }: FhirServer) {
  const entries = new Map<string, string>();
  const visited = new Set<string>();
  const deadline = performance.now() + limits.totalMs;
  let bytes = 0;
  const wrong = (what: string) => new MedexError("SERVICE_PROTOCOL", `${url} ${what}`);

  const add = (resource: Resource, fullUrl: Json | undefined): void => {
    const place = relativeUrl(resource);
    if (place === undefined) throw wrong(`sent a ${resource.resourceType} without an id`);
    if (entries.has(place)) return; // a server may repeat on one page what was on another
    const entry: JsonObject = { fullUrl: typeof fullUrl === "string" ? fullUrl : `${url}/${place}`, resource };
    const text = stringifyResource(entry);
    bytes += new TextEncoder().encode(text).length;
    if (entries.size === limits.resources) throw wrong(`sends more than ${limits.resources} resources`);
    // One JSON document is held to the size of one answer.
    if (bytes > limits.answerBytes) {
      throw wrong(
        `sends more than ${limits.answerBytes} bytes, the most of one JSON document: use searches, or a bulk export`,
      );
    }
    entries.set(place, text);
  };

  return {
    count: () => entries.size,
    has: (place: string) => entries.has(place),
    /** The URL, once it is known that it was not fetched before. */
    visit(next: string): string {
      if (visited.has(next)) throw wrong("leads from page to page in a circle");
      if (visited.size === limits.pages) throw wrong(`has more than ${limits.pages} pages`);
      if (performance.now() > deadline) throw wrong(`took more than ${limits.totalMs / 1000} s for all pages`);
      visited.add(next);
      return next;
    },
    /** Gives the next page's URL. */
    addPage(bundle: Json): string | undefined {
      if (!isResource(bundle) || bundle.resourceType !== "Bundle")
        throw wrong("answered with something that is no Bundle");
      for (const entry of list(bundle.entry)) {
        const { resource, fullUrl, search } = entry;
        // A message about the search is no part of the record.
        if (isObject(search) && search.mode === "outcome") continue;
        if (!isResource(resource)) throw wrong("sent an entry without a resource");
        if (resource.resourceType !== "OperationOutcome") add(resource, fullUrl);
      }
      const next = list(bundle.link).find(({ relation }) => relation === "next")?.url;
      if (next === undefined) return undefined;
      if (typeof next !== "string" || next === "") throw wrong("names a next page that is no URL");
      return next;
    },
    record(): FetchedRecord {
      const text = `{"resourceType":"Bundle","type":"collection","entry":[${[...entries.values()].join(",")}]}`;
      return { document: new TextEncoder().encode(text), resources: entries.size };
    },
  };
}

const list = (value: Json | undefined): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);
