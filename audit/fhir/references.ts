import { type Deployment, type Hex32, purposeText } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { SYSTEMS } from "@medexchain/fhir";
import type { AccessHistoryEntry, ChainPosition } from "../access-history.ts";
import { purposeCoding } from "./codes.ts";
import type { CodeableConcept, Reference } from "./resources.ts";

/** The contracts of each chain by its id: the "servers" between which records move. */
export type ContractsOf = ReadonlyMap<
  bigint,
  Pick<Deployment, "grants" | "requests" | "records"> & { readonly studies?: string }
>;

const reference = (type: string, system: string, value: string): Reference => ({ type, identifier: { system, value } });

export const patientReference = (owner: Hex32) => reference("Patient", SYSTEMS.member, owner);
export const requesterReference = (requester: Hex32) => reference("Practitioner", SYSTEMS.member, requester);
export const recordReference = (recordId: Hex32) => reference("DocumentReference", SYSTEMS.record, recordId);
/** By the id of the request that was decided, of the record that was revoked, or of a standing consent. */
export const consentReference = (id: Hex32) => reference("Consent", SYSTEMS.consent, id);
export const consentIdentifier = (id: Hex32) => ({ system: SYSTEMS.consent, value: id });
export const studyReference = (studyId: Hex32) => reference("ResearchStudy", SYSTEMS.study, studyId);
export const studyIdentifier = (id: Hex32) => ({ system: SYSTEMS.study, value: id });
export const requestIdentifier = (id: Hex32) => ({ system: SYSTEMS.request, value: id });

export function hospitalReference(hospital: Hex32 | undefined): Reference {
  return hospital === undefined
    ? { type: "Organization", display: "no certificate names it" }
    : reference("Organization", SYSTEMS.hospital, hospital);
}

/** A transaction, with its chain in the system: hashes of two chains may collide on purpose. */
export const transactionReference = ({ chainId, transactionHash }: ChainPosition): Reference => ({
  identifier: { system: `urn:medexchain:transaction:${chainId}`, value: transactionHash },
});

/**
 * The URI of a contract, in the form of ERC-681.
 *
 * @throws CONFIG_INVALID when the chain is not configured
 */
export function contractUri(
  contracts: ContractsOf,
  chainId: bigint,
  contract: "grants" | "requests" | "records" | "studies",
): string {
  const address = contracts.get(chainId)?.[contract];
  if (address === undefined) {
    const what = contract === "studies" ? "no registry of studies on a chain" : "no chain";
    throw new MedexError("CONFIG_INVALID", `the configuration has ${what} with id ${chainId}; add it`);
  }
  return `ethereum:${address}@${chainId}`;
}

/** A contract as a device. */
export const deviceReference = (uri: string): Reference => reference("Device", "urn:ietf:rfc:3986", uri);

export function purposeConcept({ purpose }: Pick<AccessHistoryEntry, "purpose">): CodeableConcept {
  const text = purposeText(purpose);
  const coding = purposeCoding(text);
  return coding === undefined ? { text: text === "" ? "not given" : text } : { coding: [coding] };
}
