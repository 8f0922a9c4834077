/**
 * Which release of FHIR a resource is of. A resource does not say so, but for profiles and a few statements; so it is told by
 * what it contains: a resource type, or elements, that only one release has.
 */

import { isJsonObject, type JsonObject } from "./element-tree.ts";
import { FHIR_RELEASES, type FhirRelease, fhirModel, isResourceTypeOf } from "./fhir-model.ts";

/** Version numbers in URLs of profiles, as `http://hl7.org/fhir/5.0/StructureDefinition/Patient`, and in `fhirVersion`. */
const RELEASE_OF_NUMBER: Readonly<Record<string, FhirRelease>> = {
  "1.0": "DSTU2",
  "3.0": "STU3",
  "4.0": "R4",
  "4.3": "R4B",
  "5.0": "R5",
};

/** Resources that are looked at: those of a record are of one release, and a record may hold a hundred thousand. */
const MAX_RESOURCES = 2000;

function stated(resource: JsonObject): FhirRelease | undefined {
  const { meta, fhirVersion } = resource;
  const profiles = isJsonObject(meta) && Array.isArray(meta.profile) ? meta.profile : [];
  for (const profile of profiles) {
    const [, number = ""] = /^https?:\/\/hl7\.org\/fhir\/(\d\.\d)\//.exec(String(profile)) ?? [];
    const [, version = ""] =
      /^https?:\/\/hl7\.org\/fhir\/StructureDefinition\/[^|]*\|(\d\.\d)/.exec(String(profile)) ?? [];
    const release = RELEASE_OF_NUMBER[number] ?? RELEASE_OF_NUMBER[version];
    if (release !== undefined) return release;
  }
  return typeof fhirVersion === "string" ? RELEASE_OF_NUMBER[fhirVersion.slice(0, 3)] : undefined;
}

function* resourcesOf(value: unknown): Generator<JsonObject> {
  if (!isJsonObject(value)) return;
  yield value;
  for (const inner of [value.contained, value.entry]) {
    if (!Array.isArray(inner)) continue;
    for (const item of inner) yield* resourcesOf(inner === value.entry && isJsonObject(item) ? item.resource : item);
  }
}

/** How many of a resource's own members the release knows. */
function knownMembers(resource: JsonObject, release: FhirRelease): number {
  const { resourceType } = resource;
  if (typeof resourceType !== "string" || !isResourceTypeOf(release, resourceType)) return 0;
  const { path2Type, choiceTypePaths, pathsDefinedElsewhere } = fhirModel(release);
  const isKnown = (key: string): boolean => {
    const path = `${resourceType}.${key}`;
    if (Object.hasOwn(path2Type, path) || Object.hasOwn(pathsDefinedElsewhere, path)) return true;
    return [...key.matchAll(/[A-Z]/g)].some(({ index }) => {
      const types = choiceTypePaths[`${resourceType}.${key.slice(0, index)}`];
      return types?.includes(key.slice(index)) === true;
    });
  };
  return 1 + Object.keys(resource).filter((key) => isKnown(key.replace(/^_/, ""))).length;
}

/**
 * The release of a resource, a Bundle's by what is in it. What fits several is taken for R4.
 * @param resource parsed JSON
 */
export function releaseOf(resource: unknown): FhirRelease {
  const totals = new Map<FhirRelease, number>();
  let seen = 0;
  for (const inner of resourcesOf(resource)) {
    const release = stated(inner);
    if (release !== undefined) return release;
    // The release is one for all: only what R4 does not know wholly tells.
    for (const candidate of FHIR_RELEASES) {
      totals.set(candidate, (totals.get(candidate) ?? 0) + knownMembers(inner, candidate));
    }
    if (++seen >= MAX_RESOURCES) break;
  }
  let best: FhirRelease = "R4";
  for (const [release, total] of totals) if (total > (totals.get(best) ?? 0)) best = release;
  return best;
}
