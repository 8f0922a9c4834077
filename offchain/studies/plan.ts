/** All that follows from a study's terms: its slots, its ring, and the noise of each slot. */

import { MedexError } from "@medexchain/core";
import type { NoiseScale } from "./discrete-laplace.ts";
import { type Layout, layoutOf, slotCount } from "./layout.ts";
import { type StudyParameters, studyParameters } from "./parameters.ts";
import type { Question } from "./question.ts";

/** A holder's noise is above this many times its scale with a probability of `e^-45`, less than `2^-64`. */
const TAIL = 45n;
/** ε is given in thousandths. */
export const EPSILON_UNIT = 1000n;
const MAX_EPSILON_MILLI = 20_000;

/** What a holder's noise in a slot is at most. */
const noiseBound = ({ numerator, denominator }: NoiseScale): bigint => TAIL * (numerator / denominator + 1n);

/** The least and the most that a slot of the released sums can be, all holders' noise included. */
export interface SlotRange {
  readonly least: bigint;
  readonly most: bigint;
}

/** Slot by slot, what honest inputs of so many patients and honest holders can give. */
export function slotRanges({ study, layout, scales }: StudyPlan, count: number): SlotRange[] {
  const most = layout.flatMap(({ slots, max }) => slots.map(() => max));
  return scales.map((scale, slot) => {
    const noise = BigInt(study.holders.length) * noiseBound(scale);
    return { least: -noise, most: BigInt(count) * (most[slot] ?? 0n) + noise };
  });
}

/** What was agreed on-chain, as far as the cryptography needs it. */
export interface Study {
  /** 32 bytes. */
  readonly id: Uint8Array;
  /** The key holders' ids, 32 bytes each, in the order in which their shares are added. */
  readonly holders: readonly Uint8Array[];
  readonly question: Question;
  /** Inputs at least and at most. */
  readonly minimumCohort: number;
  readonly maximumCohort: number;
  /** Thousandths of ε, which each patient pays for the release. */
  readonly epsilonMilli: number;
}

export interface StudyPlan {
  readonly study: Study;
  readonly layout: Layout;
  readonly parameters: StudyParameters;
  /** The noise that each holder adds, slot by slot. */
  readonly scales: readonly NoiseScale[];
}

/** The groups of slots share ε in equal parts; within a group the noise is that of its sensitivity (Dwork et al., TCC 2006). */
function scalesOf(layout: Layout, epsilonMilli: number): NoiseScale[] {
  const groups = BigInt(layout.length);
  return layout.flatMap(({ slots, sensitivity }) =>
    slots.map(() => ({ numerator: sensitivity * groups * EPSILON_UNIT, denominator: BigInt(epsilonMilli) })),
  );
}

/**
 * Plans a study.
 * @throws STUDY_INVALID terms that contradict each other, or sums that no ring holds
 */
export function planStudy(study: Study): StudyPlan {
  const { holders, question, minimumCohort, maximumCohort, epsilonMilli } = study;
  if (!Number.isSafeInteger(epsilonMilli) || epsilonMilli < 1 || epsilonMilli > MAX_EPSILON_MILLI) {
    throw new MedexError("STUDY_INVALID", `ε must be from 0.001 to ${MAX_EPSILON_MILLI / 1000}, in steps of 0.001`);
  }
  if (!Number.isSafeInteger(minimumCohort) || minimumCohort < 2 || minimumCohort > maximumCohort) {
    throw new MedexError(
      "STUDY_INVALID",
      `at least ${minimumCohort} and at most ${maximumCohort} patients is not possible: the minimum must be 2 or more, and no more than the maximum`,
    );
  }
  const { filter } = question;
  if (filter !== undefined && filter.minimum > maximumCohort) {
    throw new MedexError(
      "STUDY_INVALID",
      `the filter asks for at least ${filter.minimum} matching patients, and the study takes no more than ${maximumCohort}`,
    );
  }
  if (new Set(holders.map((holder) => holder.join())).size < holders.length) {
    throw new MedexError("STUDY_INVALID", "a hospital is named twice as a holder of the key: name each once");
  }
  const layout = layoutOf(question);
  const scales = scalesOf(layout, epsilonMilli);
  const largest = layout.reduce((most, { max }) => (max > most ? max : most), 0n);
  const noise = scales.map(noiseBound).reduce((most, each) => (each > most ? each : most), 0n);
  const slotBound = BigInt(maximumCohort) * largest + BigInt(holders.length) * noise;
  const parameters = studyParameters({ holders: holders.length, cohort: maximumCohort, slotBound });
  if (slotCount(layout) > parameters.bfv.degree) {
    throw new MedexError("STUDY_INVALID", `the statistic has more than ${parameters.bfv.degree} cells: use fewer bins`);
  }
  return { study, layout, parameters, scales };
}
