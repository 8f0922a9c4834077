/** D_head and fragments back to the record's exact bytes. */

import { equalBytes } from "@noble/curves/utils.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { MedexError } from "../errors.ts";
import { commitFeature, SALT_LENGTH } from "./commitment.ts";
import type { Fragment, FragmentFeature, Head, HeadFeature } from "./ehr-document.ts";
import { isJsonScalar } from "./json-source.ts";

/** Names listed in one error message. */
const NAMES_SHOWN = 10;

function checkFeature(known: HeadFeature, feature: FragmentFeature): void {
  const refuse = (why: string): MedexError =>
    new MedexError("FRAGMENT_INVALID", `${known.name}: ${why}; ask its sender for the fragment again`);
  if (!isJsonScalar(feature.text)) throw refuse("the value is not one JSON scalar");
  if (known.commitment === undefined) {
    if (feature.salt !== undefined) throw refuse("a public feature carries a salt");
  } else if (
    feature.salt?.length !== SALT_LENGTH ||
    !equalBytes(commitFeature(feature.salt, known.name, feature.text), known.commitment)
  ) {
    throw refuse("the value is not the one that the owner committed to");
  }
}

/**
 * Puts a record together.
 *
 * @param fragments any number; each feature once in all
 * @param options.missing what to do about features in no fragment: `"error"` (the default), or `"null"` to write the JSON
 *   `null` in their places: the result then is not the record but what one may see of it
 * @returns the bytes that `parseFhir` read, exactly, if no feature is missing
 * @throws FEATURE_MISSING names the features
 * @throws FRAGMENT_INVALID a feature of another record, twice, or not what D_head commits to
 */
export function assemble(
  head: Head,
  fragments: readonly Fragment[],
  options: { missing?: "error" | "null" } = {},
): Uint8Array {
  const texts: (string | undefined)[] = new Array(head.features.length).fill(undefined);
  for (const feature of fragments.flatMap((fragment) => fragment.features)) {
    const known = head.features[feature.index];
    if (known === undefined) {
      throw new MedexError(
        "FRAGMENT_INVALID",
        `feature ${feature.index} is not in this record: fragment and head differ`,
      );
    }
    if (texts[feature.index] !== undefined) {
      throw new MedexError("FRAGMENT_INVALID", `${known.name} is given twice: pass each feature in one fragment only`);
    }
    checkFeature(known, feature);
    texts[feature.index] = feature.text;
  }
  const missing = head.features.filter((_, index) => texts[index] === undefined).map(({ name }) => name);
  if (missing.length > 0 && options.missing !== "null") {
    const shown = missing.slice(0, NAMES_SHOWN).join(", ");
    const more = missing.length > NAMES_SHOWN ? ` and ${missing.length - NAMES_SHOWN} more` : "";
    throw new MedexError(
      "FEATURE_MISSING",
      `no value for ${shown}${more}: add their fragment, or ask for null instead`,
    );
  }
  const parts = head.template.map((piece, i) => (i < texts.length ? piece + (texts[i] ?? "null") : piece));
  return utf8ToBytes(parts.join(""));
}
