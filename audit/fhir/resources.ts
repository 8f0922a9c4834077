/** What of FHIR R4 (4.0.1) an export uses: the elements that it fills, with their names and shapes there. */

export interface Coding {
  readonly system: string;
  readonly code: string;
  readonly display?: string;
}

export interface CodeableConcept {
  readonly coding?: readonly Coding[];
  readonly text?: string;
}

export interface Identifier {
  readonly system: string;
  readonly value: string;
}

/** A logical reference: by identifier, for no server holds these resources; or a remark where there is none. */
export interface Reference {
  readonly type?: string;
  readonly identifier?: Identifier;
  readonly display?: string;
}

export interface Meta {
  readonly profile: readonly string[];
}

export interface AuditEventAgent {
  readonly type: CodeableConcept;
  readonly who: Reference;
  readonly requestor: boolean;
  readonly network?: { readonly address: string; readonly type: "5" };
  readonly purposeOfUse?: readonly CodeableConcept[];
}

export interface AuditEventEntity {
  readonly what: Reference;
  readonly type: Coding;
  readonly role?: Coding;
  readonly detail?: readonly { readonly type: string; readonly valueString: string }[];
}

export interface AuditEvent {
  readonly resourceType: "AuditEvent";
  readonly id: string;
  readonly meta?: Meta;
  readonly type: Coding;
  readonly subtype?: readonly Coding[];
  readonly action: "C" | "R" | "E";
  readonly recorded: string;
  /** 0 success, 4 minor failure, 8 serious failure. */
  readonly outcome: "0" | "4" | "8";
  readonly outcomeDesc?: string;
  readonly purposeOfEvent?: readonly CodeableConcept[];
  readonly agent: readonly AuditEventAgent[];
  readonly source: { readonly site?: string; readonly observer: Reference; readonly type: readonly Coding[] };
  readonly entity: readonly AuditEventEntity[];
}

export interface Consent {
  readonly resourceType: "Consent";
  readonly id: string;
  readonly meta?: Meta;
  readonly identifier: readonly Identifier[];
  readonly status: "active" | "inactive" | "rejected";
  readonly scope: CodeableConcept;
  readonly category: readonly CodeableConcept[];
  readonly patient: Reference;
  readonly dateTime: string;
  readonly performer: readonly Reference[];
  readonly organization: readonly Reference[];
  /** What the patient signed: the transaction, or the standing consent. */
  readonly sourceReference: Reference;
  readonly policy: readonly { readonly uri: string }[];
  readonly provision: {
    readonly type: "permit" | "deny";
    readonly period?: { readonly start: string; readonly end?: string };
    readonly actor?: readonly { readonly role: CodeableConcept; readonly reference: Reference }[];
    readonly purpose?: readonly Coding[];
    readonly data: readonly { readonly meaning: "instance"; readonly reference: Reference }[];
  };
}

export type FhirResource = AuditEvent | Consent;
