/**
 * Some coefficients of a study's polynomials, by the definition of BFV: schoolbook products in whole numbers, and secrets and masks from OpenSSL's
 * SHAKE256.
 */
import { createHash } from "node:crypto";
import { decode } from "@ipld/dag-cbor";
import { toHex32 } from "@medexchain/core";
import { openByXWing, type XWingBox } from "@medexchain/pre/x-wing";
import { partialDecryption, rowOf, type StudyInput, sumInputs } from "@medexchain/studies";
import { assert } from "chai";
import { unpackPair } from "../../../offchain/bfv/coefficients.ts";
import { noiseOf } from "../../../offchain/studies/partial-decryption.ts";
import { slotsToPolynomial, studyRing } from "../../../offchain/studies/study-ring.ts";
import { inputsOf, MEAN, type OpenStudy, openStudy } from "./support.ts";

const WEIGHTS = ["70.5", "82.0", "61.3", "99.9"];
/** Coefficients that are looked at: the first, the last, and some between. */
const PLACES = [0, 1, 2, 3, 63, 64, 1000, 4095, 4096, 5555, 8190, 8191];

const packedOf = (file: Uint8Array): Uint8Array => decode<{ packed: Uint8Array }>(file).packed;

/** The ternary polynomial of a holder: five digits of each byte below 243. */
function secretOf(study: Uint8Array, secretKey: Uint8Array, degree: number): bigint[] {
  const input = Buffer.concat([Buffer.from(`medexchain/v1/bfv/secret-key\0studies/${toHex32(study)}\0`), secretKey]);
  return [...createHash("shake256", { outputLength: degree }).update(input).digest()]
    .filter((byte) => byte < 243)
    .flatMap((byte) => [1, 3, 9, 27, 81].map((power) => Math.floor(byte / power) % 3))
    .slice(0, degree)
    .map((digit) => [0n, 1n, -1n][digit]!);
}

const hash = (...parts: (Uint8Array | string)[]): Buffer => {
  const digest = createHash("sha256");
  for (const part of parts) digest.update(part);
  return digest.digest();
};

/** The mask of one slot, of an input for a holder: the first word of the stream that is below t. */
async function maskOf({ plan, ids, shares }: OpenStudy, at: number, input: StudyInput, t: bigint): Promise<bigint> {
  const { packed, seeds } = decode<{ packed: Uint8Array; seeds: XWingBox[] }>(input.file);
  const names = [plan.study.id, input.patient, ids[at]!];
  const keySeed = createHash("shake256", { outputLength: 32 })
    .update(Buffer.concat([Buffer.from("medexchain/v1/studies/mask-key\0"), shares[at]!.secretKey, plan.study.id]))
    .digest();
  const info = Buffer.concat([Buffer.from("medexchain/v1/studies/sealed-mask\0"), ...names, hash(packed)]);
  const seed = await openByXWing(keySeed, info, seeds[at]!);
  const words = createHash("shake256", { outputLength: 8000 })
    .update(Buffer.concat([Buffer.from("medexchain/v1/studies/mask\0"), seed, hash(...names)]))
    .digest();
  const cut = (1n << BigInt(t.toString(2).length)) - 1n;
  for (let i = 0; ; i++) {
    const word = words.readBigUInt64LE(8 * i) & cut;
    if (word < t) return word;
  }
}

describe("studies: by the definition", () => {
  let study: OpenStudy;
  let inputs: StudyInput[];
  let sum: Uint8Array;
  let ring: Awaited<ReturnType<typeof studyRing>>;
  let q: bigint;
  let pair: bigint[][];
  let secrets: bigint[][];

  /** Polynomials of a packed file as whole numbers of `[0, q)`. */
  function polynomials(packed: Uint8Array, count: number): bigint[][] {
    const { degree, dataLevel } = ring;
    const { coefficients } = unpackPair(packed, dataLevel, degree, false, "test", count);
    const { primes } = dataLevel;
    const inverse = (a: bigint, p: bigint): bigint => {
      let [result, base, power] = [1n, a % p, p - 2n];
      for (; power > 0n; power >>= 1n) {
        if (power & 1n) result = (result * base) % p;
        base = (base * base) % p;
      }
      return result;
    };
    const weights = primes.map((prime) => (q / prime) * inverse(q / prime, prime));
    return Array.from({ length: count }, (_, row) =>
      Array.from(
        { length: degree },
        (_, i) =>
          weights.reduce(
            (value, weight, p) => value + weight * coefficients[(row * primes.length + p) * degree + i]!,
            0n,
          ) % q,
      ),
    );
  }

  /** One coefficient of a product modulo `X^n + 1`. */
  function productAt(a: readonly bigint[], b: readonly bigint[], place: number): bigint {
    const degree = a.length;
    return a.reduce((total, each, i) => {
      const j = place - i;
      return total + (j >= 0 ? each * b[j]! : -each * b[j + degree]!);
    }, 0n);
  }

  /** The nearest message of `[0, t)`, and what is left. */
  function decodeAt(value: bigint): { message: bigint; noise: bigint } {
    const t = ring.plainModulus;
    const reduced = ((value % q) + q) % q;
    const message = (2n * reduced * t + q) / (2n * q);
    return { message: message % t, noise: (reduced * t - message * q) / t };
  }

  before(async () => {
    study = await openStudy(MEAN);
    ring = await studyRing(study.plan);
    q = ring.dataLevel.primes.reduce((product, prime) => product * prime, 1n);
    inputs = await inputsOf(
      study,
      WEIGHTS.map((weight) => ({ weight })),
    );
    sum = await sumInputs(study.plan, inputs);
    pair = polynomials(packedOf(sum), 2);
    secrets = study.shares.map(({ secretKey }) => secretOf(study.plan.study.id, secretKey, ring.degree));
  });

  /** Of one holder, for all inputs. */
  async function masksOf(at: number): Promise<bigint> {
    let total = 0n;
    for (const input of inputs) total += await maskOf(study, at, input, ring.plainModulus);
    return total % ring.plainModulus;
  }

  it("a sum decrypts under the sum of all holders' secrets to the sum of the rows and masks, with no more noise than was calculated", async () => {
    const total = WEIGHTS.reduce((whole, weight) => whole + rowOf(MEAN, { weight })[0]!, 0n);
    const t = ring.plainModulus;
    const masked = (total + (await masksOf(0)) + (await masksOf(1))) % t;
    const expected = slotsToPolynomial(ring, [2n * masked > t ? masked - t : masked]);
    const secret = secrets[0]!.map((each, i) => each + secrets[1]![i]!);
    for (const place of PLACES) {
      const { message, noise } = decodeAt(pair[0]![place]! + productAt(pair[1]!, secret, place));
      assert.equal(message, expected[place], `coefficient ${place}`);
      // The bound is for the largest cohort; for four patients it is so much less.
      const bound = (study.plan.parameters.sumNoise * BigInt(WEIGHTS.length)) / 1000n;
      assert.isTrue(noise <= bound && -noise <= bound, `coefficient ${place}`);
    }
  });

  it("a partial decryption is that of its holder's secret, with smudging as large as was calculated, and its masks with its noise", async () => {
    const { secretKey } = study.shares[0]!;
    const options = { holder: study.ids[0]!, secretKey, sum };
    const partial = await partialDecryption(study.plan, { ...options, inputs });
    const masks = Buffer.from(decode<{ masks: Uint8Array }>(partial).masks);
    const t = ring.plainModulus;
    assert.equal(masks.length, 8);
    assert.equal(masks.readBigUInt64LE(), ((await masksOf(0)) - noiseOf(study.plan, options)[0]! + t) % t);

    const [d = []] = polynomials(packedOf(partial), 1);
    const { smudgingBits, sumNoise } = study.plan.parameters;
    const magnitudes = PLACES.map((place) => {
      const { message, noise } = decodeAt(d[place]! - productAt(pair[1]!, secrets[0]!, place));
      assert.equal(message, 0n, `coefficient ${place}`);
      return noise < 0n ? -noise : noise;
    });
    assert.isTrue(magnitudes.every((each) => each <= 1n << BigInt(smudgingBits)));
    // Of twelve uniform draws all are below a thousandth of the bound once in 10^36 runs.
    assert.isTrue(magnitudes.some((each) => each > sumNoise << 40n));
  });
});
