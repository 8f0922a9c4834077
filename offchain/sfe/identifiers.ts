/**
 * The policies `identifiers` and `research`: what in a FHIR record says who somebody is. The rule: whatever points at a person,
 * names one, or cannot be resolved is private. What is left public is the short list; docs/records.md has it beside the list of
 * the HIPAA Privacy Rule's safe harbour (45 CFR 164.514(b)(2)).
 */

import type { FeaturePath } from "./ehr-document.ts";
import { isJsonObject, type JsonObject } from "./element-tree.ts";
import { ANY_RESOURCE, elementType, isA, isResourceType } from "./fhir-model.ts";
import { findTargets, isPerson, type Targets } from "./persons.ts";

/** What of a person stays public; of its other elements, known or not, nothing does. */
const PUBLIC_OF_PERSON = new Set([
  "resourceType",
  "meta",
  "language",
  "active",
  "gender",
  "maritalStatus",
  "communication",
]);
const PUBLIC_OF_META = new Set(["versionId", "lastUpdated", "profile", "tag", "security"]);

/** Types that name, number, place or picture somebody, wherever they stand. Attachments and narratives cannot be looked into. */
const PRIVATE_TYPES = [
  ...["HumanName", "Address", "ContactPoint", "ContactDetail", "ExtendedContactDetail", "Contributor", "Identifier"],
  ...["Attachment", "Signature", "Narrative", "VirtualServiceDetail"],
];

/** Types of values that an extension may have in public: they say how something is, not who somebody is. */
const PUBLIC_EXTENSION_TYPES = new Set([
  ...["boolean", "integer", "integer64", "positiveInt", "unsignedInt", "decimal", "code", "Coding", "CodeableConcept"],
  ...[
    "Quantity",
    "Age",
    "Count",
    "Distance",
    "Duration",
    "Money",
    "Range",
    "Ratio",
    "date",
    "dateTime",
    "instant",
    "Period",
  ],
]);

/** Elements that name or number somebody by a plain text, or something that belongs to one person. */
const PRIVATE_ELEMENTS = new Set([
  ...[
    "Account.name",
    "AuditEvent.agent.name",
    "AuditEvent.agent.altId",
    "AuditEvent.agent.network",
    "AuditEvent.participant",
  ],
  ...["AuditEvent.entity.name", "AuditEvent.entity.query", "AuditEvent.agent.userId", "Annotation.authorString"],
  ...["Coverage.subscriberId", "Coverage.dependent", "Coverage.policyHolder"],
  ...["Claim.insurance.preAuthRef", "ClaimResponse.preAuthRef", "ClaimResponse.insurance.preAuthRef"],
  ...["ExplanationOfBenefit.preAuthRef", "ExplanationOfBenefit.insurance.preAuthRef", "Media.deviceName"],
  ...[
    "Device.serialNumber",
    "Device.lotNumber",
    "Device.distinctIdentifier",
    "Device.udi",
    "Device.udiCarrier",
    "Device.deviceName",
  ],
  ...["Device.name", "Device.url", "Device.displayName"],
  ...[
    "FamilyMemberHistory.name",
    "FamilyMemberHistory.bornPeriod",
    "FamilyMemberHistory.bornDate",
    "FamilyMemberHistory.bornString",
  ],
  ...["FamilyMemberHistory.deceasedDate", "FamilyMemberHistory.deceasedString", "Group.name", "ImagingStudy.uid"],
  ...[
    "ImagingStudy.series.uid",
    "ImagingStudy.series.instance.uid",
    "Location.name",
    "Location.alias",
    "Location.description",
  ],
  ...["Location.position", "MessageHeader.source", "MessageHeader.destination"],
]);

/** Members of a Bundle's entry that say where a resource is kept, and by what it is found. */
const BUNDLE_TRANSPORT = new Set(["Bundle.entry.request", "Bundle.entry.response", "Bundle.link", "Bundle.entry.link"]);
const PUBLIC_OF_TRANSPORT = new Set(["method", "status", "relation", "outcome", "lastModified"]);

/** Search parameters by which somebody is found, with or without a modifier: `?subject:identifier=…`. */
const PERSON_QUERY =
  /[?&](_id|identifier|patient|subject|beneficiary|individual|related-person|practitioner|name|family|given|phonetic|birthdate|email|phone|telecom|address[a-z-]*)([:.][\w:.-]+)?=/i;

/** Members by which a URL says whose something is, in whatever object: an element that no release knows may have them. */
const POINTERS = new Set(["fullUrl", "ifNoneExist", "subscriberId"]);

export interface IdentifierRules {
  /** Also dates, ids, free text and ages above 89: what safe harbour asks for beyond `identifiers`. */
  readonly isStrict: boolean;
}

/** Types of texts that anything may be written in. */
const FREE_TEXT = new Set(["string", "markdown", "xhtml", "base64Binary", "String", "uri", "url", "uuid", "oid", "id"]);
const DATES = new Set(["date", "dateTime", "instant", "time", "Date", "DateTime", "Time"]);
/** Of free text types, members whose text is a term of a code system, or says which one it is. */
const TERMS = new Set([
  "Coding.system",
  "Coding.version",
  "Coding.display",
  "Quantity.unit",
  "Quantity.system",
  "Extension.url",
]);
const MAX_PUBLIC_AGE = 89;

function isReference(type: string | undefined, value: JsonObject): boolean {
  if (isA(type, "Reference")) return true;
  // Elements that no release knows are told by their form.
  return typeof value.reference === "string";
}

function isNarrative(value: JsonObject): boolean {
  return typeof value.div === "string";
}

function isTerm(holder: string | undefined, key: string): boolean {
  if (key === "resourceType") return true;
  return (
    TERMS.has(`${isA(holder, "Quantity") ? "Quantity" : holder}.${key}`) || (holder === "Meta" && key === "profile")
  );
}

const VITAL_SIGNS = "vital-signs";
/** LOINC codes of FHIR's vital signs profile (R4, "Observation-vitalsigns"). */
const VITAL_CODES = new Set([
  ...[
    "85353-1",
    "9279-1",
    "8867-4",
    "2708-6",
    "59408-5",
    "8310-5",
    "8302-2",
    "9843-4",
    "29463-7",
    "39156-5",
    "85354-9",
  ],
  ...["8480-6", "8462-4", "8478-0"],
]);
/** What of a vital sign stays public. */
const PUBLIC_OF_VITAL = new Set(["resourceType", "status", "category", "code", "valueQuantity", "component"]);
const PUBLIC_OF_COMPONENT = new Set(["code", "valueQuantity"]);

/** What a walk knows of the place where it is. */
interface Place {
  readonly path: FeaturePath;
  readonly type: string | undefined;
  readonly key: string;
  /** Type of the object round it. */
  readonly holder: string | undefined;
}

function walker(targets: Targets, { isStrict }: IdentifierRules, paths: FeaturePath[]) {
  function isPrivateScalar(value: unknown, { type, key, holder }: Place): boolean {
    if (typeof value === "string") {
      if (targets.pointsAtPerson(value) || POINTERS.has(key) || key === "div") {
        return !(key === "fullUrl" && !isStrict && targets.isHarmless(value)) && !isBareType(value, key);
      }
      if (/^urn:uuid:/i.test(value) && !targets.isHarmless(value)) return true;
      if (PERSON_QUERY.test(value)) return true;
    }
    if (!isStrict) return false;
    if (type !== undefined && DATES.has(type)) return true;
    if (typeof value === "string" && (type === undefined || FREE_TEXT.has(type))) return !isTerm(holder, key);
    return typeof value === "number" && holder === "Age" && key === "value" && value > MAX_PUBLIC_AGE;
  }

  function visitReference(value: JsonObject, path: FeaturePath): void {
    // A display names whom or what the reference is to; only the address of a resource in the record can be judged.
    for (const [name, child] of Object.entries(value)) {
      const isKept = name === "type" || (name === "reference" && !isStrict && targets.isHarmless(String(child)));
      if (!isKept || isPerson(value.type)) paths.push([...path, name]);
    }
  }

  function isPrivateElement(own: string | undefined, name: string, value: JsonObject): boolean {
    const element = `${own}.${name}`;
    if (PRIVATE_ELEMENTS.has(element)) return true;
    if (isPerson(own)) return !PUBLIC_OF_PERSON.has(name);
    if (own === "Meta") return !PUBLIC_OF_META.has(name);
    if (BUNDLE_TRANSPORT.has(String(own))) return !PUBLIC_OF_TRANSPORT.has(name) && !isBareType(value[name], name);
    const isResource = typeof value.resourceType === "string";
    if (name === "text" && isResource && typeof value[name] === "object") return true;
    if (isStrict && isResource && (name === "id" || name === "implicitRules")) return true;
    if (own === "Parameters.parameter" && name.startsWith("value")) {
      return !PUBLIC_EXTENSION_TYPES.has(elementType(own, name) ?? "");
    }
    return false;
  }

  function visitObject(value: JsonObject, place: Place): void {
    const { path } = place;
    const isResource =
      typeof value.resourceType === "string" &&
      (path.length === 0 || place.type === ANY_RESOURCE || isResourceType(value.resourceType));
    const own = isResource ? String(value.resourceType) : place.type;
    if (!isResource && (PRIVATE_TYPES.some((type) => isA(own, type)) || isNarrative(value))) {
      paths.push(path);
      return;
    }
    if (!isResource && isReference(own, value)) {
      visitReference(value, path);
      return;
    }
    for (const [member, child] of Object.entries(value)) {
      const name = member.startsWith("_") ? member.slice(1) : member;
      const at = [...path, member];
      const type = elementType(own, name);
      if (isPrivateElement(own, name, value) || (isPerson(resourceTypeOf(value.resource)) && name === "fullUrl"))
        paths.push(at);
      else if (own === "Extension" && name.startsWith("value") && !PUBLIC_EXTENSION_TYPES.has(type ?? "")) {
        // A reference to a resource of the record that is no person may stay.
        if (type === "Reference" && isJsonObject(child)) visitReference(child, at);
        else paths.push(at);
      } else if (type === undefined && name !== "resourceType") paths.push(at);
      else if (member !== name) visit(child, { path: at, type: "Element", key: name, holder: own });
      else visit(child, { path: at, type, key: name, holder: own });
    }
  }

  function visit(value: unknown, place: Place): void {
    if (Array.isArray(value)) {
      for (const [i, item] of value.entries()) visit(item, { ...place, path: [...place.path, i] });
    } else if (isJsonObject(value)) visitObject(value, place);
    else if (isPrivateScalar(value, place)) paths.push(place.path);
  }
  return visit;
}

export function resourceTypeOf(value: unknown): unknown {
  return isJsonObject(value) ? value.resourceType : undefined;
}

/** A request's URL may be a resource type alone: that tells nobody's address. */
function isBareType(value: unknown, key: string): boolean {
  return key === "url" && typeof value === "string" && isResourceType(value);
}

/**
 * Paths of the elements that identify somebody. Free text elsewhere (notes, comments, answers) is looked into only for what
 * points at a person, unless the rules are strict.
 *
 * @param record a resource, as parsed JSON
 */
export function identifierPaths(record: unknown, rules: IdentifierRules = { isStrict: false }): FeaturePath[] {
  const paths: FeaturePath[] = [];
  walker(findTargets(record), rules, paths)(record, { path: [], type: undefined, key: "", holder: undefined });
  return paths;
}

function codingsOf(concept: unknown): JsonObject[] {
  return isJsonObject(concept) && Array.isArray(concept.coding) ? concept.coding.filter(isJsonObject) : [];
}

function isVitalSign({ resourceType, category, code }: JsonObject): boolean {
  if (resourceType !== "Observation") return false;
  const categories: readonly unknown[] = Array.isArray(category) ? category : [category];
  return (
    categories.some((concept) => codingsOf(concept).some((coding) => coding.code === VITAL_SIGNS)) ||
    codingsOf(code).some((coding) => coding.system === "http://loinc.org" && VITAL_CODES.has(String(coding.code)))
  );
}

/**
 * Paths of everything but vital signs: of an Observation that is one, its status, category, code and measured quantities stay
 * public, by the strict rules; nothing else of the record does.
 *
 * @param record a resource, as parsed JSON
 */
export function allButVitalsPaths(record: unknown): FeaturePath[] {
  const paths: FeaturePath[] = [];
  const strict = walker(findTargets(record), { isStrict: true }, paths);

  function visit(value: unknown, path: FeaturePath): void {
    if (Array.isArray(value)) {
      for (const [i, item] of value.entries()) visit(item, [...path, i]);
    } else if (!isJsonObject(value)) paths.push(path);
    else if (isVitalSign(value)) visitVital(value, path);
    else for (const [key, child] of Object.entries(value)) if (key !== "resourceType") visit(child, [...path, key]);
  }

  function visitVital(vital: JsonObject, path: FeaturePath): void {
    strict(vital, { path, type: ANY_RESOURCE, key: "", holder: undefined });
    for (const [key, child] of Object.entries(vital)) {
      if (!PUBLIC_OF_VITAL.has(key)) paths.push([...path, key]);
      if (key !== "component" || !Array.isArray(child)) continue;
      for (const [i, component] of child.entries()) {
        for (const name of isJsonObject(component) ? Object.keys(component) : []) {
          if (!PUBLIC_OF_COMPONENT.has(name)) paths.push([...path, key, i, name]);
        }
      }
    }
  }

  visit(record, []);
  return paths;
}
