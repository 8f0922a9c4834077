import { openContext } from "@medexchain/bfv";
import {
  checkQuestion,
  decodeQuestion,
  deriveHolderKey,
  encodeQuestion,
  layoutOf,
  type Question,
  rowOf,
  studyParameters,
} from "@medexchain/studies";
import { assert } from "chai";
import { slotNames } from "../../../offchain/studies/layout.ts";
import { figuresOf } from "../../../offchain/studies/statistics.ts";
import { refusal } from "../bfv/support.ts";
import { MEAN, openStudy, PRESSURE, WEIGHT } from "./support.ts";

const ROWS = [
  [61.2, 112],
  [70, 121],
  [74.9, 118],
  [88.3, 140],
  [102.6, 147],
] as const;

/** The figures of a statistic by its sums without noise. */
function figures(statistic: Question["statistic"], columns = [WEIGHT, PRESSURE]): Record<string, number> {
  const question = checkQuestion({ version: 1, title: "A question", columns, statistic });
  const rows = ROWS.map(([weight, systolic]) =>
    rowOf(question, { weight: String(weight), systolic: String(systolic) }),
  );
  const sums = slotNames(layoutOf(question)).map((_, i) => Number(rows.reduce((sum, row) => sum + row[i]!, 0n)));
  return Object.fromEntries(
    figuresOf(question, slotNames(layoutOf(question)), sums, ROWS.length).map(({ name, value }) => [name, value]),
  );
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const xs = ROWS.map(([x]) => x);
const ys = ROWS.map(([, y]) => y);
/** By the definitions, not by sums of products. */
const cross = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, each, i) => sum + (each - mean(a)) * (b[i]! - mean(b)), 0);

describe("studies: statistics", () => {
  it("sum, mean and variance are those of the values", () => {
    assert.approximately(figures({ kind: "sum", column: "weight" }, [WEIGHT]).sum!, mean(xs) * 5, 1e-9);
    assert.approximately(figures({ kind: "mean", column: "weight" }, [WEIGHT]).mean!, mean(xs), 1e-9);
    assert.approximately(figures({ kind: "variance", column: "weight" }, [WEIGHT]).variance!, cross(xs, xs) / 4, 1e-6);
  });

  it("correlation and regression are those of the values", () => {
    const { correlation } = figures({ kind: "correlation", x: "weight", y: "systolic" });
    assert.approximately(correlation!, cross(xs, ys) / Math.sqrt(cross(xs, xs) * cross(ys, ys)), 1e-9);
    const line = figures({ kind: "regression", predictors: ["weight"], outcome: "systolic" });
    const slope = cross(xs, ys) / cross(xs, xs);
    assert.approximately(line["slope weight"]!, slope, 1e-6);
    assert.approximately(line.intercept!, mean(ys) - slope * mean(xs), 1e-4);
  });

  it("a regression with no one solution says so instead of a number", () => {
    const question = checkQuestion({
      version: 1,
      title: "A question",
      columns: [WEIGHT, PRESSURE],
      statistic: { kind: "regression", predictors: ["weight"], outcome: "systolic" },
    });
    const flat = figuresOf(question, [], [0, 0, 0, 0, 0], 5);
    assert.isTrue(flat.every(({ value }) => !Number.isFinite(value)));
  });
});

describe("studies: questions", () => {
  it("are the same bytes for everyone", () => {
    assert.deepEqual(decodeQuestion(encodeQuestion(MEAN)), MEAN);
    const reordered = { statistic: MEAN.statistic, columns: MEAN.columns, title: MEAN.title, version: 1 as const };
    assert.deepEqual(encodeQuestion(reordered), encodeQuestion(MEAN));
  });

  it("are refused where columns and statistic do not fit each other", async () => {
    const refused = [
      { ...MEAN, columns: [WEIGHT, PRESSURE] },
      { ...MEAN, columns: [PRESSURE] },
      { ...MEAN, columns: [WEIGHT, WEIGHT] },
      { ...MEAN, columns: [{ ...WEIGHT, min: "200" }] },
      { ...MEAN, columns: [{ ...WEIGHT, code: "weight" }] },
      { ...MEAN, statistic: { kind: "histogram" as const, bins: { column: "weight", edges: ["75", "30"] } } },
      { ...MEAN, also: "something" },
    ];
    for (const question of refused) await refusal("STUDY_INVALID", async () => checkQuestion(question));
    await refusal("STUDY_INVALID", async () => decodeQuestion(new Uint8Array(70_000)));
  });

  it("say where they are wrong, and what is", async () => {
    const why = (question: object) => refusal("STUDY_INVALID", async () => checkQuestion(question));
    assert.include(await why({ version: 1, title: "A question" }), "columns is missing");
    assert.include(await why({ ...MEAN, columns: [{ ...WEIGHT, scale: "1" }] }), "columns.0.scale must be of type");
    assert.include(await why({ ...MEAN, columns: [{ ...WEIGHT, code: "weight" }] }), "columns.0.code must be a LOINC");
    assert.include(await why({ ...MEAN, also: "something" }), "has also, which a question has no use for");
  });

  it("has no number with more decimal places than its column keeps, which rows would round and figures would not", async () => {
    const blunt = { ...WEIGHT, scale: 0, min: "0.5" };
    await refusal("STUDY_INVALID", async () => checkQuestion({ ...MEAN, columns: [blunt] }));
    const statistic = { kind: "count", column: "weight", from: "30.05", to: "80" } as const;
    await refusal("STUDY_INVALID", async () => checkQuestion({ ...MEAN, statistic }));
  });
});

describe("studies: the ring", () => {
  it("opens where the sums need a plain modulus as wide as the primes", async () => {
    const { bfv } = studyParameters({ holders: 2, cohort: 10, slotBound: 1n << 51n });
    assert.equal(bfv.plainBits, 55);
    assert.equal((await openContext(bfv)).plainModulus.toString(2).length, 55);
    await refusal("BFV_PARAMETERS_REFUSED", () => openContext({ ...bfv, plainBits: 54 }));
  });
});

describe("studies: a holder's key", () => {
  it("is another for other terms under the same id, which a node may tell", async () => {
    const { plan } = await openStudy(MEAN);
    const seed = new Uint8Array(32);
    const key = deriveHolderKey(seed, plan.study);
    assert.deepEqual(deriveHolderKey(seed, { ...plan.study }), key);
    for (const lie of [{ maximumCohort: 100_000 }, { epsilonMilli: 1 }, { minimumCohort: 2 }]) {
      assert.notDeepEqual(deriveHolderKey(seed, { ...plan.study, ...lie }), key);
    }
  });
});
