/** MedExChain's Table III and Fig. 5: operations and times of each stage, for ours and for what it is compared with. */

import { type Counts, countOperations, OPERATIONS, type Operation } from "./count-operations.ts";
import { CALLS_IN_SAMPLE, operationCases } from "./curve-times.ts";
import { initMclCurve } from "./mcl-curve.ts";
import { type Case, figureOf, measure, type Timed } from "./measure.ts";
import { makeStages } from "./pre-stages.ts";
import type { Cell, Report, RunOptions, Table } from "./report.ts";
import { ibpreStages } from "./schemes/ibpre-stages.ts";
import { type Implemented, modelPlots, modelTables } from "./schemes/model-tables.ts";
import { modelTimes, type UnitTimes } from "./schemes/modelled.ts";
import { PAPER_STAGES, PAPER_TIMES, type PaperStage, SCHEMES } from "./schemes/paper-counts.ts";

const FORMS = ["ours, later", "ours, first", "straightforward", "IBPRE-CRF"] as const;
type Form = (typeof FORMS)[number];

/** The paper's six, with the firewall's steps apart. */
const STAGES = ["KeyGen_DO", "KeyGen_DU", "Enc", "CRF-Enc", "ReKeyGen", "CRF-ReKeyGen", "ReEnc", "Dec_DU"] as const;

const NOTES = [
  "Operations are counted by standing in front of the library's functions while a stage runs (bench/count-operations.ts). A doubling " +
    "counts as an addition, a square as a product. Ours makes fixed-base multiplications and powers in GT of additions and products, " +
    "which is why they stand in those columns; Miller loops that share one final exponentiation count one each.",
  "IBPRE-CRF [36] is Green and Ateniese's IBP1 with a firewall, written whole in bench/schemes/ on the same curve, one call of the library for " +
    "each operation. It is identity-based on both sides, and checks neither keys nor what a device proposes: the pairings that ours and " +
    "the straightforward form have more in the KeyGen, ReKeyGen and CRF rows are those checks.",
  "Ours, first and later: as in the section on proxy re-encryption. KeyGen includes the firewall's step.",
  "The six schemes of the paper are modelled by its operation counts (Table III, bench/schemes/paper-counts.ts), twice: with the times of one " +
    "operation that the paper gives, which checks its totals, and with those measured here. CDSS [30], ABE-IBE [45], CP-HAPRE [46] and FABRIC " +
    "[52] are not implemented, and nothing of them was measured. Here E1 is a product by a scalar in G1; an implementation in type-3 pairings " +
    "has some of them in G2, where one takes about twice as long, so that what is modelled is the least.",
  "Measured rows hold more than the counts: decoding and checking every element, additions, and the checks that the paper's forms lack.",
  "By its own counts and times the paper's CP-HAPRE comes to 21.8 ms (4.4 %) more than its total, FABRIC to 5.7 ms (0.3 %) less; the other four " +
    "differ by a quarter of a millisecond at most, and none agrees exactly. The order of the six stays.",
  "On the paper's curve a pairing takes two thirds of an exponentiation; here it takes about ten of them. Schemes with few pairings (CDSS) gain " +
    "by that and may come out below MedExChain by the counts, though not with the paper's times.",
];

/** Benchmarks the schemes. */
export async function benchSchemes({ quick, rounds = quick ? 10 : 50 }: RunOptions): Promise<Report> {
  await initMclCurve();
  const cases = casesByForm();
  const counts = new Map<string, Counts>();
  for (const [name, run] of Object.entries(cases)) {
    run(); // tables that are built once are built before
    counts.set(name, countOperations(run));
  }
  const units = Object.fromEntries(Object.entries(operationCases()).map(([name, run]) => [unitName(name), run]));
  const measurements = perCall(await measure({ ...cases, ...units }, rounds));
  const present = STAGES.flatMap((stage) =>
    FORMS.filter((form) => nameOf(stage, form) in cases).map((form) => [stage, form] as const),
  );
  const unitTimes = unitTimesOf(measurements);
  const implemented = FORMS.map((form) => implementedOf(form, measurements, counts));
  return {
    title: "MedExChain Table III, Fig. 5 and 6: operations and time by stage and scheme",
    measurements,
    ratios: Object.fromEntries([
      ...present
        .filter(([, form]) => form === "IBPRE-CRF")
        .map(([stage, form]) => [
          `${stage}: IBPRE-CRF over ours, later`,
          figureOf(measurements, nameOf(stage, form), "cpu") /
            figureOf(measurements, nameOf(stage, "ours, later"), "cpu"),
        ]),
      ...modelRatios(unitTimes),
    ]),
    watched: watchedOf(counts),
    tables: [
      {
        title: "Operations by stage",
        columns: ["stage", "form", ...OPERATIONS],
        rows: present.map(([stage, form]) => {
          const found = counts.get(nameOf(stage, form));
          return [stage, form, ...OPERATIONS.map((operation): Cell => found?.[operation] ?? Number.NaN)];
        }),
      },
      timesTable(measurements, present),
      {
        title: "One operation, by the library's own routine, processor time in µs",
        columns: ["operation", "µs"],
        rows: OPERATIONS.map((operation) => [operation, 1000 * figureOf(measurements, unitName(operation), "cpu")]),
        note: "points decoded: the mean of one of G1 and one of G2, subgroup checks included",
      },
      limitTable(measurements),
      ...modelTables(unitTimes, implemented),
    ],
    plots: [
      {
        file: "fig-5-stages",
        title: "Fig. 5: time by stage and scheme, BLS12-381",
        kind: "bar",
        x: "",
        y: "processor time, ms",
        points: present.map(([stage, form]) => ({
          series: form,
          x: stage,
          y: figureOf(measurements, nameOf(stage, form), "cpu"),
        })),
      },
      ...modelPlots(unitTimes),
    ],
    notes: NOTES,
  };
}

function casesByForm(): Record<string, Case> {
  const { stages } = makeStages();
  const ibpre = ibpreStages();
  const cases: Record<string, Case> = {};
  for (const stage of STAGES) {
    const found = stages.find(({ name }) => name === stage);
    const theirs = ibpre[stage];
    if (found === undefined || theirs === undefined)
      throw new Error(`the stage ${stage} is missing; the benchmark's names disagree`);
    cases[nameOf(stage, "straightforward")] = found.straightforward;
    cases[nameOf(stage, "IBPRE-CRF")] = theirs;
    if (found.first !== undefined) cases[nameOf(stage, "ours, first")] = found.first;
    cases[nameOf(stage, "ours, later")] = found.later;
  }
  return cases;
}

function timesTable(measurements: readonly Timed[], present: readonly (readonly [string, Form])[]): Table {
  return {
    title: "Time by stage, processor time in ms",
    columns: ["stage", ...FORMS],
    rows: STAGES.map((stage) => [
      stage,
      ...FORMS.map((form) =>
        present.some(([name, each]) => name === stage && each === form)
          ? figureOf(measurements, nameOf(stage, form), "cpu")
          : "as later",
      ),
    ]),
  };
}

/** What one of the paper's operations takes here, in ms. */
function unitTimesOf(measurements: readonly Timed[]): UnitTimes {
  const cpu = (operation: Operation): number => figureOf(measurements, unitName(operation), "cpu");
  return {
    P: cpu("Miller loops") + cpu("final exponentiations"),
    E1: cpu("k·P in G1"),
    E2: cpu("powers in GT"),
    H: cpu("hashes to G1"),
  };
}

/** The steps here that make up a stage of the paper. */
const STEPS_OF: Readonly<Record<PaperStage, readonly (typeof STAGES)[number][]>> = {
  KeyGen_DO: ["KeyGen_DO"],
  KeyGen_DU: ["KeyGen_DU"],
  Enc: ["Enc", "CRF-Enc"],
  ReKeyGen: ["ReKeyGen", "CRF-ReKeyGen"],
  ReEnc: ["ReEnc"],
  Dec: ["Dec_DU"],
};

function implementedOf(form: Form, measurements: readonly Timed[], counts: ReadonlyMap<string, Counts>): Implemented {
  // A step that has no form of its own for the first time is the same later.
  const nameOfStep = (step: string): string =>
    counts.has(nameOf(step, form)) ? nameOf(step, form) : nameOf(step, "ours, later");
  const timeOf = (stage: PaperStage): number =>
    STEPS_OF[stage].reduce((sum, step) => sum + figureOf(measurements, nameOfStep(step), "cpu"), 0);
  const countsOf = (stage: PaperStage): Counts =>
    Object.fromEntries(
      OPERATIONS.map((operation) => [
        operation,
        STEPS_OF[stage].reduce((sum, step) => sum + (counts.get(nameOfStep(step))?.[operation] ?? Number.NaN), 0),
      ]),
    ) as Counts; // a number for each operation
  const byStage = <Value>(of: (stage: PaperStage) => Value): Record<PaperStage, Value> =>
    Object.fromEntries(PAPER_STAGES.map((stage) => [stage, of(stage)])) as Record<PaperStage, Value>; // made of every stage
  return { name: form, times: byStage(timeOf), counts: byStage(countsOf) };
}

function modelRatios(here: UnitTimes): [name: string, ratio: number][] {
  return SCHEMES.filter((scheme) => scheme !== "MedExChain").flatMap((scheme): [string, number][] =>
    [
      { name: "the paper's times", times: PAPER_TIMES },
      { name: "times here", times: here },
    ].map(({ name, times }) => [
      `all stages by the counts, ${name}: ${scheme} over MedExChain`,
      modelTimes(scheme, times).total / modelTimes("MedExChain", times).total,
    ]),
  );
}

/** What one core can do, and how far the relayer's step is from a pairing, which is the least that it must compute. */
function limitTable(measurements: readonly Timed[]): Table {
  const cpu = (name: string): number => figureOf(measurements, name, "cpu");
  const pairing = cpu(unitName("Miller loops")) + cpu(unitName("final exponentiations"));
  const reEncRow = (name: string, form: Form): [string, number, number] => {
    const time = cpu(nameOf("ReEnc", form));
    return [name, 1000 / time, time / pairing];
  };
  return {
    title: "The limit, for one core",
    columns: ["", "a second", "times a pairing"],
    rows: [
      ["pairings, by the library", 1000 / pairing, 1],
      reEncRow("ReEnc, a capsule that was checked before", "ours, later"),
      reEncRow("ReEnc, all of it", "ours, first"),
      reEncRow("ReEnc, straightforward", "straightforward"),
    ],
    note: "what ReEnc takes beyond its pairing is decoding: four points and two elements of GT, each checked for its subgroup; of them two points and one element are the capsule's",
  };
}

/** Counts do not depend on a machine: pairing work of the straightforward form over ours, in Miller loops and final exponentiations. */
function watchedOf(counts: ReadonlyMap<string, Counts>): Record<string, number> {
  const pairings = (form: Form): number =>
    STAGES.reduce((sum, stage) => {
      const found = counts.get(nameOf(stage, form));
      return sum + (found?.["Miller loops"] ?? 0) + (found?.["final exponentiations"] ?? 0);
    }, 0);
  return { "pairing work, straightforward over ours, later": pairings("straightforward") / pairings("ours, later") };
}

/** Operations that a sample repeats, per call. */
function perCall(measurements: readonly Timed[]): Timed[] {
  const calls = Object.fromEntries(Object.entries(CALLS_IN_SAMPLE).map(([name, count]) => [unitName(name), count]));
  return measurements.map((each) => {
    const by = calls[each.name] ?? 1;
    const { median, lowerQuartile, upperQuartile, mean, deviation, cpu } = each;
    return {
      ...each,
      median: median / by,
      lowerQuartile: lowerQuartile / by,
      upperQuartile: upperQuartile / by,
      mean: mean / by,
      deviation: deviation / by,
      cpu: cpu / by,
    };
  });
}

const nameOf = (stage: string, form: Form): string => `${stage}, ${form}`;
const unitName = (operation: string): string => `operation: ${operation}`;
