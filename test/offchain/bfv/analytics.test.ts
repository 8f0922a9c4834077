import {
  bfvContext,
  type ColumnSchema,
  decodeDescription,
  decryptMoments,
  decryptTable,
  describeTable,
  encodeDescription,
  encryptFragment,
  encryptFragmentSymmetric,
  encryptTable,
  generateKeys,
  linearScore,
  momentsOf,
  type NumericTable,
  type PlainColumn,
  PROFILE_NAMES,
  PROFILES,
  type ProfileName,
  sumTables,
} from "@medexchain/bfv";
import { assert } from "chai";
import fc from "fast-check";
import { decodeCiphertextFile } from "../../../offchain/bfv/ciphertext-file.ts";
import { packPair, unpackPair } from "../../../offchain/bfv/coefficients.ts";
import { tableOf } from "../../../offchain/bfv/numeric-table.ts";
import { refusal } from "./support.ts";

const TEMPERATURE = { name: "temperature", unit: "Cel", scale: 1, min: 300, max: 450 } as const;
const WEIGHT = { name: "weight", unit: "kg", scale: 0, min: 0, max: 300 } as const;

const patient = (temperature: string, weight: string): PlainColumn[] => [
  { ...TEMPERATURE, values: [temperature] },
  { ...WEIGHT, values: [weight] },
];

/** The 13 attributes of the heart-disease data set: unit, scale, and range as integers at the scale. */
const HEART: readonly ColumnSchema[] = [
  { name: "age", unit: "a", scale: 0, min: 0, max: 130 },
  { name: "sex", unit: "1", scale: 0, min: 0, max: 1 },
  { name: "cp", unit: "1", scale: 0, min: 1, max: 4 },
  { name: "trestbps", unit: "mm[Hg]", scale: 0, min: 0, max: 300 },
  { name: "chol", unit: "mg/dL", scale: 0, min: 0, max: 700 },
  { name: "fbs", unit: "1", scale: 0, min: 0, max: 1 },
  { name: "restecg", unit: "1", scale: 0, min: 0, max: 2 },
  { name: "thalach", unit: "/min", scale: 0, min: 0, max: 250 },
  { name: "exang", unit: "1", scale: 0, min: 0, max: 1 },
  { name: "oldpeak", unit: "mm", scale: 1, min: -50, max: 100 },
  { name: "slope", unit: "1", scale: 0, min: 1, max: 3 },
  { name: "ca", unit: "1", scale: 0, min: 0, max: 3 },
  { name: "thal", unit: "1", scale: 0, min: 3, max: 7 },
];
const WEIGHTS = {
  ...{ age: -0.012, sex: 1.53, cp: 0.57, trestbps: 0.0185, chol: 0.0046, fbs: -0.64, restecg: 0.23 },
  ...{ thalach: -0.0193, exang: 0.88, oldpeak: 0.34, slope: 0.47, ca: 1.19, thal: 0.35 },
} as const;
const BIAS = -6.84;

describe("bfv: analytics", () => {
  for (const profile of PROFILE_NAMES) {
    it(`${profile}: sums tables slot by slot, and sums of sums`, async () => {
      const { publicKey, secretKey } = await generateKeys(profile);
      const sum = await sumTables([
        await encryptTable(profile, publicKey, patient("36.5", "80")),
        await encryptTable(profile, publicKey, patient("37.2", "61")),
        await encryptTable(profile, publicKey, patient("40", "7")),
      ]);
      const values = async (table: NumericTable) => (await decryptTable(secretKey, table)).map((c) => c.values[0]);
      assert.deepEqual(await values(sum), ["113.7", "148"]);
      assert.deepEqual(await values(await sumTables([sum, sum])), ["227.4", "296"]);
      const [temperature] = sum.description.columns;
      assert.deepEqual(
        [temperature?.min, temperature?.max],
        [900, 1350],
        "the range of a sum is the sum of the ranges",
      );
    });
  }

  it("predicts noise from below, and not by more than a few bits, for every operation and profile", async () => {
    for (const profile of PROFILE_NAMES) {
      const { publicKey, secretKey } = await generateKeys(profile);
      const tables = await Promise.all(
        Array.from({ length: 4 }, () =>
          encryptTable(
            profile,
            publicKey,
            HEART.map((c) => ({ ...c, values: [`${c.max / 10 ** c.scale}`] })),
          ),
        ),
      );
      const results = [tables[0]!, await sumTables(tables)];
      if (profile !== "compact") {
        const squarable = profile === "compute" ? tables : tables.map(narrowed);
        const { deviations, squares } = await momentsOf(squarable);
        // Of one alone, where the prediction is closest: nothing averages out.
        results.push((await momentsOf(squarable.slice(0, 1))).squares);
        results.push(deviations, squares, (await linearScore(tables[0]!, { weights: WEIGHTS })).table);
      }
      for (const result of results) {
        const measured = await budgetOf(profile, secretKey, result);
        const predicted = result.description.noiseBudget;
        assert.isAtMost(predicted, measured + 1, "measured budgets are rounded down");
        assert.isAbove(predicted, measured - 8);
      }
    }
  });

  it("computes mean and variance of a feature over many ciphertexts, equal to the plaintext's", async () => {
    const profile = "compute";
    const { publicKey, secretKey } = await generateKeys(profile);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 300, max: 450 }), fc.integer({ min: 0, max: 300 })), {
          minLength: 1,
          maxLength: 12,
        }),
        async (rows) => {
          const tables: NumericTable[] = [];
          for (const [t, w] of rows) {
            tables.push(await encryptTable(profile, publicKey, patient(`${t / 10}`, `${w}`)));
          }
          const moments = await decryptMoments(secretKey, await momentsOf(tables));
          for (const [i, values] of [rows.map(([t]) => t / 10), rows.map(([, w]) => w)].entries()) {
            const mean = values.reduce((a, b) => a + b, 0) / values.length;
            const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
            const found = moments[i]!;
            assert.equal(found.count, values.length);
            assert.approximately(Number(found.sum), mean * values.length, 1e-9);
            assert.approximately(found.mean, mean, 1e-12 * Math.max(1, Math.abs(mean)));
            assert.approximately(found.variance, variance, 1e-9 * Math.max(1, variance));
          }
        },
      ),
      { numRuns: 6 },
    );
  });

  it("takes moments of columns with many rows, over several ciphertexts of one table", async () => {
    const profile = "standard";
    const { publicKey, secretKey } = await generateKeys(profile);
    const values = Array.from({ length: 5000 }, (_, i) => (i * 7) % 21);
    const column = { name: "x", unit: "1", scale: 0, min: 0, max: 20 };
    const table = await encryptTable(profile, publicKey, [
      { ...column, values: values.map(String) },
      { ...column, name: "y", values: ["20", "0"] },
    ]);
    const mean = values.reduce((a, b) => a + b, 0) / 5000;
    const [x, y] = await decryptMoments(secretKey, await momentsOf([table, table]));
    assert.deepEqual([x?.count, x?.mean, y?.sum, y?.variance], [10000, mean, "40", 100]);
    const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 5000;
    assert.approximately(x!.variance, variance, 1e-9);
  });

  for (const profile of ["standard", "compute"] as const) {
    it(`${profile}: scores the heart-disease attributes within the error it states`, async () => {
      const { publicKey, secretKey } = await generateKeys(profile);
      const column = fc.tuple(...HEART.map(({ min, max }) => fc.integer({ min, max })));
      await fc.assert(
        fc.asyncProperty(column, async (integers) => {
          const values = HEART.map(({ scale }, i) => (integers[i]! / 10 ** scale).toFixed(scale));
          const table = await encryptTable(
            profile,
            publicKey,
            HEART.map((c, i) => ({ ...c, values: [values[i]!] })),
          );
          const { table: result, error } = await linearScore(table, { weights: WEIGHTS, bias: BIAS });
          const [score] = await decryptTable(secretKey, result);
          const exact = HEART.reduce((sum, { name }, i) => sum + Reflect.get(WEIGHTS, name) * Number(values[i]), BIAS);
          assert.approximately(Number(score!.values[0]), exact, error + 1e-12);
          // 1e-1 is too coarse to rank by, so the profile for scores is `compute`; both bounds are documented.
          assert.isBelow(error, { standard: 0.1, compute: 1e-4 }[profile]);
        }),
        { numRuns: 5 },
      );
    });
  }

  it("shows the key's owner a score, and not the products that it is made of", async () => {
    const { publicKey, secretKey } = await generateKeys("compute");
    const table = await encryptTable("compute", publicKey, patient("36.5", "80"));
    const slots = async (): Promise<string> => {
      const { table: result } = await linearScore(table, { weights: { weight: 2 }, scale: 0 });
      const description = {
        ...result.description,
        columns: [{ name: "raw", unit: "1", scale: 0, min: -(2 ** 40), max: 2 ** 40, slot: 0, count: 8192 }],
      };
      const [raw] = await decryptTable(secretKey, { ...result, description });
      assert.isAbove(new Set(raw!.integers).size, 8000, "slots are uniform below 2^30");
      assert.equal((await decryptTable(secretKey, result))[0]!.values[0], "160");
      return raw!.integers.join();
    };
    assert.notEqual(await slots(), await slots());
  });

  it("sums what is stored with what was sent, and refuses a sum that hides nothing", async () => {
    const { publicKey, secretKey } = await generateKeys("compact");
    const column = { name: "w", unit: "kg", scale: 0, min: 0, max: 300 };
    const sent = await encryptTable("compact", publicKey, [{ ...column, values: ["80"] }]);
    const file = await encryptFragmentSymmetric("compact", secretKey, [
      { index: 0, name: "w", value: "7", numeric: { scale: 0 } },
    ]);
    const stored = await describeTable("compact", secretKey, file, new Map([[0, column]]));
    for (const tables of [
      [sent, stored],
      [stored, sent],
    ]) {
      const [sum] = await decryptTable(secretKey, await sumTables(tables));
      assert.deepEqual(sum?.values, ["87"]);
    }
    // Whoever knows a ciphertext can send what takes its random half away.
    const { numeric } = decodeCiphertextFile("compact", sent.file);
    const { dataLevel: level, degree } = await bfvContext("compact");
    const { coefficients } = unpackPair(numeric[0]!, level, degree, false, "test");
    const prime = level.primes[0]!;
    const undone = packPair(
      { coefficients: coefficients.map((each) => (each === 0n ? 0n : prime - each)) },
      level,
      degree,
    );
    const undoing = tableOf(sent.description, "full", [undone]);
    await refusal("INPUT_INVALID", () => sumTables([sent, undoing]));
  });

  it("computes on a stored fragment once its owner describes it", async () => {
    const { publicKey, secretKey } = await generateKeys("compute");
    const features = [
      { index: 4, name: "t", value: "36.5", numeric: { scale: 1 } },
      { index: 5, name: "note", value: '"x"' },
      { index: 9, name: "w", value: "80\n81", numeric: {} },
    ];
    const schemas = new Map<number, ColumnSchema>([
      [4, TEMPERATURE],
      [9, WEIGHT],
    ]);
    for (const file of [
      await encryptFragment("compute", publicKey, features),
      await encryptFragmentSymmetric("compute", secretKey, features),
    ]) {
      const table = await describeTable("compute", secretKey, file, schemas);
      const sum = await sumTables([table, table]);
      assert.deepEqual(
        (await decryptTable(secretKey, sum)).map(({ values }) => values),
        [["73.0"], ["160", "162"]],
      );
      const [, weight] = await decryptMoments(secretKey, await momentsOf([table]));
      assert.deepEqual([weight?.mean, weight?.variance], [80.5, 0.25]);
      const other = new Map(schemas).set(4, { ...TEMPERATURE, scale: 2 });
      await refusal("INPUT_INVALID", () => describeTable("compute", secretKey, file, other));
      const narrow = new Map(schemas).set(9, { ...WEIGHT, max: 80 });
      await refusal("FEATURE_OUT_OF_RANGE", () => describeTable("compute", secretKey, file, narrow));
    }
  });

  describe("refuses before anything is computed", () => {
    // Files of three bytes: whoever looked at them would say BFV_BYTES_INVALID.
    const unreadable = (table: NumericTable, change: object = {}, column: object = {}): NumericTable => ({
      description: {
        ...table.description,
        ...change,
        columns: table.description.columns.map((c, i) => (i === 0 ? { ...c, ...column } : c)),
      },
      file: Uint8Array.of(1, 2, 3),
    });
    let table: NumericTable;
    let small: NumericTable;
    before(async () => {
      table = await encryptTable("compute", (await generateKeys("compute")).publicKey, patient("36.5", "80"));
      small = await encryptTable("compact", (await generateKeys("compact")).publicKey, patient("36.5", "80"));
    });

    for (const [what, change, column] of [
      ["another unit", {}, { unit: "[degF]" }],
      ["another scale", {}, { scale: 2 }],
      ["another name", {}, { name: "pulse" }],
      ["another slot", {}, { slot: 7 }],
      ["another number of rows", {}, { count: 2 }],
      ["a product for a value", {}, { unit: "(Cel)2" }],
      ["another key", { keyId: new Uint8Array(32) }, {}],
      ["another profile", { profile: "standard" }, {}],
      ["fewer columns", { columns: [] }, {}],
    ] as const) {
      it(`${what}`, async () => {
        const others = [unreadable(table), unreadable(table, change, column)];
        if ("columns" in change) others[1] = { ...others[1]!, description: { ...table.description, columns: [] } };
        await refusal("BFV_MISMATCH", () => sumTables(others));
        await refusal("BFV_MISMATCH", () => momentsOf(others));
      });
    }

    it("a sum, square or score that may overflow, and names the column", async () => {
      const wide = unreadable(table, {}, { max: 2 ** 28 });
      assert.include(await refusal("BFV_OVERFLOW", () => sumTables([wide, wide, wide])), "temperature");
      assert.include(
        await refusal("BFV_OVERFLOW", () => momentsOf([unreadable(table, {}, { max: 2 ** 17 })])),
        "squared",
      );
      await refusal("BFV_OVERFLOW", () => linearScore(wide, { weights: { temperature: 100 }, scale: 1 }));
    });

    it("a result that noise would drown", async () => {
      await refusal("BFV_NOISE_EXHAUSTED", () =>
        momentsOf([unreadable(small, {}, { min: 360, max: 370 })].map(narrowed)),
      );
      await refusal("BFV_NOISE_EXHAUSTED", () => linearScore(unreadable(small), { weights: { weight: 1 } }));
      await refusal("BFV_NOISE_EXHAUSTED", () => sumTables([unreadable(table, { noiseBudget: 0.9 })]));
      const weary = unreadable(table, { noiseBudget: 30 });
      await refusal("BFV_NOISE_EXHAUSTED", () => linearScore(weary, { weights: { weight: 1 } }));
    });

    it("nothing to compute on, and columns that are not there", async () => {
      await refusal("INPUT_INVALID", () => sumTables([]));
      await refusal("INPUT_INVALID", () => momentsOf([]));
      await refusal("FEATURE_MISSING", () => linearScore(unreadable(table), { weights: { pulse: 1 } }));
      for (const weight of [Number.NaN, Number.POSITIVE_INFINITY, 0]) {
        await refusal("INPUT_INVALID", () => linearScore(unreadable(table), { weights: { weight } }));
      }
      await refusal("INPUT_INVALID", () =>
        linearScore(unreadable(table, {}, { count: 2 }), { weights: { temperature: 1 } }),
      );
    });
  });

  it("loads no file whose digest is not the described one, and no product where a value is wanted", async () => {
    const { publicKey, secretKey } = await generateKeys("standard");
    const column = { name: "x", unit: "1", scale: 0, min: 0, max: 9, values: ["1"] };
    const [a, b] = [
      await encryptTable("standard", publicKey, [column]),
      await encryptTable("standard", publicKey, [{ ...column, values: ["2"] }]),
    ];
    const swapped = { ...a, file: b.file };
    for (const call of [
      () => sumTables([a, swapped]),
      () => momentsOf([swapped]),
      () => linearScore(swapped, { weights: { x: 1 } }),
      () => decryptTable(secretKey, swapped),
    ]) {
      await refusal("BFV_BYTES_INVALID", call);
    }
    const { squares } = await momentsOf([a, b]);
    const budget = { ...squares, description: { ...squares.description, noiseBudget: 45 } };
    await refusal("INPUT_INVALID", () => momentsOf([budget]));
    await refusal("INPUT_INVALID", () => linearScore(budget, { weights: { x: 1 } }));
    const twice = await decryptTable(secretKey, await sumTables([squares, squares]));
    assert.deepEqual(twice[0]?.values, ["26"], "twice (1 - 4)² + (2 - 4)²: 4 is the middle of 0 to 9");
  });

  it("decrypts only with the key that a table names, and only what is in range", async () => {
    const [keys, others] = [await generateKeys("compact"), await generateKeys("compact")];
    const table = await encryptTable("compact", keys.publicKey, patient("36.5", "80"));
    await refusal("BFV_MISMATCH", () => decryptTable(others.secretKey, table));
    const columns = table.description.columns.map((c) => ({ ...c, max: c.min }));
    await refusal("FRAGMENT_INVALID", () =>
      decryptTable(keys.secretKey, { ...table, description: { ...table.description, columns } }),
    );
  });

  it("encrypts no value outside of its column's range or scale, and names the column only", async () => {
    const { publicKey } = await generateKeys("compact");
    for (const [value, code] of [
      ["45.1", "FEATURE_OUT_OF_RANGE"],
      ["29.9", "FEATURE_OUT_OF_RANGE"],
      ["36.55", "FEATURE_OUT_OF_RANGE"],
      ["", "FEATURE_OUT_OF_RANGE"],
      ["36,5", "FEATURE_OUT_OF_RANGE"],
    ] as const) {
      const message = await refusal(code, () => encryptTable("compact", publicKey, patient(value, "1")));
      assert.include(message, "temperature");
      if (value !== "") assert.notInclude(message, value);
    }
    const column = { ...WEIGHT, values: ["1"] };
    for (const columns of [[], [{ ...column, values: [] }], [column, column], [{ ...column, min: 2, max: 1 }]]) {
      await refusal("INPUT_INVALID", () => encryptTable("compact", publicKey, columns));
    }
  });

  it("descriptions survive the way, and others are refused", async () => {
    const { publicKey } = await generateKeys("compute");
    const table = await encryptTable("compute", publicKey, patient("36.5", "80"));
    const { table: score } = await linearScore(table, { weights: { weight: 0.5 } });
    for (const { description } of [table, score]) {
      const bytes = encodeDescription(description);
      assert.deepEqual(decodeDescription(bytes), description);
      await refusal("BFV_BYTES_INVALID", async () => decodeDescription(bytes.slice(1)));
    }
    for (const change of [{ noiseBudget: "x" }, { columns: [] }, { keyId: new Uint8Array(31) }, { more: 1 }]) {
      const bytes = encodeDescription({ ...table.description, ...(change as object) });
      await refusal("BFV_BYTES_INVALID", async () => decodeDescription(bytes));
    }
  });
});

/** The same table with ranges that `standard` can square. */
function narrowed(table: NumericTable): NumericTable {
  const columns = table.description.columns.map((c) => ({ ...c, min: c.max - 4 }));
  return { ...table, description: { ...table.description, columns } };
}

/** The measured noise budget of a table's first ciphertext. */
async function budgetOf(profile: ProfileName, secretKey: Uint8Array, { file }: NumericTable): Promise<number> {
  const { loadCiphertext } = await import("../../../offchain/bfv/load-ciphertext.ts");
  const { expandSecretKey } = await import("../../../offchain/bfv/keys.ts");
  const bfv = await bfvContext(profile);
  assert.equal(bfv.degree, PROFILES[profile].degree);
  const { numeric, form } = decodeCiphertextFile(profile, file);
  using ciphertext = loadCiphertext(bfv, numeric[0]!, bfv.dataLevel, form === "seeded", form === "product" ? 3 : 2);
  using key = expandSecretKey(bfv, profile, secretKey);
  using decryptor = new bfv.seal.Decryptor(bfv.context, key);
  return decryptor.invariantNoiseBudget(ciphertext);
}
