import type { Hex32 } from "@medexchain/chain";
import type { AccessHistory, ChainPosition, HistoryFilter } from "../access-history.ts";
import { instantOf } from "../format/instant.ts";
import { auditEventsOf } from "./audit-events.ts";
import { consentOfDecision, consentOfRevocation, consentOfStudyPart } from "./consents.ts";
import type { ContractsOf } from "./references.ts";
import type { FhirResource } from "./resources.ts";

/**
 * The history as FHIR R4 resources: for each request its AuditEvents, and the Consent of its owner's decision; for each revocation, and each
 * patient's part in a study, a Consent. One at a time: memory grows with the revocations alone.
 *
 * @throws CONFIG_INVALID, AUDIT_MISMATCH as `auditEventsOf` does
 */
export function* fhirResources(
  history: Pick<AccessHistory, "entries" | "recordChanges" | "studyParts">,
  filter: HistoryFilter,
  contracts: ContractsOf,
): Generator<FhirResource> {
  // A grant within the time asked for may have been revoked after it.
  const { since: _, until: __, ...whenever } = filter;
  const revocations = new Map<Hex32, ChainPosition>();
  for (const { kind, recordId, at } of history.recordChanges(whenever)) {
    if (kind === "revoked") revocations.set(recordId, at);
  }
  for (const entry of history.entries(filter)) {
    yield* auditEventsOf(entry, contracts);
    const consent = consentOfDecision(entry, revocations, contracts);
    if (consent !== undefined) yield consent;
  }
  for (const change of history.recordChanges(filter)) {
    const consent = consentOfRevocation(change, contracts);
    if (consent !== undefined) yield consent;
  }
  for (const part of history.studyParts(filter)) yield consentOfStudyPart(part, contracts);
}

/** The resources as NDJSON (media type `application/fhir+ndjson`), a line each. */
export function* fhirNdjson(resources: Iterable<FhirResource>): Generator<string> {
  for (const resource of resources) yield `${JSON.stringify(resource)}\n`;
}

/**
 * The resources as a Bundle of type `collection`, in pieces.
 *
 * @param at when it was read, Unix seconds
 */
export function* fhirBundle(resources: Iterable<FhirResource>, at: bigint): Generator<string> {
  yield `{"resourceType":"Bundle","type":"collection","timestamp":"${instantOf(at)}"`;
  let separator = ',"entry":[\n';
  for (const resource of resources) {
    yield `${separator}${JSON.stringify({ fullUrl: `urn:uuid:${resource.id}`, resource })}`;
    separator = ",\n";
  }
  // FHIR has no empty arrays.
  yield separator === ",\n" ? "\n]}\n" : "}\n";
}
