/**
 * A FHIR R4 Consent as the terms of a standing grant, in the elements of IHE's Privacy Consent on FHIR (PCF 1.1): who, for what purpose, until
 * when, and which data. Everything that is in the resource is understood exactly, or the whole is refused: nothing is approximated, and nothing
 * that is unknown is passed over, an extension neither.
 */
import { displayText, type Hex32, MedexError } from "@medexchain/core";
import { z } from "zod";
import { repeatedName } from "./distinct-names.ts";
import { SYSTEMS } from "./identifiers.ts";
import { parseJson } from "./resource.ts";

/** What a Consent here agrees with, and nothing beside: `policy.uri`. */
export const STANDING_POLICY = "urn:medexchain:policy:standing-consent";

/** The longest Consent, in bytes. */
const MAX_LENGTH = 256 * 1024;
/** Entries of each list, as `StandingConsents.MAX_ENTRIES` has it. */
const MAX_ENTRIES = 32;
/** Where a Consent has no end: after every block that a chain can have. The largest number of seconds that the contract holds. */
export const NO_END = 2n ** 64n - 1n;

const HL7 = "http://terminology.hl7.org/CodeSystem";
const ACT_REASON = `${HL7}/v3-ActReason`;
const RESOURCE_TYPES = "http://hl7.org/fhir/resource-types";
const CATEGORIES = new Set(["http://loinc.org|59284-0", `${HL7}/v3-ActCode|IDSCL`, `${HL7}/v3-ActCode|INFA`]);

/** Types whose resources hold others, of any type. */
const CONTAINERS = new Set(["Bundle", "Parameters"]);

/** The data that a consent is for: all that the owner has, except where a list has entries. A resource must be in each list that has any. */
export interface ConsentedData {
  /** Records, by id; all of them where this is empty. */
  readonly records: readonly Hex32[];
  /** `Type/id` of resources in records. */
  readonly resources: readonly string[];
  /** Types of resources. */
  readonly types: readonly string[];
  /** Security labels, `system|code`: a resource has at least one, and none that is not here. */
  readonly labels: readonly string[];
  /** Codes, `system|code`, of which a resource's `code` has one. */
  readonly codes: readonly string[];
}

/** What a Consent permits. Times are Unix seconds. */
export interface ConsentTerms {
  /** Any of whose members may ask. */
  readonly hospitals: readonly Hex32[];
  /** Who may ask by themselves. With `hospitals`, at least one. */
  readonly members: readonly Hex32[];
  /** Codes of HL7 v3 PurposeOfUse. */
  readonly purposes: readonly string[];
  readonly from: bigint;
  /** The first second after it; `NO_END` where there is none. */
  readonly until: bigint;
  readonly data: ConsentedData;
}

/** Who signs, and what is known where it is signed. */
export interface ConsentSubject {
  /** The patient's member id. */
  readonly owner: Hex32;
  /** The patient's hospital. */
  readonly hospital: Hex32;
  /** The purposes that there are. */
  readonly purposes: ReadonlySet<string>;
}

const text = z.string().min(1).max(1024);
/** Of a system or a code: classes of data are told apart by both, with the sign between them. */
const part = text.regex(/^[^|]*$/, { error: "must not have | in it, which stands between a system and a code" });
const coding = z.strictObject({ system: part, code: part, display: text.exactOptional() });
const concept = z.strictObject({ coding: z.array(coding).min(1).max(8), text: text.exactOptional() });
const identifier = z.strictObject({ system: text, value: text });
const reference = z.strictObject({
  reference: text.exactOptional(),
  type: text.exactOptional(),
  identifier: identifier.exactOptional(),
  display: text.exactOptional(),
});
/** With its zone: a date alone begins and ends at another moment in each. */
const instant = z.iso
  .datetime({ offset: true, error: "must be a time with its zone, such as 2027-01-01T00:00:00Z" })
  .regex(/^[^.]*(\.\d{1,3}\D.*)?$/, { error: "must be to the millisecond at most" });
const list = <T extends z.ZodType>(of: T) => z.array(of).min(1).max(MAX_ENTRIES);

const provisionSchema = z.strictObject({
  type: z.literal("permit", {
    error: "must be permit: a standing grant cannot deny; deny the requests, or revoke the record",
  }),
  period: z.strictObject({ start: instant.exactOptional(), end: instant.exactOptional() }).exactOptional(),
  actor: list(z.strictObject({ role: concept, reference })),
  purpose: list(coding),
  data: list(
    z.strictObject({ meaning: z.literal("instance", { error: "must be instance" }), reference }),
  ).exactOptional(),
  class: list(coding).exactOptional(),
  securityLabel: list(coding).exactOptional(),
  code: list(concept).exactOptional(),
});

const consentSchema = z.strictObject({
  resourceType: z.literal("Consent"),
  id: text.exactOptional(),
  meta: z.record(z.string(), z.unknown()).exactOptional(),
  language: text.exactOptional(),
  text: z.record(z.string(), z.unknown()).exactOptional(),
  identifier: z.array(z.record(z.string(), z.unknown())).exactOptional(),
  status: z.literal("active", { error: "must be active" }),
  scope: concept,
  category: z.array(concept).min(1).max(8),
  patient: reference,
  dateTime: text.exactOptional(),
  performer: z.array(reference).min(1).max(8).exactOptional(),
  organization: z.array(reference).min(1).max(8).exactOptional(),
  sourceAttachment: z.record(z.string(), z.unknown()).exactOptional(),
  sourceReference: reference.exactOptional(),
  policy: z.array(z.strictObject({ uri: text })).length(1),
  provision: provisionSchema,
});

/**
 * Reads a Consent as the terms of a standing grant.
 *
 * @param bytes JSON, UTF-8
 * @throws CONSENT_INEXPRESSIBLE with the element that cannot be granted so, and why; RECORD_FORMAT it is no JSON, or no UTF-8
 */
export function parseConsent(bytes: Uint8Array, subject: ConsentSubject): ConsentTerms {
  if (bytes.length > MAX_LENGTH) throw refused("", `has more than ${MAX_LENGTH} bytes`);
  const text = decode(bytes);
  const json = parseJson(text, "the Consent");
  const repeated = repeatedName(text);
  if (repeated !== undefined) {
    throw refused(
      "",
      `has an element twice in one place, or one that no reader keeps (${displayText(repeated, 64)}): another reader could read another Consent`,
    );
  }
  const parsed = consentSchema.safeParse(JSON.parse(JSON.stringify(json)));
  if (!parsed.success) throw whyNot(parsed.error.issues[0]);
  const { scope, category, patient, performer = [], organization = [], policy, provision } = parsed.data;
  requireCodes("scope", scope, new Set([`${HL7}/consentscope|patient-privacy`]));
  for (const [at, each] of category.entries()) requireCodes(`category[${at}]`, each, CATEGORIES);
  requireId("patient", patient, PATIENT, subject.owner, "the patient who signs");
  for (const [at, each] of performer.entries()) {
    requireId(`performer[${at}]`, each, PATIENT, subject.owner, "the patient who signs");
  }
  for (const [at, each] of organization.entries()) {
    requireId(`organization[${at}]`, each, HOSPITAL, subject.hospital, "the hospital of the patient");
  }
  if (policy[0]?.uri !== STANDING_POLICY) {
    throw refused(
      "policy[0].uri",
      `must be ${STANDING_POLICY}: what another policy adds to the Consent is not known here`,
    );
  }
  return termsOf(provision, subject);
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new MedexError("RECORD_FORMAT", "the Consent is not valid UTF-8: save it as UTF-8", { cause });
  }
}

type Provision = z.infer<typeof provisionSchema>;
type Reference = z.infer<typeof reference>;
type Coding = z.infer<typeof coding>;

function termsOf(provision: Provision, { purposes }: ConsentSubject): ConsentTerms {
  const { period, actor, purpose } = provision;
  const [from, until] = secondsOf(period);
  const recipients = actor.map(({ role, reference: who }, at) => {
    requireCodes(`provision.actor[${at}].role`, role, new Set([`${HL7}/v3-ParticipationType|IRCP`]));
    return recipientOf(`provision.actor[${at}].reference`, who);
  });
  const terms: ConsentTerms = {
    hospitals: recipients.filter(({ kind }) => kind === "hospital").map(({ id }) => id),
    members: recipients.filter(({ kind }) => kind === "member").map(({ id }) => id),
    purposes: purpose.map((each, at) => {
      if (each.system !== ACT_REASON || !purposes.has(each.code)) {
        throw refused(`provision.purpose[${at}]`, `must be a code of HL7 v3 PurposeOfUse, system ${ACT_REASON}`);
      }
      return each.code;
    }),
    from,
    until,
    data: dataOf(provision),
  };
  const { resources, types, labels, codes } = terms.data;
  if (resources.length + types.length + labels.length + codes.length > MAX_ENTRIES) {
    throw refused("provision", `names more than ${MAX_ENTRIES} resources, types, labels and codes together`);
  }
  return terms;
}

function dataOf({ data = [], class: classes = [], securityLabel = [], code = [] }: Provision): ConsentedData {
  const records: Hex32[] = [];
  const resources: string[] = [];
  data.forEach(({ reference: what }, at) => {
    const place = `provision.data[${at}].reference`;
    const named = what.reference;
    if (what.identifier?.system === SYSTEMS.record) {
      requireAlone(place, what);
      records.push(idOf(place, what.identifier.value));
    } else if (
      what.identifier === undefined &&
      named !== undefined &&
      /^[A-Z][A-Za-z]{1,63}\/[A-Za-z0-9\-.]{1,64}$/.test(named)
    ) {
      requireType(place, what, [named.split("/")[0] ?? ""]);
      resources.push(named);
    } else
      throw refused(place, `must name a record by an identifier of system ${SYSTEMS.record}, or a resource as Type/id`);
  });
  if (records.length > 0 && resources.length > 0) {
    throw refused("provision.data", "names both records and resources; make two Consents of it");
  }
  return {
    records,
    resources,
    types: classes.map((each, at) => {
      if (each.system !== RESOURCE_TYPES)
        throw refused(`provision.class[${at}]`, `must be of system ${RESOURCE_TYPES}`);
      if (CONTAINERS.has(each.code))
        throw refused(`provision.class[${at}]`, "must not be a container: name the types in it");
      return each.code;
    }),
    labels: securityLabel.map(codeText),
    codes: code.flatMap(({ coding: codings }) => codings.map(codeText)),
  };
}

const codeText = ({ system, code }: Coding): string => `${system}|${code}`;

function requireCodes(place: string, { coding: codings }: z.infer<typeof concept>, known: ReadonlySet<string>): void {
  const other = codings.find((each) => !known.has(codeText(each)));
  if (other !== undefined) {
    throw refused(place, `must be ${[...known].join(" or ")}, and is ${codeText(other)}`);
  }
}

function requireId(place: string, given: Reference, { system, type }: Named, id: Hex32, who: string): void {
  if (given.identifier?.system !== system || given.identifier.value.toLowerCase() !== id) {
    throw refused(place, `must be ${who}, by an identifier of system ${system} and value ${id}`);
  }
  requireAlone(place, given);
  requireType(place, given, type);
}

/** What is named by an identifier, and of which types of resources it can be. */
interface Named {
  readonly system: string;
  readonly type: readonly string[];
}
const PATIENT: Named = { system: SYSTEMS.member, type: ["Patient"] };
const MEMBER: Named = { system: SYSTEMS.member, type: ["Practitioner"] };
const HOSPITAL: Named = { system: SYSTEMS.hospital, type: ["Organization"] };

/** What a server has at a reference beside an identifier may be another: nobody here can look. */
function requireAlone(place: string, { reference: beside }: Reference): void {
  if (beside === undefined) return;
  throw refused(
    `${place}.reference`,
    "stands beside an identifier: whether both name the same cannot be told here; leave it out",
  );
}

function requireType(place: string, { type }: Reference, expected: readonly string[]): void {
  if (type === undefined || expected.includes(type)) return;
  throw refused(`${place}.type`, `must be ${expected.join(" or ")}, which is what is named here`);
}

function recipientOf(place: string, given: Reference): { readonly kind: "hospital" | "member"; readonly id: Hex32 } {
  const kinds = [
    ["hospital", HOSPITAL],
    ["member", MEMBER],
  ] as const;
  const found = kinds.find(([, { system }]) => given.identifier?.system === system);
  if (found === undefined || given.identifier === undefined) {
    throw refused(
      place,
      `must name a hospital or a member by an identifier of system ${SYSTEMS.hospital} or ${SYSTEMS.member}: who else is meant cannot be told from it`,
    );
  }
  const [kind, named] = found;
  requireAlone(place, given);
  requireType(place, given, named.type);
  return { kind, id: idOf(place, given.identifier.value) };
}

function idOf(place: string, value: string): Hex32 {
  const id = value.toLowerCase();
  if (!/^0x[0-9a-f]{64}$/.test(id)) throw refused(place, "must have an id as its value: 0x and 64 hexadecimal digits");
  return id as Hex32; // just matched
}

/**
 * The seconds of a chain's clock that are in a period, which FHIR has with both its ends (R4, 2.24.0.9): from the first, up to but without the
 * second. Without an end, it does not end.
 */
function secondsOf({ start, end }: NonNullable<Provision["period"]> = {}): [from: bigint, until: bigint] {
  const at = (time: string) => Date.parse(time) / 1000;
  const from = start === undefined ? 0 : Math.ceil(at(start));
  if (start !== undefined && at(start) < 0) {
    throw refused(
      "provision.period.start",
      "is before 1970, which no chain's clock can tell; leave it out if it is past",
    );
  }
  const until = end === undefined ? NO_END : BigInt(Math.floor(at(end))) + 1n;
  if (BigInt(from) >= until || until <= 0n)
    throw refused("provision.period", "must end after it starts, and after 1970");
  return [BigInt(from), until];
}

const refused = (place: string, why: string): MedexError =>
  new MedexError("CONSENT_INEXPRESSIBLE", `Consent${place === "" ? "" : `.${place}`} ${why}`);

/** Elements that a Consent can have, and a standing grant cannot. */
const WHY: Readonly<Record<string, string>> = {
  modifierExtension: "changes what the Consent says, in a way that is not known here",
  implicitRules: "changes what the Consent says, in a way that is not known here",
  policyRule: "is not known here; say what it says in the provision",
  verification: "cannot be granted: the patient signs here",
  provision: "cannot be granted: exceptions are not evaluated; make a Consent for each case",
  dataPeriod: "cannot be granted: when data was made is not evaluated",
  action: "cannot be granted: access is all that there is",
};

function whyNot(issue: z.core.$ZodIssue | undefined): MedexError {
  const path = (issue?.path ?? [])
    .map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`))
    .join("")
    .slice(1);
  if (issue?.code !== "unrecognized_keys") {
    const said = issue?.message ?? "cannot be read";
    if (/received undefined$/.test(said)) return refused(path, "is missing, and must be there");
    return refused(path, issue?.code === "invalid_type" ? "has another form than in R4" : said);
  }
  const [key = ""] = issue.keys;
  const place = path === "" ? key : `${path}.${key}`;
  return refused(place, WHY[key] ?? "is not understood here, and a Consent is not taken in part: leave it out");
}
