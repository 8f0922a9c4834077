/** Proxy re-encryption, stage by stage (docs/design.md §3), beside the straightforward translation in bench/straightforward/. */
import { initMclCurve } from "./mcl-curve.ts";
import { type Case, figureOf, measure } from "./measure.ts";
import { makeStages, type Stage } from "./pre-stages.ts";
import type { Report, RunOptions } from "./report.ts";

const NOTES = [
  "Each stage is everything that its people do in docs/design.md §3's table, from bytes to bytes, with the firewall's step where there is one. " +
    "Both forms decode the same points with the library's check of the subgroup, check the same GT elements and equations, and give " +
    "the same bytes from the same draws, which is checked before anything is timed.",
  "Straightforward: one library call for each operation of a formula (pairing, pow, mul), each equation's two sides computed and " +
    "compared, GT elements checked by the library's isValid; gt is computed once. Its multiplications take variable time; ours take " +
    "constant time where the scalar lives long.",
  "First: nothing is kept of the owner's scope, the hospital's key or the requester; the generators' tables are. Later: a further record " +
    "in a scope, a further key of a hospital, a further request of a requester, whose public key was checked before, a further " +
    "re-encryption of a capsule, which a relayer checks once. Setup and decryption keep nothing but the generators' tables.",
  "Enc draws M and encrypts it. ReKeyGen has the firewall deal X. The device's check of CRF-Enc is not in docs/design.md §3's table, but no record " +
    "is published without it.",
];

/** Benchmarks PRE. */
export async function benchPre({ quick, rounds = quick ? 15 : 30 }: RunOptions): Promise<Report> {
  await initMclCurve();
  const { stages, sizes } = makeStages();
  const measurements = await measure(casesOf(stages), rounds);
  const time = (stage: string, form: string): number => figureOf(measurements, nameOf(stage, form), "cpu");
  const sum = (form: "straightforward" | "first" | "later"): number =>
    stages.reduce(
      (total, { name, first }) => total + time(name, form === "first" && first === undefined ? "later" : form),
      0,
    );
  const watched: Record<string, number> = {};
  for (const { name, first } of stages) {
    if (first !== undefined) watched[`${name}, first`] = time(name, "straightforward") / time(name, "first");
    watched[first === undefined ? name : `${name}, later`] = time(name, "straightforward") / time(name, "later");
  }
  const ratios = {
    "all stages, first": sum("straightforward") / sum("first"),
    "all stages, later": sum("straightforward") / sum("later"),
  };
  return {
    title: "MedExChain proxy re-encryption, BLS12-381",
    measurements,
    ratios,
    watched,
    sizes,
    notes: NOTES,
  };
}

function nameOf(stage: string, form: string): string {
  return `${stage}, ${form}`;
}

function casesOf(stages: readonly Stage[]): Record<string, Case> {
  const cases: Record<string, Case> = {};
  for (const { name, later, first, straightforward: plain } of stages) {
    cases[nameOf(name, "straightforward")] = plain;
    if (first !== undefined) cases[nameOf(name, "first")] = first;
    cases[nameOf(name, "later")] = later;
  }
  return cases;
}
