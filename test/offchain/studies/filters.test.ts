import {
  type Condition,
  checkQuestion,
  combinePartials,
  decodeQuestion,
  encodeQuestion,
  layoutOf,
  outcomeOf,
  partialDecryption,
  planStudy,
  type Question,
  rowOf,
  sumInputs,
  type Values,
} from "@medexchain/studies";
import { assert } from "chai";
import { encodeSums } from "../../../offchain/studies/outcome.ts";
import { refusal } from "../bfv/support.ts";
import { inputsOf, noiseIn, openStudy, WEIGHT } from "./support.ts";

const AGE = { name: "age", code: "30525-0", unit: "a", scale: 0, min: "0", max: "120" };
const SEX = {
  name: "sex",
  code: "46098-0",
  system: "http://hl7.org/fhir/administrative-gender",
  codes: ["female", "male", "other", "unknown"],
};
const WOMEN: Question = {
  version: 1,
  title: "Mean body weight of women from 40 to 65",
  columns: [WEIGHT, AGE, SEX],
  filter: {
    minimum: 2,
    conditions: [
      { column: "age", from: "40", to: "65" },
      { column: "sex", oneOf: ["female"] },
    ],
  },
  statistic: { kind: "mean", column: "weight" },
};
const ROWS: Values[] = [
  { weight: "60.5", age: "40", sex: "female" },
  { weight: "71.5", age: "65", sex: "female" },
  { weight: "90", age: "50", sex: "male" },
  { weight: "55", age: "39", sex: "female" },
  { weight: "80", age: "66", sex: "female" },
];

describe("studies: filters", () => {
  it("let a patient's values in where all conditions are met, both ends included, and zeros in place of all others'", () => {
    const rows = ROWS.map((values) => rowOf(WOMEN, values));
    assert.deepEqual(rows, [
      [1n, 305n],
      [1n, 415n],
      [0n, 0n],
      [0n, 0n],
      [0n, 0n],
    ]);
  });

  it("ask for the statistic's values only of those who match, and for the filter's of all", async () => {
    assert.deepEqual(rowOf(WOMEN, { age: "30", sex: "male" }), [0n, 0n]);
    await refusal("FEATURE_MISSING", async () => rowOf(WOMEN, { age: "50", sex: "female" }));
    await refusal("FEATURE_MISSING", async () => rowOf(WOMEN, { age: "30", weight: "70" }));
    const why = await refusal("FEATURE_OUT_OF_RANGE", async () => rowOf(WOMEN, { age: "50", sex: "f", weight: "70" }));
    assert.notInclude(why, '"f"');
    await refusal("FEATURE_OUT_OF_RANGE", async () => rowOf(WOMEN, { age: "121", sex: "male" }));
  });

  it("change a released sum by no more than was counted, whoever's values are exchanged", () => {
    const bins = { column: "weight", edges: ["30", "60", "80", "200"] };
    const statistics: Question["statistic"][] = [
      { kind: "mean", column: "weight" },
      { kind: "variance", column: "weight" },
      { kind: "histogram", bins },
    ];
    const extremes = ["30", "70", "200"].flatMap((weight) => [
      { weight, age: "50", sex: "female" },
      { weight, age: "50", sex: "male" },
    ]);
    for (const statistic of statistics) {
      const question = checkQuestion({ ...WOMEN, statistic });
      const rows = extremes.map((values) => rowOf(question, values));
      let first = 0;
      for (const { slots, sensitivity } of layoutOf(question)) {
        const of = (row: readonly bigint[]) => row.slice(first, first + slots.length);
        const changes = rows.flatMap((a) =>
          rows.map((b) =>
            of(a).reduce((sum, each, i) => {
              const change = each - of(b)[i]!;
              return sum + (change < 0n ? -change : change);
            }, 0n),
          ),
        );
        const most = changes.reduce((max, each) => (each > max ? each : max), 0n);
        assert.equal(most, sensitivity, `${statistic.kind}: ${slots[0]}`);
        first += slots.length;
      }
    }
  });

  it("share ε between the count of who matches and the statistic", async () => {
    const { plan } = await openStudy(WOMEN, { epsilonMilli: 1000 });
    const [count, sum] = plan.scales;
    assert.deepEqual(count, { numerator: 2n * 1000n, denominator: 1000n });
    assert.deepEqual(sum, { numerator: 1700n * 2n * 1000n, denominator: 1000n });
  });

  it("give the figures of those who match, divided by their released count, through the whole of a study", async () => {
    const study = await openStudy(WOMEN);
    const inputs = await inputsOf(study, ROWS);
    const sum = await sumInputs(study.plan, inputs);
    const partials = await Promise.all(
      study.ids.map((holder, i) =>
        partialDecryption(study.plan, { holder, secretKey: study.shares[i]!.secretKey, sum, inputs }),
      ),
    );
    const released = await combinePartials(study.plan, sum, partials);
    const noise = noiseIn(study, sum);
    assert.equal(released.count, 5);
    assert.deepEqual(
      released.slots.map((slot, i) => slot - noise[i]!),
      [2n, 720n],
    );
    const { matching } = outcomeOf(study.plan, released);
    assert.equal(matching?.value, 2 + Number(noise[0]));
  });

  describe("an outcome", () => {
    const plan = planStudy({
      id: new Uint8Array(32),
      holders: [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)],
      question: { ...WOMEN, filter: { ...WOMEN.filter!, minimum: 20 } },
      minimumCohort: 30,
      maximumCohort: 1000,
      epsilonMilli: 4000,
    });
    const sums = (matching: bigint) => ({ count: 100, slots: [matching, 400n * matching] });

    it("is of the released count, whose noise its error counts", () => {
      const { count, matching, figures } = outcomeOf(plan, sums(50n));
      assert.equal(count, 100);
      assert.equal(matching?.value, 50);
      // Two holders' draws with a scale of 1/2: 95 of 100 are within 2 or 3.
      assert.isTrue(matching!.error >= 1 && matching!.error <= 4);
      const [mean] = figures;
      assert.approximately(mean!.value, 30 + 40, 1e-9);
      // The sum's noise alone, of scale 850 twice, moves a mean of 50 patients by about 7.
      assert.isTrue(mean!.error > 4 && mean!.error < 12, String(mean!.error));
      const known = outcomeOf(plan, sums(50n));
      assert.deepEqual(known.figures, figures);
    });

    it("has no figure where fewer match than the question promises", () => {
      const { matching, figures } = outcomeOf(plan, sums(19n));
      assert.equal(matching?.minimum, 20);
      assert.deepEqual(figures, []);
      assert.lengthOf(outcomeOf(plan, sums(20n)).figures, 1);
    });

    it("is the digest's of all slots, the count of who matches too", () => {
      assert.notDeepEqual(encodeSums(sums(50n)), encodeSums({ count: 100, slots: [50n, 20_001n] }));
    });
  });

  it("are the same bytes for everyone, and leave questions without one as they were", () => {
    assert.deepEqual(decodeQuestion(encodeQuestion(WOMEN)), WOMEN);
    const { filter: _, ...without } = { ...WOMEN, columns: [WEIGHT] };
    assert.deepEqual(rowOf(without, { weight: "60.5" }), [305n]);
    assert.lengthOf(layoutOf(without), 1);
  });

  it("are refused where they do not fit the columns", async () => {
    const [age, sex] = WOMEN.filter!.conditions as [Condition, Condition];
    const filters: [string, unknown][] = [
      ["lets nobody pass", { minimum: 2, conditions: [{ ...age, from: "66" }, sex] }],
      ["more decimal places", { minimum: 2, conditions: [{ ...age, from: "40.5" }, sex] }],
      ["none of its codes", { minimum: 2, conditions: [age, { column: "sex", oneOf: ["f"] }] }],
      ["takes from and to", { minimum: 2, conditions: [{ column: "age", oneOf: ["40"] }, sex] }],
      ["has codes", { minimum: 2, conditions: [age, { column: "sex", from: "1", to: "2" }] }],
      ["asked for and not used", { minimum: 2, conditions: [age] }],
      ["there is no column", { minimum: 2, conditions: [age, sex, { column: "height", from: "1", to: "2" }] }],
      ["filter.conditions.1.from is missing", { minimum: 2, conditions: [age, { column: "sex", to: "2" }] }],
      ["filter.minimum", { minimum: 1, conditions: [age, sex] }],
    ];
    for (const [why, filter] of filters) {
      assert.include(await refusal("STUDY_INVALID", async () => checkQuestion({ ...WOMEN, filter })), why);
    }
    const statistic = { kind: "mean", column: "sex" };
    const columns = [SEX, AGE];
    assert.include(
      await refusal("STUDY_INVALID", async () => checkQuestion({ ...WOMEN, columns, statistic })),
      "only a filter can use it",
    );
    await refusal("STUDY_INVALID", () => openStudy({ ...WOMEN, filter: { ...WOMEN.filter!, minimum: 1001 } }));
  });
});
