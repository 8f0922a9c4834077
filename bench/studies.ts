/** Studies: what a patient, the compute node, a key holder and a reader do, and how a sum grows with its patients; beside adding in the clear. */
import { sha256 } from "@medexchain/core";
import {
  checkInput,
  combinePartials,
  keyShare,
  openJointKey,
  partialDecryption,
  planStudy,
  type Question,
  type StudyInput,
  sumInputs,
} from "@medexchain/studies";
import { randomBytes } from "@noble/hashes/utils.js";
import { z } from "zod";
import { studyRing } from "../offchain/studies/study-ring.ts";
import { runLattigo, whyNoLattigo } from "../tools/lattigo/run.ts";
import { type Case, figureOf, measure, sampleOf } from "./measure.ts";
import type { Report, RunOptions, Table } from "./report.ts";

const WEIGHT = { name: "weight", code: "29463-7", unit: "kg", scale: 1, min: "30", max: "200" };
const PRESSURE = { name: "systolic", code: "8480-6", unit: "mm[Hg]", scale: 0, min: "60", max: "220" };
const common = { version: 1 as const, title: "A question" };
/** The smallest ring that a study has, and the largest. */
const QUESTIONS: Readonly<Record<string, Question>> = {
  mean: { ...common, columns: [WEIGHT], statistic: { kind: "mean", column: "weight" } },
  regression: {
    ...common,
    columns: [WEIGHT, PRESSURE],
    statistic: { kind: "regression", predictors: ["weight"], outcome: "systolic" },
  },
};
const VALUES = { weight: "72.5", systolic: "121" };
const STEPS = [
  "key share",
  "joint key",
  "input",
  "check",
  "sum of 20",
  "partial decryption of 20",
  "combination",
] as const;
/** Ciphertexts that the sums are of: the same ones over and over, each under another patient's name. */
const DISTINCT = 20;
/** One addition of all values is over before a clock has noticed. */
const CLEAR_CALLS = 200;

const NOTES = [
  "Key share: a holder's, once for a study. Joint key: what a patient's device does with two shares before it encrypts. Check: of one input, digest and every coefficient. " +
    "Partial decryption: one holder's, who makes the sum again and opens a seed of each input. Combination: anyone's, of two parts.",
  `Sums by patients: inputs in memory, ${DISTINCT} distinct ciphertexts under as many names as there are patients, one run each; what IPFS takes to deliver them is not in it. In the clear the values are numbers of an array: what encryption costs is that it is not so.`,
  "Release: by two holders one after the other, each of whom makes the sum again and opens a seed of each input, with inputs that are all distinct; and the combination.",
];

const LATTIGO =
  "Lattigo is Go, compiled for the processor, and does of each step what concerns encryption alone: no checks of what others made, no digests, no masks that are sealed " +
  "to each holder, no noise for ε. Of a holder's part most is opening the seeds of the masks.";

async function openBenchStudy(question: Question, maximumCohort: number) {
  const holders = [randomBytes(32), randomBytes(32)];
  const id = randomBytes(32);
  const plan = planStudy({ id, holders, question, minimumCohort: 2, maximumCohort, epsilonMilli: 1000 });
  const secretKeys = holders.map(() => randomBytes(32));
  const of = (i: number) => ({ holder: holders[i] ?? id, secretKey: secretKeys[i] ?? id });
  const shares = [
    await keyShare(plan, of(0).holder, of(0).secretKey),
    await keyShare(plan, of(1).holder, of(1).secretKey),
  ];
  const partialsOf = async (sum: Uint8Array, inputs: readonly StudyInput[]) => [
    await partialDecryption(plan, { ...of(0), sum, inputs }),
    await partialDecryption(plan, { ...of(1), sum, inputs }),
  ];
  return { plan, of, shares, partialsOf };
}

type BenchStudy = Awaited<ReturnType<typeof openBenchStudy>>;

async function inputsOf({ plan, shares }: BenchStudy, count: number): Promise<StudyInput[]> {
  using key = await openJointKey(plan, shares);
  const inputs: StudyInput[] = [];
  while (inputs.length < count) {
    const patient = randomBytes(32);
    const file = await key.encrypt(patient, VALUES);
    inputs.push({ patient, file, digest: sha256(file) });
  }
  return inputs;
}

async function casesOf(
  name: string,
  study: BenchStudy,
): Promise<{ cases: Record<string, Case>; bytes: Record<string, number> }> {
  const { plan, of, shares, partialsOf } = study;
  const inputs = await inputsOf(study, DISTINCT);
  const [first] = inputs;
  if (first === undefined) throw new Error("there is no input");
  const key = await openJointKey(plan, shares);
  const sum = await sumInputs(plan, inputs);
  const partials = await partialsOf(sum, inputs);
  const steps: Record<(typeof STEPS)[number], Case> = {
    "key share": () => keyShare(plan, of(0).holder, of(0).secretKey),
    "joint key": async () => (await openJointKey(plan, shares))[Symbol.dispose](),
    input: () => key.encrypt(first.patient, VALUES),
    check: () => checkInput(plan, first),
    "sum of 20": () => sumInputs(plan, inputs),
    "partial decryption of 20": () => partialDecryption(plan, { ...of(0), sum, inputs }),
    combination: () => combinePartials(plan, sum, partials),
  };
  return {
    cases: Object.fromEntries(STEPS.map((step) => [`${name}: ${step}`, steps[step]])),
    bytes: {
      [`${name}: key share`]: shares[0]?.length ?? 0,
      [`${name}: input`]: first.file.length,
      [`${name}: partial decryption`]: partials[0]?.length ?? 0,
    },
  };
}

/** A sum of many patients, timed once: processor time in ms. */
async function growth(patients: number): Promise<{ sum: number; clear: number }> {
  const { mean } = QUESTIONS;
  if (mean === undefined) throw new Error("there is no such question");
  const study = await openBenchStudy(mean, 100_000);
  const { plan } = study;
  const files = (await inputsOf(study, DISTINCT)).map(({ file }) => file);
  async function* inputs(): AsyncGenerator<StudyInput> {
    for (let i = 0; i < patients; i++) {
      // A file names its patient, so each is written anew: bytes 0 to 3 of the id are the patient's number.
      const file = Uint8Array.from(files[i % DISTINCT] ?? new Uint8Array());
      const patient = patientOf(file);
      new DataView(patient.buffer, patient.byteOffset).setUint32(0, i);
      yield { patient: patient.slice(), file, digest: sha256(file) };
    }
  }
  const summed = await sampleOf(() => sumInputs(plan, inputs()));
  const values = Float64Array.from({ length: patients }, (_, i) => 30 + (i % 170));
  const totals = new Float64Array(CLEAR_CALLS);
  const clear = await sampleOf(() => {
    for (let i = 0; i < CLEAR_CALLS; i++) totals[i] = values.reduce((total, value) => total + value, i);
  });
  return { sum: summed.cpu, clear: clear.cpu / CLEAR_CALLS };
}

/** A release, timed once, processor time in ms. */
async function release(patients: number): Promise<number> {
  const { mean } = QUESTIONS;
  if (mean === undefined) throw new Error("there is no such question");
  const study = await openBenchStudy(mean, 100_000);
  const inputs = await inputsOf(study, patients);
  const sum = await sumInputs(study.plan, inputs);
  const released = await sampleOf(async () => {
    await combinePartials(study.plan, sum, await study.partialsOf(sum, inputs));
  });
  return released.cpu;
}

/** Our steps by what the program that times Lattigo calls its own. A check it has not: its ciphertexts are believed as they are read. */
const BY_LATTIGO = {
  "key share": "key share",
  "joint key": "joint key",
  input: "input",
  "sum of 20": "sum",
  "partial decryption of 20": "partial decryption",
  combination: "combination",
} as const satisfies Partial<Record<(typeof STEPS)[number], string>>;
const lattigoTimes = z.record(z.enum(Object.values(BY_LATTIGO)), z.number());

/** The steps by Lattigo, by the same ring and primes: medians, ms. */
async function timesOfLattigo({ plan }: BenchStudy, rounds: number) {
  const { degree, dataLevel, plainModulus } = await studyRing(plan);
  const printed = runLattigo("times", {
    logN: Math.log2(degree),
    q: dataLevel.primes.map(String),
    t: String(plainModulus),
    smudgingBits: plan.parameters.smudgingBits,
    inputs: DISTINCT,
    rounds,
  });
  return lattigoTimes.parse(JSON.parse(Buffer.from(printed).toString()));
}

/** Where a file has its patient's id: canonical CBOR, so after the key `from` and the head of 32 bytes. */
function patientOf(file: Uint8Array): Uint8Array {
  const key = [0x64, 0x66, 0x72, 0x6f, 0x6d, 0x58, 0x20];
  const at = file.findIndex((_, i) => key.every((byte, j) => file[i + j] === byte));
  if (at < 0) throw new Error("an input has no sender");
  return file.subarray(at + key.length, at + key.length + 32);
}

/** Benchmarks studies. */
export async function benchStudies({ quick, rounds = quick ? 5 : 20 }: RunOptions): Promise<Report> {
  const cases: Record<string, Case> = {};
  const sizes: Record<string, number> = {};
  const studies: Record<string, BenchStudy> = {};
  for (const [name, question] of Object.entries(QUESTIONS)) {
    const study = await openBenchStudy(question, name === "mean" ? 1000 : 100_000);
    studies[name] = study;
    const made = await casesOf(name, study);
    Object.assign(cases, made.cases);
    Object.assign(sizes, made.bytes);
  }
  const measurements = await measure(cases, rounds);
  const time = (name: string) => figureOf(measurements, name, "cpu");
  const noLattigo = quick ? "this run is a quick one" : whyNoLattigo();
  const beside: Table["rows"][number][] = [];
  if (noLattigo === undefined) {
    for (const [name, study] of Object.entries(studies)) {
      const theirs = await timesOfLattigo(study, rounds);
      for (const [step, its] of Object.entries(BY_LATTIGO)) {
        const ours = time(`${name}: ${step}`);
        beside.push([name, step, ours, theirs[its], ours / theirs[its]]);
      }
    }
  }
  const counts = quick ? [100] : [1_000, 10_000, 100_000];
  const grown: { patients: number; sum: number; clear: number }[] = [];
  for (const patients of counts) grown.push({ patients, ...(await growth(patients)) });
  const released: [number, number][] = [];
  for (const patients of quick ? [20] : [100, 1_000]) released.push([patients, (await release(patients)) / 1000]);
  return {
    title: "Studies",
    measurements,
    ratios: {},
    sizes,
    tables: [
      {
        title: "Steps, processor time in ms",
        columns: ["statistic", ...STEPS],
        rows: Object.keys(QUESTIONS).map((name) => [name, ...STEPS.map((step) => time(`${name}: ${step}`))]),
      },
      {
        title: "Bytes",
        columns: ["what", "bytes"],
        rows: Object.entries(sizes),
      },
      {
        title: "A mean, by patients: processor time",
        columns: ["patients", "sum, s", "inputs per second", "adding in the clear, ms", "sum over that"],
        rows: grown.map(({ patients, sum, clear }) => [
          patients,
          sum / 1000,
          (1000 * patients) / sum,
          clear,
          Math.round(sum / clear),
        ]),
      },
      { title: "A release of a mean by two holders: processor time", columns: ["patients", "s"], rows: released },
      {
        title: "Beside Lattigo v6.1.1, ms",
        columns: ["statistic", "step", "ours", "Lattigo", "ours over Lattigo"],
        rows: beside,
        note: noLattigo === undefined ? LATTIGO : `left out: ${noLattigo}`,
      },
    ],
    notes: NOTES,
  };
}
