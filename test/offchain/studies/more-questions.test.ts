import { combinePartials, outcomeOf, partialDecryption, sumInputs } from "@medexchain/studies";
import { assert } from "chai";
import { inputsOf, noiseIn, openStudy, PRESSURE, WEIGHT } from "./support.ts";

describe("studies: what else can be asked", () => {
  const ROWS = [
    { weight: "60", systolic: "110" },
    { weight: "70", systolic: "118" },
    { weight: "80", systolic: "131" },
    { weight: "90", systolic: "139" },
    { weight: "100", systolic: "152" },
  ];
  const both = { version: 1 as const, title: "Weight and blood pressure", columns: [WEIGHT, PRESSURE] };

  /** Takes a question through the whole of it. */
  async function ask(question: Parameters<typeof openStudy>[0], holders: number) {
    const study = await openStudy(question, { holders });
    const inputs = await inputsOf(study, ROWS);
    const sum = await sumInputs(study.plan, inputs);
    const partials = await Promise.all(
      study.ids.map((holder, i) =>
        partialDecryption(study.plan, { holder, secretKey: study.shares[i]!.secretKey, sum, inputs }),
      ),
    );
    return { study, released: await combinePartials(study.plan, sum, partials), noise: noiseIn(study, sum) };
  }

  it("a contingency table by three holders has each patient in one cell", async () => {
    const rows = { column: "weight", edges: ["30", "75", "200"] };
    const columns = { column: "systolic", edges: ["60", "120", "140", "220"] };
    const { study, released, noise } = await ask({ ...both, statistic: { kind: "contingency", rows, columns } }, 3);
    const right = [2n, 0n, 0n, 0n, 2n, 1n];
    assert.deepEqual(
      released.slots.map((slot, i) => slot - noise[i]!),
      right,
    );
    assert.include(outcomeOf(study.plan, released).figures[0]?.name, "weight [30,75) × systolic [60,120)");
  });

  it("sums of squares and products come out whole, but for the noise", async () => {
    const { released, noise } = await ask(
      { ...both, statistic: { kind: "correlation", x: "weight", y: "systolic" } },
      2,
    );
    const us = ROWS.map(({ weight, systolic }) => [(Number(weight) - 30) * 10, Number(systolic) - 60] as const);
    const right = [0, 1, 0, 0, 1].map(() => 0);
    for (const [u, v] of us) {
      for (const [i, each] of [u, v, u * u, u * v, v * v].entries()) right[i]! += each;
    }
    assert.deepEqual(
      released.slots.map((slot, i) => Number(slot - noise[i]!)),
      right,
    );
  });
});
