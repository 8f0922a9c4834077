/** What was granted, for a FHIR server: one transaction (R4, 3.1.0.11) that creates what is not there yet, with its Provenance. */
import { MedexError } from "@medexchain/core";
import { z } from "zod";
import { FHIR_JSON, type FhirServer, parseAnswer } from "./fhir-server.ts";
import { type GrantedResource, mapReferences, readGranted } from "./granted-resources.ts";
import { digestOf, SYSTEMS, stableUuid } from "./identifiers.ts";
import { PATIENT_DATA } from "./patient-data.ts";
import { isObject, type Json, type JsonObject, type Resource, stringifyResource } from "./resource.ts";

/** Whose record it is, for whom and why it was granted, and what the chain has of it. Ids and digests are 0x and 64 hexadecimal digits. */
export interface Grant {
  readonly requestId: string;
  readonly recordId: string;
  /** Member ids. */
  readonly owner: string;
  readonly requester: string;
  /** Code of HL7 v3 PurposeOfUse. */
  readonly purpose: string;
  /** When the owner's chain decided. */
  readonly decidedAt: Date;
  /** By their names: `capsule`, `publicFragment`. */
  readonly digests: Readonly<Record<string, string>>;
}

export interface Written {
  /** Resources that the server made, and those that it had from an earlier time; the Provenance is not counted. */
  readonly created: number;
  readonly existing: number;
  /** The server's URL of the Provenance, relative to its base. */
  readonly provenance: string;
}

/** A record may have at most as many resources as one transaction of a careful server. */
const MAX_ENTRIES = 10_000;

/**
 * Writes a granted record to a server. Each resource is created under an id of the server's choosing, unless the server has it from this record:
 * nothing there is changed or replaced. It is one transaction: all of it, or nothing.
 *
 * @throws RECORD_FORMAT the record is not FHIR, has more resources than a transaction, or one that is no data of a patient; FHIR_REFUSED, SERVICE_PROTOCOL, SERVICE_UNREACHABLE
 */
export async function writeGranted(server: FhirServer, document: Uint8Array, grant: Grant): Promise<Written> {
  const bundle = transactionOf(readGranted(document), grant, new Date());
  const body = stringifyResource(bundle);
  const headers = { "content-type": FHIR_JSON, prefer: "return=minimal" };
  const answer = parseAnswer(server.url, (await server.call("", { method: "POST", headers, body })).text);
  return countWritten(server.url, answer, (bundle.entry as Json[]).length); // made just now, as a list
}

/** The Bundle that is sent. Exported for tests, and for those who send it themselves. */
export function transactionOf(granted: readonly GrantedResource[], grant: Grant, recorded: Date): Resource {
  if (granted.length === 0)
    throw new MedexError("RECORD_FORMAT", "the record has no resource that a FHIR server could take");
  if (granted.length > MAX_ENTRIES) {
    throw new MedexError(
      "RECORD_FORMAT",
      `the record has ${granted.length} resources; one transaction takes ${MAX_ENTRIES}`,
    );
  }
  const other = granted.find(({ resource }) => !PATIENT_DATA.has(resource.resourceType));
  if (other !== undefined) {
    throw new MedexError(
      "RECORD_FORMAT",
      `the record has a resource of the type ${other.resource.resourceType}, which is no data of a patient and could act on the server: open it into a file instead`,
    );
  }
  const marks = granted.map(({ resource, names }, at) =>
    digestOf(grant.recordId, names[0] ?? String(at), stringifyResource(resource)),
  );
  const urls = marks.map((mark) => `urn:uuid:${stableUuid(mark)}`);
  const places = new Map(granted.flatMap(({ names }, at) => names.map((name) => [name, urls[at] ?? ""] as const)));
  const entry = granted.map(({ resource }, at) => {
    const { id: _id, text, ...rest } = resource;
    const copy = mapReferences({ ...rest, ...(text !== undefined && { text }) }, (reference) =>
      placed(reference, places),
    ) as JsonObject; // of an object
    return entryOf(
      { ...copy, resourceType: resource.resourceType, meta: metaOf(resource, grant, marks[at] ?? "") },
      urls[at] ?? "",
    );
  });
  const mark = digestOf("provenance", grant.requestId, ...marks);
  const provenance = {
    ...provenanceOf(urls, grant, recorded),
    meta: { tag: [{ system: SYSTEMS.granted, code: mark }] },
  };
  return {
    resourceType: "Bundle",
    type: "transaction",
    entry: [...entry, entryOf(provenance, `urn:uuid:${stableUuid(mark)}`)],
  };
}

const tagOf = (resource: Resource): string => {
  const tags = isObject(resource.meta) && Array.isArray(resource.meta.tag) ? resource.meta.tag : [];
  const own = tags.filter(isObject).find(({ system }) => system === SYSTEMS.granted);
  return String(own?.code);
};

const entryOf = (resource: Resource, fullUrl: string): JsonObject => ({
  fullUrl,
  resource,
  request: {
    method: "POST",
    url: resource.resourceType,
    ifNoneExist: `_tag=${encodeURIComponent(`${SYSTEMS.granted}|${tagOf(resource)}`)}`,
  },
});

/** The resource's own, without what is the old server's, and with the tag by which it is found again. */
function metaOf(resource: Resource, { recordId }: Grant, mark: string): JsonObject {
  const { versionId: _version, lastUpdated: _updated, ...meta } = isObject(resource.meta) ? resource.meta : {};
  // By another's tag it would be taken for another resource, which the server has.
  const tags = (Array.isArray(meta.tag) ? meta.tag : []).filter(
    (tag) => !isObject(tag) || tag.system !== SYSTEMS.granted,
  );
  return { ...meta, source: `${SYSTEMS.record}:${recordId}`, tag: [...tags, { system: SYSTEMS.granted, code: mark }] };
}

/** A reference within the record leads to its entry; one that leads out of it becomes a logical one, as the server has no such resource. */
function placed(reference: string, places: ReadonlyMap<string, string>): string | JsonObject | undefined {
  if (reference.startsWith("#")) return undefined;
  const [place = "", ...version] = reference.split("/_history/");
  const inside = places.get(place);
  if (inside !== undefined) return inside;
  const value = version.length > 0 ? place : reference;
  return /^[a-z][a-z0-9+.-]*:/i.test(value) ? { system: "urn:ietf:rfc:3986", value } : { value };
}

function provenanceOf(targets: readonly string[], grant: Grant, recorded: Date): Resource {
  const { requestId, recordId, owner, requester, purpose, decidedAt, digests } = grant;
  const agent = (code: string, text: string, type: string, value: string): JsonObject => ({
    type: {
      coding: [{ system: "http://terminology.hl7.org/CodeSystem/provenance-participant-type", code }],
      text,
    },
    who: { type, identifier: { system: SYSTEMS.member, value } },
  });
  const source = (system: string, value: string, display: string): JsonObject => ({
    role: "source",
    what: { identifier: { system, value }, display },
  });
  return {
    resourceType: "Provenance",
    target: targets.map((reference) => ({ reference })),
    occurredDateTime: decidedAt.toISOString(),
    recorded: recorded.toISOString(),
    reason: [{ coding: [{ system: "http://terminology.hl7.org/CodeSystem/v3-ActReason", code: purpose }] }],
    agent: [
      agent("informant", "the patient, who granted this", "Patient", owner),
      agent("assembler", "who asked for it, and opened it", "Practitioner", requester),
    ],
    entity: [
      source(SYSTEMS.record, recordId, "the record, as anchored on its chain"),
      source(SYSTEMS.request, requestId, "the request that was granted"),
      ...Object.entries(digests).map(([name, value]) =>
        source(`urn:medexchain:digest:${name}`, value, `SHA-256: ${name}`),
      ),
    ],
  };
}

/** A URI reference has no character but these (RFC 3986): it is shown on terminals. */
const REFERENCE = /^[\x21-\x7e]{0,2000}$/;
const responseSchema = z.looseObject({
  resourceType: z.literal("Bundle"),
  type: z.literal("transaction-response"),
  entry: z.array(
    z.looseObject({
      response: z.looseObject({ status: z.string(), location: z.string().regex(REFERENCE).optional() }),
    }),
  ),
});

function countWritten(url: string, answer: Json, sent: number): Written {
  const parsed = responseSchema.safeParse(answer);
  const statuses = parsed.success ? parsed.data.entry.map(({ response }) => response.status.slice(0, 3)) : [];
  if (
    !parsed.success ||
    statuses.length !== sent ||
    !statuses.every((status) => status === "201" || status === "200")
  ) {
    throw new MedexError(
      "SERVICE_PROTOCOL",
      `${url} does not say of each of the ${sent} resources that it is there; look there before you try again`,
      { cause: parsed.error },
    );
  }
  const created = statuses.slice(0, -1).filter((status) => status === "201").length;
  return { created, existing: sent - 1 - created, provenance: parsed.data.entry.at(-1)?.response.location ?? "" };
}
