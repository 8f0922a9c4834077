/**
 * The part of the FHIR type model that features need: which resource types exist, and what type an element has. The tables
 * are HL7's, as published with the FHIRPath engine, for R4, R5, STU3 and DSTU2. They are asked in that order, so that a record
 * is read as R4 where R4 knows it, and an element of another release has the type that this release gives it.
 */

import type { Model } from "fhirpath";
import dstu2 from "fhirpath/fhir-context/dstu2";
import r4 from "fhirpath/fhir-context/r4";
import r5 from "fhirpath/fhir-context/r5";
import stu3 from "fhirpath/fhir-context/stu3";

/** Releases of FHIR that are told apart. R4B has no tables of its own: it is R4 but for the resource types below. */
export const FHIR_RELEASES = ["R4", "R4B", "R5", "STU3", "DSTU2"] as const;
export type FhirRelease = (typeof FHIR_RELEASES)[number];

const MODELS: readonly Model[] = [r4, r5, stu3, dstu2];
const MODEL_OF: Readonly<Record<FhirRelease, Model>> = { R4: r4, R4B: r4, R5: r5, STU3: stu3, DSTU2: dstu2 };

/** Resource types that R4B has and R4 has not (the release's list of changes). R5 kept most of them. */
const R4B_RESOURCES = new Set([
  ...["AdministrableProductDefinition", "Citation", "ClinicalUseDefinition", "EvidenceReport", "Ingredient"],
  ...["ManufacturedItemDefinition", "MedicinalProductDefinition", "NutritionProduct", "PackagedProductDefinition"],
  ...["RegulatedAuthorization", "SubscriptionStatus", "SubscriptionTopic", "SubstanceDefinition"],
]);

/** The type of a position that holds any resource (`Bundle.entry.resource`, `contained`, …). */
export const ANY_RESOURCE = "Resource";

const ABSTRACT_TYPES = new Set(["Resource", "DomainResource"]);
/** Types whose content is defined at the path that uses them. */
const INLINE_TYPES = new Set(["BackboneElement", "Element"]);

/** The model to hand to the FHIRPath engine. */
export function fhirModel(release: FhirRelease): Model {
  return MODEL_OF[release];
}

function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  // Own properties only: a record may say "constructor".
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

const MAX_ANSWERS = 10_000;

/** Answers to `parentOf`: types of the tables, and of a record in hand. */
const parents = new Map<string, string | undefined>();

function parentOf(type: string): string | undefined {
  if (parents.has(type)) return parents.get(type);
  const parent = findParent(type);
  if (parents.size >= MAX_ANSWERS) parents.clear();
  parents.set(type, parent);
  return parent;
}

function findParent(type: string): string | undefined {
  for (const model of MODELS) {
    const parent = own(model.type2Parent, type);
    if (parent !== undefined) return parent;
  }
  return undefined;
}

/** Whether a type is another, or derived from it, in any release. */
export function isA(type: string | undefined, ancestor: string): boolean {
  for (let t = type; t !== undefined; t = parentOf(t)) if (t === ancestor) return true;
  return false;
}

/** Whether the release has a resource type of this name that can occur in a record. */
export function isResourceTypeOf(release: FhirRelease, name: string): boolean {
  if (ABSTRACT_TYPES.has(name)) return false;
  if (release === "R4B" && R4B_RESOURCES.has(name)) return true;
  const { type2Parent } = MODEL_OF[release];
  for (let t = own(type2Parent, name); t !== undefined; t = own(type2Parent, t)) if (t === ANY_RESOURCE) return true;
  return false;
}

/** Whether any release has a resource type of this name. */
export function isResourceType(name: string): boolean {
  return FHIR_RELEASES.some((release) => isResourceTypeOf(release, name));
}

/** Whether the type is Quantity or one of its profiles (Age, Duration, SimpleQuantity, …). */
export function isQuantity(type: string | undefined): boolean {
  return isA(type, "Quantity");
}

/** Whether some release has a type of this name, resources among them. */
export function isTypeName(name: string): boolean {
  return MODELS.some(({ type2Parent }) => Object.hasOwn(type2Parent, name));
}

function lookUp(model: Model, parentType: string, key: string): string | undefined {
  const path = `${parentType}.${key}`;
  const elsewhere = own(model.pathsDefinedElsewhere, path);
  if (elsewhere !== undefined) return elsewhere;
  const type = own(model.path2Type, path);
  if (type !== undefined) return INLINE_TYPES.has(type) ? path : type.replace(/^System\./, "");
  for (const { index } of key.matchAll(/[A-Z]/g)) {
    const suffix = key.slice(index);
    if (own(model.choiceTypePaths, `${parentType}.${key.slice(0, index)}`)?.includes(suffix)) return suffix;
  }
  return undefined;
}

function firstKnown(parentType: string, key: string): string | undefined {
  for (const model of MODELS) {
    const found = lookUp(model, parentType, key);
    if (found !== undefined) return found;
  }
  const parent = parentOf(parentType);
  return parent === undefined ? undefined : firstKnown(parent, key);
}

/** The tables are large and the questions few: answers are kept. Its keys are of the tables, or of a record in hand. */
const answers = new Map<string, string | undefined>();

/**
 * The type of an element: a type name (`Quantity`), or the path that defines it (`Observation.component`).
 * @param parentType the type of the object it is in, from this function or a resource's type
 * @param key the JSON member name (`valueQuantity`)
 * @returns undefined where no release knows the element
 */
export function elementType(parentType: string | undefined, key: string): string | undefined {
  if (parentType === undefined) return undefined;
  const question = `${parentType}.${key}`;
  const known = answers.get(question);
  if (known !== undefined || answers.has(question)) return known;
  const answer = firstKnown(parentType, key);
  if (answers.size >= MAX_ANSWERS) answers.clear();
  answers.set(question, answer);
  return answer;
}

/** Whether some release defines the element as a choice of types: its member's name is the element's and a type's. */
export function isChoice(parentType: string, name: string): boolean {
  if (MODELS.some(({ choiceTypePaths }) => Object.hasOwn(choiceTypePaths, `${parentType}.${name}`))) return true;
  const parent = parentOf(parentType);
  return parent !== undefined && isChoice(parent, name);
}

/** The FHIRPath name of a choice's member: `value` of `valueQuantity`; undefined where it is no choice. */
export function choiceName(parentType: string, key: string): string | undefined {
  for (const { index } of key.matchAll(/[A-Z]/g)) {
    if (isChoice(parentType, key.slice(0, index))) return key.slice(0, index);
  }
  return undefined;
}
