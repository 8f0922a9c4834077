/** Proxy re-encryption, stage by stage (DESIGN §3), beside the straightforward translation in bench/straightforward/. */
import { initCurve } from "../offchain/pre/index.ts";
import { type Case, figureOf, measure, ratioOf } from "./measure.ts";
import { makeStages, type Stage } from "./pre-stages.ts";
import type { Report, RunOptions } from "./report.ts";

const NOTES = [
  "Each stage is everything that its people do in DESIGN §3's table, from bytes to bytes, with the firewall's step where there is one. " +
    "Both forms decode the same points with the library's check of the subgroup, check the same GT elements and equations, and give " +
    "the same bytes from the same draws, which is checked before anything is timed.",
  "Straightforward: one library call for each operation of a formula (pairing, pow, mul), each equation's two sides computed and " +
    "compared, GT elements checked by the library's isValid; gt is computed once. Its multiplications take variable time; ours take " +
    "constant time where the scalar lives long.",
  "First: nothing is kept of the owner's scope, the hospital's key or the requester; the generators' tables are. Later: a further record " +
    "in a scope, a further key of a hospital, a further request of a requester, whose public key was checked before. Setup, ReEnc and " +
    "decryption keep nothing but the generators' tables.",
  "Enc draws M and encrypts it. ReKeyGen has the firewall deal X. The device's check of CRF-Enc is not in DESIGN's table, but no record " +
    "is published without it.",
];

/** Benchmarks PRE. */
export async function benchPre({ quick, rounds = quick ? 15 : 30 }: RunOptions): Promise<Report> {
  await initCurve();
  const { stages, sizes } = makeStages();
  const measurements = await measure(casesOf(stages), rounds);
  const median = (name: string): number => figureOf(measurements, name);
  const sum = (form: string) =>
    stages.reduce(
      (total, { name }) => total + median(nameOf(name, form === "first" && !hasFirst(name) ? "later" : form)),
      0,
    );
  const ratios: Record<string, number> = {};
  for (const { name, first } of stages) {
    if (first !== undefined)
      ratios[`${name}, first`] = median(nameOf(name, "straightforward")) / median(nameOf(name, "first"));
    ratios[first === undefined ? name : `${name}, later`] =
      median(nameOf(name, "straightforward")) / median(nameOf(name, "later"));
  }
  function hasFirst(name: string): boolean {
    return stages.some((stage) => stage.name === name && stage.first !== undefined);
  }
  ratios["all stages, first"] = sum("straightforward") / sum("first");
  ratios["all stages, later"] = sum("straightforward") / sum("later");
  const watched: Record<string, number> = {};
  for (const { name, first } of stages) {
    if (first !== undefined)
      watched[`${name}, first`] = ratioOf(measurements, nameOf(name, "straightforward"), nameOf(name, "first"), "cpu");
    watched[`${name}, later`] = ratioOf(measurements, nameOf(name, "straightforward"), nameOf(name, "later"), "cpu");
  }
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
