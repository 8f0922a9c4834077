/** Sums of studies by another implementation of BFV: Lattigo, which shares no code with SEAL, decrypts them under the joint secret. */
import { createHash } from "node:crypto";
import { decode } from "@ipld/dag-cbor";
import { toHex32 } from "@medexchain/core";
import { partialDecryption, rowOf, type StudyInput, sumInputs } from "@medexchain/studies";
import { assert } from "chai";
import type { Suite } from "mocha";
import { unpackPair } from "../../../../offchain/bfv/coefficients.ts";
import { noiseOf } from "../../../../offchain/studies/partial-decryption.ts";
import { centred, slotsToPolynomial, studyRing } from "../../../../offchain/studies/study-ring.ts";
import { runLattigo, whyNoLattigo } from "../../../../tools/lattigo/run.ts";
import { inputsOf, MEAN, type OpenStudy, openStudy, PRESSURE, WEIGHT } from "../support.ts";

const ROWS = [
  { weight: "60", systolic: "110" },
  { weight: "70.5", systolic: "118" },
  { weight: "200", systolic: "220" },
];
const BOTH = { version: 1 as const, title: "Weight and blood pressure", columns: [WEIGHT, PRESSURE] };

/** The ternary polynomial of a holder, by OpenSSL's SHAKE256: five digits of each byte below 243. */
function secretOf(study: Uint8Array, secretKey: Uint8Array, degree: number): number[] {
  const input = Buffer.concat([Buffer.from(`medexchain/v1/bfv/secret-key\0studies/${toHex32(study)}\0`), secretKey]);
  return [...createHash("shake256", { outputLength: degree }).update(input).digest()]
    .filter((byte) => byte < 243)
    .flatMap((byte) => [1, 3, 9, 27, 81].map((power) => Math.floor(byte / power) % 3))
    .slice(0, degree)
    .map((digit) => [0, 1, -1][digit]!);
}

/** The sum of a holder's masks: what it publishes, less its noise. */
async function masksOf(study: OpenStudy, i: number, sum: Uint8Array, inputs: readonly StudyInput[]) {
  const options = { holder: study.ids[i]!, secretKey: study.shares[i]!.secretKey, sum };
  const { masks } = decode<{ masks: Uint8Array }>(await partialDecryption(study.plan, { ...options, inputs }));
  const published = new BigUint64Array(masks.slice().buffer);
  return noiseOf(study.plan, options).map((noise, slot) => published[slot]! + noise);
}

function suite(this: Suite): void {
  this.timeout(300_000);
  for (const [name, question] of [
    ["two primes", MEAN],
    ["three primes", { ...BOTH, statistic: { kind: "correlation" as const, x: "weight", y: "systolic" } }],
  ] as const) {
    it(`a sum decrypts under the sum of the holders' secrets to the sum of the rows and masks, in a ring of ${name}`, async () => {
      const study = await openStudy(question, { holders: 3 });
      const ring = await studyRing(study.plan);
      const { degree, dataLevel, plainModulus } = ring;
      assert.equal(dataLevel.primes.length, name === "two primes" ? 2 : 3);
      const columns = question.columns.map((column) => column.name);
      const rows = ROWS.map((row) =>
        Object.fromEntries(Object.entries(row).filter(([column]) => columns.includes(column))),
      );
      const inputs = await inputsOf(study, rows);
      const sum = await sumInputs(study.plan, inputs);
      const { coefficients } = unpackPair(
        decode<{ packed: Uint8Array }>(sum).packed,
        dataLevel,
        degree,
        false,
        "test",
        2,
      );
      const half = coefficients.length / 2;
      const base64 = (words: BigUint64Array) => Buffer.from(words.slice().buffer).toString("base64");
      const secrets = study.shares.map(({ secretKey }) => secretOf(study.plan.study.id, secretKey, degree));
      const decrypted = runLattigo("decrypt", {
        logN: Math.log2(degree),
        q: dataLevel.primes.map(String),
        t: String(plainModulus),
        secret: secrets[0]!.map((_, i) => secrets.reduce((total, secret) => total + secret[i]!, 0)),
        c0: base64(coefficients.subarray(0, half)),
        c1: base64(coefficients.subarray(half)),
      });
      const masks = await Promise.all(study.ids.map((_, i) => masksOf(study, i, sum, inputs)));
      const totals = rowOf(question, rows[0]!).map((_, slot) => {
        const values = rows.reduce((total, row) => total + rowOf(question, row)[slot]!, 0n);
        return centred(
          masks.reduce((total, mask) => total + mask[slot]!, values),
          plainModulus,
        );
      });
      const found = new BigUint64Array(decrypted.slice().buffer);
      assert.deepEqual([...found], [...slotsToPolynomial(ring, totals)]);
    });
  }
}

const reason = whyNoLattigo();
if (reason === undefined) describe("studies: by Lattigo", suite);
else process.stdout.write(`studies by Lattigo: left out, ${reason}\n`);
