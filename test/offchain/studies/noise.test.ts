import { randomBytes } from "node:crypto";
import { discreteLaplace, layoutOf, planStudy, type Question, rowOf, studyParameters } from "@medexchain/studies";
import { assert } from "chai";
import { commonElement } from "../../../offchain/studies/key-share.ts";
import { studyRing } from "../../../offchain/studies/study-ring.ts";
import { refusal } from "../bfv/support.ts";
import { MEAN, PRESSURE, WEIGHT } from "./support.ts";

let pool = new Uint8Array(0);
/** The system's randomness, which is slow to ask for a byte at a time. */
function pooled(length: number): Uint8Array {
  if (pool.length < length) pool = Uint8Array.from(randomBytes(1 << 16));
  const drawn = pool.subarray(0, length);
  pool = pool.subarray(length);
  return drawn;
}

/** `χ²` of draws against probabilities; cells below 5 expected draws are one with all that is beyond them. */
function chiSquare(draws: readonly bigint[], probability: (z: number) => number): { statistic: number; cells: number } {
  const counts = new Map<number, number>();
  for (const draw of draws) counts.set(Number(draw), (counts.get(Number(draw)) ?? 0) + 1);
  let [statistic, cells, seen, mass] = [0, 0, 0, 0];
  for (let z = 0; probability(z) * draws.length >= 5; z++) {
    for (const each of z === 0 ? [0] : [z, -z]) {
      const expected = probability(each) * draws.length;
      statistic += ((counts.get(each) ?? 0) - expected) ** 2 / expected;
      seen += counts.get(each) ?? 0;
      mass += probability(each);
      cells++;
    }
  }
  const rest = (1 - mass) * draws.length;
  return { statistic: statistic + (draws.length - seen - rest) ** 2 / rest, cells };
}

describe("studies: noise", () => {
  for (const [numerator, denominator] of [
    [5n, 2n],
    [1n, 3n],
    [40n, 1n],
  ] as const) {
    it(`is discrete Laplace with a scale of ${numerator}/${denominator}, exactly`, () => {
      const scale = Number(numerator) / Number(denominator);
      const ratio = Math.exp(-1 / scale);
      const draws = Array.from({ length: 8000 }, () => discreteLaplace({ numerator, denominator }, pooled));
      const { statistic, cells } = chiSquare(draws, (z) => ((1 - ratio) / (1 + ratio)) * ratio ** Math.abs(z));
      // Seven standard deviations of χ² with so many degrees of freedom: once in more than 10^9 runs for what is right.
      assert.isBelow(statistic, cells + 7 * Math.sqrt(2 * cells) + 20);
    });
  }

  it("is drawn from the randomness that it is given, and of no scale that is not positive", async () => {
    let calls = 0;
    const source = (length: number): Uint8Array => {
      calls++;
      return Uint8Array.from({ length }, () => (calls % 3 === 0 ? 255 : calls * 37));
    };
    discreteLaplace({ numerator: 5n, denominator: 2n }, source);
    assert.isAbove(calls, 2);
    await refusal("INPUT_INVALID", async () => discreteLaplace({ numerator: 0n, denominator: 1n }));
  });

  it("takes from each slot its part of ε, in proportion to what one patient can change", () => {
    const question: Question = {
      version: 1,
      title: "Weight and blood pressure",
      columns: [WEIGHT, PRESSURE],
      statistic: { kind: "correlation", x: "weight", y: "systolic" },
    };
    const { scales } = planOf(question, 500);
    // Five groups share ε = 1/2: each sum of a range R is drawn with a scale of 10·R.
    const widths = [1700n, 160n, 1700n * 1700n, 1700n * 160n, 160n * 160n];
    const found = scales.map(({ numerator, denominator }) => numerator / denominator);
    assert.deepEqual(
      found,
      widths.map((width) => 10n * width),
    );
  });
});

function planOf(question: Question, epsilonMilli = 1000, maximumCohort = 1000) {
  const holders = [Uint8Array.from(randomBytes(32)), Uint8Array.from(randomBytes(32))];
  return planStudy({
    id: new Uint8Array(32).fill(7),
    holders,
    question,
    minimumCohort: 2,
    maximumCohort,
    epsilonMilli,
  });
}

describe("studies: parameters", () => {
  it("smudge at least 2^40 times the noise of all coefficients, and leave room for it", async () => {
    for (const cohort of [10, 1000, 100_000]) {
      const plan = planOf(MEAN, 1000, cohort);
      const { smudgingBits, sumNoise, bfv } = plan.parameters;
      assert.isTrue(1n << BigInt(smudgingBits) >= (sumNoise << 40n) * BigInt(bfv.degree), `${cohort} patients`);
      // It throws where the sum would drown.
      const { dataLevel, plainModulus } = await studyRing(plan);
      const q = dataLevel.primes.reduce((product, prime) => product * prime, 1n);
      assert.isTrue(q / (2n * plainModulus) > sumNoise + (2n << BigInt(smudgingBits)));
      assert.isTrue(plainModulus / 2n > BigInt(cohort) * 1700n);
    }
  });

  it("are refused for sums that no slot holds, and for holders and cohorts that cannot be", async () => {
    const size = { holders: 2, cohort: 1000, slotBound: 1n << 30n };
    await refusal("STUDY_INVALID", async () => studyParameters({ ...size, slotBound: 1n << 60n }));
    await refusal("STUDY_INVALID", async () => studyParameters({ ...size, holders: 1 }));
    await refusal("STUDY_INVALID", async () => studyParameters({ ...size, cohort: 100_001 }));
    await refusal("STUDY_INVALID", async () => planOf(MEAN, 0));
  });

  it("begin with an element that nobody chooses: the study's own, and uniform", async () => {
    const bfv = await studyRing(planOf(MEAN));
    const element = commonElement(bfv, new Uint8Array(32).fill(7));
    assert.deepEqual(commonElement(bfv, new Uint8Array(32).fill(7)), element);
    assert.notDeepEqual(commonElement(bfv, new Uint8Array(32).fill(8)), element);
    for (const [row, prime] of bfv.keyLevel.primes.entries()) {
      const values = element.subarray(row * bfv.degree, (row + 1) * bfv.degree);
      const mean = values.reduce((sum, value) => sum + Number(value) / Number(prime), 0) / bfv.degree;
      assert.approximately(mean, 0.5, 7 / Math.sqrt(12 * bfv.degree));
      assert.isTrue(values.every((value) => value < prime));
    }
  });
});

describe("studies: rows", () => {
  const columns = [WEIGHT, PRESSURE];
  const question = (statistic: Question["statistic"], used = columns): Question => ({
    version: 1,
    title: "A question",
    columns: used,
    statistic,
  });
  const bins = { column: "weight", edges: ["30", "75", "200"] };

  it("have a slot for all that the statistic needs, and nothing outside of their bounds", () => {
    const cases: [Question, bigint[]][] = [
      [question({ kind: "mean", column: "weight" }, [WEIGHT]), [501n]],
      [question({ kind: "variance", column: "weight" }, [WEIGHT]), [501n, 501n * 501n]],
      [question({ kind: "count", column: "weight", from: "80", to: "90" }, [WEIGHT]), [1n]],
      [question({ kind: "count", column: "weight", from: "90", to: "95" }, [WEIGHT]), [0n]],
      [question({ kind: "histogram", bins }, [WEIGHT]), [0n, 1n]],
      [
        question({ kind: "regression", predictors: ["weight"], outcome: "systolic" }),
        [501n, 61n, 501n * 501n, 501n * 61n, 61n * 61n],
      ],
      // σ(0.5 − 0.01·80.1) = 0.42533…
      [
        question({ kind: "score", intercept: "0.5", weights: [{ column: "weight", weight: "-0.01" }] }, [WEIGHT]),
        [4253n],
      ],
    ];
    for (const [asked, row] of cases) {
      assert.deepEqual(rowOf(asked, { weight: "80.14", systolic: "121" }), row, asked.statistic.kind);
      const largest = layoutOf(asked).flatMap(({ slots, max }) => slots.map(() => max));
      assert.isTrue(
        row.every((each, i) => each <= largest[i]!),
        asked.statistic.kind,
      );
    }
  });
});
