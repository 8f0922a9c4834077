/**
 * The part of the FHIR R4 type model that features need: which resource types exist, and what type an element has. The
 * tables are HL7's, as published with the FHIRPath engine.
 */

import r4 from "fhirpath/fhir-context/r4";

/** The model to hand to the FHIRPath engine. */
export const FHIR_R4 = r4;

/** The type of a position that holds any resource (`Bundle.entry.resource`, `contained`, …). */
export const ANY_RESOURCE = "Resource";

const ABSTRACT_TYPES = new Set(["Resource", "DomainResource"]);
/** Types whose content is defined at the path that uses them. */
const INLINE_TYPES = new Set(["BackboneElement", "Element"]);

function isA(type: string | undefined, ancestor: string): boolean {
  // Own properties only: a record may say "constructor".
  for (let t = type; t !== undefined; t = Object.hasOwn(r4.type2Parent, t) ? r4.type2Parent[t] : undefined) {
    if (t === ancestor) return true;
  }
  return false;
}

/** Whether the name is a resource type of FHIR R4 that can occur in a record. */
export function isResourceType(name: string): boolean {
  return Object.hasOwn(r4.type2Parent, name) && isA(name, ANY_RESOURCE) && !ABSTRACT_TYPES.has(name);
}

/** Whether the type is Quantity or one of its profiles (Age, Duration, SimpleQuantity, …). */
export function isQuantity(type: string | undefined): boolean {
  return isA(type, "Quantity");
}

function own<T>(table: Record<string, T>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

function choiceType(parentType: string, key: string): string | undefined {
  for (const { index } of key.matchAll(/[A-Z]/g)) {
    const suffix = key.slice(index);
    if (own(r4.choiceTypePaths, `${parentType}.${key.slice(0, index)}`)?.includes(suffix)) return suffix;
  }
  return undefined;
}

/**
 * The type of an element: a type name (`Quantity`), or the path that defines it (`Observation.component`).
 * @param parentType the type of the object it is in, from this function or a resource's type
 * @param key the JSON member name (`valueQuantity`)
 * @returns undefined where the model does not know the element
 */
export function elementType(parentType: string | undefined, key: string): string | undefined {
  if (parentType === undefined) return undefined;
  const path = `${parentType}.${key}`;
  const elsewhere = own(r4.pathsDefinedElsewhere, path);
  if (elsewhere !== undefined) return elsewhere;
  const type = own(r4.path2Type, path);
  if (type !== undefined) return INLINE_TYPES.has(type) ? path : type;
  return choiceType(parentType, key) ?? elementType(own(r4.type2Parent, parentType), key);
}
