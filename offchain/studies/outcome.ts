/**
 * A study's outcome: its figures, each with how far the noise may have moved it. That error is found by simulation (a parametric bootstrap):
 * noise is drawn once more as the holders drew it, added to the released sums, and the figures computed anew; 95 of 100 are within the error. It is
 * drawn from the released sums themselves, so that everyone finds the same. It says nothing of what another cohort would have shown.
 */

import { encodeObject } from "@medexchain/core";
import { shake256 } from "@noble/hashes/sha3.js";
import type { ReleasedSums } from "./combine.ts";
import { MATCHING, slotNames } from "./layout.ts";
import type { StudyPlan } from "./plan.ts";
import { type Figure, figuresOf } from "./statistics.ts";

const DRAWS = 1000;
const CONFIDENCE = 0.95;
/** Bytes that SHAKE256 gives at a time: to ask it for each number takes five times as long. */
const SQUEEZED = 4096;

/** A figure with its error. */
export interface OutcomeFigure {
  readonly name: string;
  readonly value: number;
  /** The noise moved the figure by no more than this, in 95 of 100 cases; infinite where the noise can make it meaningless. */
  readonly error: number;
}

/** How many match a question's filter: a released figure, with noise as any other. */
export interface Matching {
  readonly value: number;
  readonly error: number;
  /** With fewer, nothing else is told. */
  readonly minimum: number;
}

export interface Outcome {
  /** Patients in the sums, whether they match a filter or not. */
  readonly count: number;
  /** Of a question with a filter. */
  readonly matching?: Matching;
  /** None where too few match. */
  readonly figures: readonly OutcomeFigure[];
}

/** Uniform in (0, 1), from SHAKE256 of a seed. */
function uniforms(seed: Uint8Array): () => number {
  const stream = shake256.create().update(seed);
  let words = new DataView(new ArrayBuffer(0));
  let at = 0;
  return () => {
    if (at === words.byteLength) {
      const { buffer, byteOffset, length } = stream.xof(SQUEEZED);
      words = new DataView(buffer, byteOffset, length);
      at = 0;
    }
    const word = words.getUint32(at, true);
    at += 4;
    return (word + 0.5) / 2 ** 32;
  };
}

/** Discrete Laplace, nearly: rounded from the continuous one. */
function laplace(scale: number, draw: () => number): number {
  const u = draw() - 0.5;
  return Math.round(-scale * Math.sign(u) * Math.log(1 - 2 * Math.abs(u)));
}

/** The released sums as bytes, DAG-CBOR: what is put on-chain is their digest. */
export function encodeSums({ count, slots }: ReleasedSums): Uint8Array {
  return encodeObject({ version: 1, kind: "sums", count, slots: slots.map(String) });
}

/** Computes the figures of released sums. Of a question with a filter they are those of the patients who match, by their released count. */
export function outcomeOf(plan: StudyPlan, released: ReleasedSums): Outcome {
  const { study, layout, scales } = plan;
  const { count } = released;
  const { filter } = study.question;
  const names = slotNames(layout);
  const sums = released.slots.map(Number);
  const evaluate = (each: readonly number[]): Figure[] => {
    if (filter === undefined) return figuresOf(study.question, names, each, count);
    const [matching = 0, ...rest] = each;
    const counted = { name: MATCHING, value: matching };
    return [counted, ...figuresOf(study.question, names.slice(1), rest, matching)];
  };
  const draw = uniforms(encodeSums(released));
  const found = evaluate(sums);
  const deviations = found.map((): number[] => []);
  for (let i = 0; i < DRAWS; i++) {
    const moved = sums.map((sum, slot) => {
      const { numerator = 0n, denominator = 1n } = scales[slot] ?? {};
      const scale = Number(numerator) / Number(denominator);
      return study.holders.reduce((total) => total + laplace(scale, draw), sum);
    });
    for (const [at, { value }] of evaluate(moved).entries()) {
      const deviation = Math.abs(value - (found[at]?.value ?? 0));
      deviations[at]?.push(Number.isNaN(deviation) ? Number.POSITIVE_INFINITY : deviation);
    }
  }
  const figures = found.map(({ name, value }, at) => {
    const sorted = deviations[at]?.sort((a, b) => a - b) ?? [];
    return { name, value, error: sorted[Math.ceil(CONFIDENCE * DRAWS) - 1] ?? Number.POSITIVE_INFINITY };
  });
  if (filter === undefined) return { count, figures };
  const [counted, ...others] = figures;
  const { value = 0, error = Number.POSITIVE_INFINITY } = counted ?? {};
  const { minimum } = filter;
  return { count, matching: { value, error, minimum }, figures: value < minimum ? [] : others };
}
