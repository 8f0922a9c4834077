/** Splitting a document into D_head, a public and a private fragment (Algorithm 1 of the SFE paper, lines before BFV). */

import { MedexError } from "@medexchain/core";
import { randomBytes } from "@noble/hashes/utils.js";
import { commitFeature, SALT_LENGTH } from "./commitment.ts";
import type { EhrDocument, Feature, Fragment, FragmentFeature, Head, HeadFeature, Measure } from "./ehr-document.ts";
import { headFeature } from "./head-feature.ts";
import { SLOT_LIMIT, slotFault } from "./slot-numbers.ts";

export interface SplitDocument {
  /** D_head, with a commitment to each private feature. */
  readonly head: Head;
  /** `PUF`: what the policy does not name. */
  readonly publicFragment: Fragment;
  /** `PRF`: what it names; each feature with its salt. */
  readonly privateFragment: Fragment;
}

function checkIndices(indices: Iterable<number>, count: number): void {
  for (const index of indices) {
    if (!Number.isInteger(index) || index < 0 || index >= count) {
      throw new MedexError(
        "INPUT_INVALID",
        `feature index ${index} is not in 0..${count - 1}: take it from the document`,
      );
    }
  }
}

/**
 * Splits a document.
 * @param privateIndices from `selectPrivate`; must not be empty
 * @throws INPUT_INVALID an index that the document does not have
 * @throws POLICY_SELECTS_NOTHING no index at all
 */
export function splitDocument(document: EhrDocument, privateIndices: ReadonlySet<number>): SplitDocument {
  if (privateIndices.size === 0) {
    throw new MedexError("POLICY_SELECTS_NOTHING", "no feature is private: name at least one in the policy");
  }
  return splitPiece(document, privateIndices);
}

/**
 * Splits a piece of a record, which may have nothing private of its own: `PolicyMatcher.finish` looks after the whole.
 * @throws INPUT_INVALID an index that the piece does not have
 */
export function splitPiece(document: EhrDocument, privateIndices: ReadonlySet<number>): SplitDocument {
  checkIndices(privateIndices, document.features.length);
  const commitments = new Map<number, Uint8Array>();
  // Most features are as the document's head has them: a commitment, or a label that is private, makes the difference.
  const known = (feature: Feature, i: number): HeadFeature => {
    const same = document.head.features[i];
    const isSame = same !== undefined && feature.measure === undefined && !commitments.has(feature.index);
    return isSame ? same : headFeature(feature, commitments);
  };
  const publicFeatures: FragmentFeature[] = [];
  const privateFeatures: FragmentFeature[] = [];
  for (const { index, name, value } of document.features) {
    if (privateIndices.has(index)) {
      const salt = randomBytes(SALT_LENGTH);
      commitments.set(index, commitFeature(salt, name, value));
      privateFeatures.push({ index, value, salt });
    } else publicFeatures.push({ index, value });
  }
  return {
    head: { ...document.head, features: document.features.map((feature, i) => known(feature, i)) },
    publicFragment: { features: publicFeatures },
    privateFragment: { features: privateFeatures },
  };
}

/**
 * A part of a fragment: the features that an owner chooses to send. Their order is the fragment's.
 * @throws FEATURE_MISSING an index that the fragment does not hold
 */
export function selectFeatures(fragment: Fragment, indices: ReadonlySet<number>): Fragment {
  const features = fragment.features.filter(({ index }) => indices.has(index));
  if (features.length !== indices.size) {
    const held = new Set(features.map(({ index }) => index));
    const missing = [...indices].filter((index) => !held.has(index));
    throw new MedexError(
      "FEATURE_MISSING",
      `the fragment has no feature ${missing.join(", ")}: choose among those it has`,
    );
  }
  return { features };
}

/** A fragment's feature with what D_head knows of it: what an encryptor needs. */
export interface DescribedFeature extends FragmentFeature {
  readonly name: string;
  /** Present on measured numbers that get a slot. */
  readonly measure?: Measure<string>;
}

/**
 * Joins a fragment with D_head. A measured number that does not fit a slot is described without its measure: it travels as
 * text. D_head does not say which those are, as that would tell something of the value. A column that was asked for is checked
 * when it is read.
 *
 * @param slotLimit the largest integer of a slot
 * @throws FRAGMENT_INVALID an index that D_head does not have
 */
export function describeFragment(head: Head, fragment: Fragment, slotLimit: number = SLOT_LIMIT): DescribedFeature[] {
  return fragment.features.map((feature) => describeFeature(head, feature, slotLimit));
}

/** One feature, as `describeFragment` joins all of them: half a million at once take as much memory as the record itself. */
export function describeFeature(
  head: Head,
  feature: FragmentFeature,
  slotLimit: number = SLOT_LIMIT,
): DescribedFeature {
  const known = head.features[feature.index];
  if (known === undefined) {
    throw new MedexError(
      "FRAGMENT_INVALID",
      `feature ${feature.index} is not in this record: fragment and head differ`,
    );
  }
  const { name, measure } = known;
  const hasSlot = measure && (head.format === "csv" || slotFault(feature.value, slotLimit) === undefined);
  return { ...feature, name, ...(hasSlot && { measure }) };
}
