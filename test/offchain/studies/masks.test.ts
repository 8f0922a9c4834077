/** What a patient achieves who sends a ciphertext that is not one the protocol makes: the joint secret, and with it nothing but uniform numbers. */
import { randomBytes } from "node:crypto";
import { decode, encode } from "@ipld/dag-cbor";
import { sha256, toHex32 } from "@medexchain/core";
import { sealByXWing, type XWingBox } from "@medexchain/pre/x-wing";
import {
  combinePartials,
  openJointKey,
  partialDecryption,
  type Question,
  rowOf,
  type StudyInput,
  sumInputs,
} from "@medexchain/studies";
import { assert } from "chai";
import { packPair, unpackPair } from "../../../offchain/bfv/coefficients.ts";
import { secretResidues } from "../../../offchain/studies/key-share.ts";
import { drawMask, maskKeySeed, openMaskSeed, sealMaskSeed } from "../../../offchain/studies/masks.ts";
import { productWithSecret } from "../../../offchain/studies/partial-decryption.ts";
import { centred, modulo, polynomialToSlots, smallToNtt, studyRing } from "../../../offchain/studies/study-ring.ts";
import { drawUniform } from "../../../offchain/studies/uniform.ts";
import { refusal } from "../bfv/support.ts";
import { inputsOf, MEAN, noiseIn, type OpenStudy, openStudy, WEIGHT } from "./support.ts";

interface Input {
  packed: Uint8Array;
  seeds: XWingBox[];
}
const HISTOGRAM: Question = {
  version: 1,
  title: "Body weight",
  columns: [WEIGHT],
  statistic: {
    kind: "histogram",
    bins: { column: "weight", edges: Array.from({ length: 35 }, (_, i) => String(30 + 5 * i)) },
  },
};

/** χ² of so many draws against the uniform distribution on 16 equal parts of `[0, below)`. */
function chiSquare(draws: readonly bigint[], below: bigint): number {
  const counts = new Array<number>(16).fill(0);
  for (const draw of draws) counts[Number((draw * 16n) / below)]!++;
  const expected = draws.length / 16;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}
/** 15 degrees of freedom: beyond it once in 10^9 runs of what is uniform. */
const UNIFORM = 75;

/** An input with other fields, which its patient has committed to. */
const changed = (input: StudyInput, change: (file: Input) => object): StudyInput => {
  const file = encode({ ...decode<object>(input.file), ...change(decode<Input>(input.file)) });
  return { ...input, file, digest: sha256(file) };
};

describe("studies: masks", () => {
  let study: OpenStudy;
  let ring: Awaited<ReturnType<typeof studyRing>>;
  let q: bigint;

  const part = (at: number, sum: Uint8Array, inputs: readonly StudyInput[]) =>
    partialDecryption(study.plan, { holder: study.ids[at]!, secretKey: study.shares[at]!.secretKey, sum, inputs });
  const open = async (question: Question) => {
    study = await openStudy(question);
    ring = await studyRing(study.plan);
    q = ring.dataLevel.primes.reduce((product, prime) => product * prime, 1n);
  };

  /** Residues as whole numbers of `[0, q)`. */
  function whole(residues: BigUint64Array): bigint[] {
    const { degree, dataLevel } = ring;
    const weights = dataLevel.primes.map((prime) => {
      const rest = q / prime;
      let [inverse, base, power] = [1n, rest % prime, prime - 2n];
      for (; power > 0n; power >>= 1n) {
        if (power & 1n) inverse = (inverse * base) % prime;
        base = (base * base) % prime;
      }
      return rest * inverse;
    });
    return Array.from(
      { length: degree },
      (_, i) => weights.reduce((value, weight, row) => value + weight * residues[row * degree + i]!, 0n) % q,
    );
  }
  const unpack = (packed: Uint8Array, polynomials = 2) =>
    unpackPair(packed, ring.dataLevel, ring.degree, false, "test", polynomials).coefficients;

  /** An input with so much added to the first coefficient of its second half, and its seeds sealed for that. */
  async function forged(input: StudyInput, delta: bigint): Promise<StudyInput> {
    const { degree, dataLevel } = ring;
    const coefficients = unpack(decode<Input>(input.file).packed);
    for (const [row, prime] of dataLevel.primes.entries()) {
      const at = (dataLevel.primes.length + row) * degree;
      coefficients[at] = modulo(coefficients[at]! + delta, prime);
    }
    const packed = packPair({ coefficients }, dataLevel, degree);
    const seeds = study.shares.map(async ({ share }, at) => {
      const { maskKey } = decode<{ maskKey: Uint8Array }>(share);
      return sealMaskSeed(maskKey, subjectOf(at, input), packed, await seedOf(at, input));
    });
    const sealed = await Promise.all(seeds);
    return changed(input, () => ({ packed, seeds: sealed }));
  }

  /**
   * The joint secret, of what is public of a sum with `q/8t` added to its second half: each coefficient of `c0 + Σ d_i` is a multiple of `q/t`, and
   * an eighth of one for each unit of the secret's.
   */
  function secretFrom(sum: Uint8Array, partials: readonly Uint8Array[]): number[] {
    const t = ring.plainModulus;
    const half = ring.degree * ring.dataLevel.primes.length;
    const polynomials = [
      unpack(decode<Input>(sum).packed).subarray(0, half),
      ...partials.map((file) => unpack(decode<Input>(file).packed, 1)),
    ].map(whole);
    return Array.from({ length: ring.degree }, (_, i) => {
      const value = polynomials.reduce((total, each) => total + each[i]!, 0n) * t;
      const eighths = ((8n * value + q / 2n) / q) % 8n;
      return Number(eighths > 4n ? eighths - 8n : eighths);
    });
  }

  /** The slots of an input, by who has the joint secret. */
  function slotsOf({ file }: StudyInput, secret: readonly number[]): bigint[] {
    const { degree, dataLevel, plainModulus: t } = ring;
    const pair = unpack(decode<Input>(file).packed);
    const product = productWithSecret(ring, pair, smallToNtt(ring, secret));
    const first = whole(pair.subarray(0, degree * dataLevel.primes.length));
    const polynomial = BigUint64Array.from(whole(product), (value, i) => {
      return ((2n * ((value + first[i]!) % q) * t + q) / (2n * q)) % t;
    });
    return polynomialToSlots(ring, polynomial, study.plan.scales.length);
  }

  const subjectOf = (at: number, { patient }: StudyInput) => ({
    study: study.plan.study.id,
    patient,
    holder: study.ids[at]!,
  });
  /** The seed of a patient's masks for one holder. */
  async function seedOf(at: number, input: StudyInput): Promise<Uint8Array> {
    const { packed, seeds } = decode<Input>(input.file);
    const keySeed = maskKeySeed(study.plan.study.id, study.shares[at]!.secretKey);
    return (await openMaskSeed(keySeed, subjectOf(at, input), packed, seeds[at]!))!;
  }
  const masksOf = async (at: number, input: StudyInput): Promise<bigint[]> => [
    ...drawMask(await seedOf(at, input), subjectOf(at, input), study.plan.scales.length, ring.plainModulus),
  ];

  it("leave uniform numbers to who has uncovered the joint secret by a forged input, and the values to nobody without each holder", async () => {
    await open(HISTOGRAM);
    const t = ring.plainModulus;
    const honest = await inputsOf(
      study,
      Array.from({ length: 12 }, () => ({ weight: "72" })),
    );
    const [own] = (await inputsOf(study, [{ weight: "80" }])) as [StudyInput];
    const inputs = [...honest, await forged(own, q / t / 8n)];
    const sum = await sumInputs(study.plan, inputs);
    const partials = [await part(0, sum, inputs), await part(1, sum, inputs)];
    // It is noticed, and too late: the parts are out.
    await refusal("STUDY_UNDECIPHERABLE", () => combinePartials(study.plan, sum, partials));

    const secret = secretFrom(sum, partials);
    const residues = study.shares.map(({ secretKey }) => secretResidues(ring, study.plan.study.id, secretKey));
    const right = residues[0]!.map(
      (each, i) => (each + residues[1]![i]!) % ring.keyLevel.primes[Math.floor(i / ring.degree)]!,
    );
    assert.isTrue(
      smallToNtt(ring, secret).every((each, i) => each === right[i]),
      "the joint secret was not uncovered",
    );

    const row = rowOf(HISTOGRAM, { weight: "72" });
    const found: bigint[] = [];
    for (const input of honest.slice(0, 6)) {
      const slots = slotsOf(input, secret);
      const [first, second] = [await masksOf(0, input), await masksOf(1, input)];
      // Without the masks it would have been the values.
      const bare = slots.map((slot, i) => centred(slot - first[i]! - second[i]!, t));
      assert.deepEqual(bare, row);
      // All holders but one, with the joint secret: still every mask of the honest one's is between.
      found.push(...slots.map((slot, i) => modulo(slot - second[i]!, t)));
    }
    assert.isBelow(chiSquare(found, t), UNIFORM);
    assert.isAbove(new Set(found).size, found.length / 2);
  });

  describe("of a mean", () => {
    let inputs: StudyInput[];
    before(async () => {
      await open(MEAN);
      inputs = await inputsOf(
        study,
        ["70.5", "82", "61.3", "99.9"].map((weight) => ({ weight })),
      );
    });
    /** What a holder says of a sum with such an input. */
    const refused = async (input: StudyInput, at: number): Promise<string> => {
      const all = [...inputs.slice(1), input];
      const sum = await sumInputs(study.plan, all);
      return refusal("STUDY_INPUT_INVALID", () => part(at, sum, all));
    };

    it("come off exactly, and the same part of a sum has the same bytes however often it is asked for", async () => {
      const sum = await sumInputs(study.plan, inputs);
      const partials = [await part(0, sum, inputs), await part(1, sum, inputs)];
      const { slots } = await combinePartials(study.plan, sum, partials);
      const right = inputs.length * -300 + 705 + 820 + 613 + 999;
      assert.deepEqual(slots, [BigInt(right) + noiseIn(study, sum)[0]!]);
      assert.deepEqual(await part(0, sum, inputs), partials[0], "another part of the same sum");
    });

    it("that are sealed to another holder, or to the right ones in another order, are refused by name", async () => {
      const [first] = inputs as [StudyInput];
      const swapped = changed(first, ({ seeds }) => ({ seeds: seeds.toReversed() }));
      for (const at of [0, 1]) assert.include(await refused(swapped, at), toHex32(first.patient));
      const twice = changed(first, ({ seeds }) => ({ seeds: [seeds[0]!, seeds[0]!] }));
      assert.include(await refused(twice, 1), toHex32(first.patient));
    });

    it("cannot be opened as part of another's input, nor with another ciphertext", async () => {
      const [first, second] = inputs as [StudyInput, StudyInput];
      const patient = Uint8Array.from(randomBytes(32));
      const stolen = changed({ ...first, patient }, () => ({ from: patient }));
      assert.include(await refused(stolen, 0), toHex32(patient));
      const mixed = changed(first, () => ({ packed: decode<Input>(second.file).packed }));
      assert.include(await refused(mixed, 0), toHex32(first.patient));
    });

    it("that open to the wrong thing are refused, and one for each holder must be there", async () => {
      const [first] = inputs as [StudyInput];
      const one = changed(first, ({ seeds }) => ({ seeds: seeds.slice(1) }));
      await refusal("STUDY_INPUT_INVALID", () => sumInputs(study.plan, [one]));
      const { maskKey } = decode<{ maskKey: Uint8Array }>(study.shares[0]!.share);
      const short = await sealByXWing(maskKey, new Uint8Array(), new Uint8Array(31));
      const cut = changed(first, ({ seeds }) => ({ seeds: [short, seeds[1]!] }));
      await refusal("STUDY_INPUT_INVALID", () => sumInputs(study.plan, [cut]));
    });

    it("that a holder makes up, or damages, garble nothing unnoticed", async () => {
      const sum = await sumInputs(study.plan, inputs);
      const [first, second] = [await part(0, sum, inputs), await part(1, sum, inputs)];
      const combined = (masks: Uint8Array) =>
        combinePartials(study.plan, sum, [first, encode({ ...decode<object>(second), masks })]);
      const t = ring.plainModulus;
      const bytesOf = (value: bigint) => Uint8Array.from(new Uint8Array(BigUint64Array.of(value).buffer));
      for (const wrong of [bytesOf(t), new Uint8Array(7), new Uint8Array(16)]) {
        await refusal("STUDY_RELEASE_REFUSED", () => combined(wrong));
      }
      const right = Buffer.from(decode<{ masks: Uint8Array }>(second).masks).readBigUInt64LE();
      await refusal("STUDY_UNDECIPHERABLE", () => combined(bytesOf((right + t / 2n) % t)));
    });

    it("are refused where a share has no key that they can be sealed to", async () => {
      const shares = study.shares.map(({ share }) => share);
      const broken = encode({ ...decode<object>(shares[0]!), maskKey: new Uint8Array(1216).fill(255) });
      using key = await openJointKey(study.plan, [broken, shares[1]!]);
      await refusal("STUDY_SHARE_INVALID", () => key.encrypt(new Uint8Array(32), { weight: "70" }));
      const subject = { study: study.plan.study.id, patient: new Uint8Array(32), holder: study.ids[0]! };
      await refusal("STUDY_SHARE_INVALID", () =>
        sealMaskSeed(new Uint8Array(1216).fill(255), subject, new Uint8Array(), new Uint8Array(32)),
      );
    });
  });

  it("are uniform modulo t, without what a remainder would favour, and another's for each study, patient and holder", async () => {
    // Of a modulus of 3/4 of a power of two, remainders would have the lower third twice.
    const draws = new BigUint64Array(20_000);
    const below = 3n << 20n;
    let calls = 0;
    drawUniform(
      (length) => {
        calls++;
        return Uint8Array.from(randomBytes(length));
      },
      below,
      draws,
    );
    assert.isAbove(calls, 20);
    assert.isTrue(draws.every((draw) => draw < below));
    assert.isBelow(chiSquare([...draws], below), UNIFORM);

    const id = () => Uint8Array.from(randomBytes(32));
    const [seed, subject] = [id(), { study: id(), patient: id(), holder: id() }];
    const drawn = (from: Uint8Array, of: typeof subject) => drawMask(from, of, 4, 1n << 40n).join();
    const mask = drawn(seed, subject);
    assert.equal(drawn(seed, subject), mask);
    for (const other of ["study", "patient", "holder"] as const) {
      assert.notEqual(drawn(seed, { ...subject, [other]: id() }), mask, other);
    }
    assert.notEqual(drawn(id(), subject), mask);
  });
});
