/** FHIR files of the corpus, with what the policy `identifiers` must find in them marked. */

import { bundles } from "./bundles.ts";
import type { FhirFile } from "./fhir-file.ts";
import { singleResources } from "./single-resources.ts";
import { syntheaLike } from "./synthea-like.ts";
import { usCoreLike } from "./us-core-like.ts";

/** All FHIR files for the policy `identifiers`. */
export function fhirFiles(): FhirFile[] {
  const synthea = [11, 12, 13, 14].map((seed, i) => ({
    name: `synthea-like-${seed}`,
    record: syntheaLike(seed),
    ...(i > 0 && { indent: 4 }),
  }));
  return [...synthea, ...usCoreLike(), ...bundles(), ...singleResources()];
}
