import { randomBytes } from "node:crypto";
import { decode, encode } from "@ipld/dag-cbor";
import { toHex32 } from "@medexchain/core";
import {
  combinePartials,
  keyShare,
  openJointKey,
  outcomeOf,
  partialDecryption,
  planStudy,
  type StudyInput,
  sumInputs,
} from "@medexchain/studies";
import { assert } from "chai";
import { refusal } from "../bfv/support.ts";
import { inputsOf, MEAN, noiseIn, type OpenStudy, openStudy } from "./support.ts";

const WEIGHTS = ["70.5", "82.04", "30", "200", "64.25"];
const MEAN_WEIGHT = (70.5 + 82 + 30 + 200 + 64.3) / 5;

describe("studies: a mean by two holders", () => {
  let study: OpenStudy;
  let inputs: StudyInput[];
  let sum: Uint8Array;
  let partials: Uint8Array[];
  const partialOf = (at: number, of = sum, from: readonly StudyInput[] = inputs) =>
    partialDecryption(study.plan, {
      holder: study.ids[at]!,
      secretKey: study.shares[at]!.secretKey,
      sum: of,
      inputs: from,
    });

  before(async () => {
    study = await openStudy(MEAN);
    inputs = await inputsOf(
      study,
      WEIGHTS.map((weight) => ({ weight })),
    );
    sum = await sumInputs(study.plan, inputs);
    partials = [await partialOf(0), await partialOf(1)];
  });

  it("is the sum of the values and of both holders' noise, and states the error of that", async () => {
    const released = await combinePartials(study.plan, sum, partials);
    const { count, figures } = outcomeOf(study.plan, released);
    assert.equal(count, 5);
    const [mean] = figures;
    assert.equal(mean?.name, "mean");
    const [noise] = noiseIn(study, sum);
    assert.deepEqual(released.slots, [4468n - 5n * 300n + noise!]);
    assert.approximately(mean!.value, MEAN_WEIGHT + Number(noise) / 10 / 5, 1e-9);
    assert.isAbove(mean!.error, 0);
    assert.isBelow(mean!.error, 6 * (170 / 20 / 5) * 2);
  });

  it("is computed anew to the same bytes by anyone", async () => {
    assert.deepEqual(await sumInputs(study.plan, inputs), sum);
    assert.notDeepEqual(await sumInputs(study.plan, inputs.slice(1)), sum, "an input is left out");
  });

  it("cannot be read without each holder", async () => {
    await refusal("STUDY_RELEASE_REFUSED", () => combinePartials(study.plan, sum, partials.slice(0, 1)));
    // A holder that puts what it likes in the other's place reads nothing: the other's part of the key is all over the sum.
    const forged = encode({ ...decode<object>(partials[0]!), from: study.ids[1]! });
    await refusal("STUDY_UNDECIPHERABLE", () => combinePartials(study.plan, sum, [partials[0]!, forged]));
    const { secretKey } = (await openStudy(MEAN)).shares[1]!;
    const why = await refusal("STUDY_INPUT_INVALID", () =>
      partialDecryption(study.plan, { holder: study.ids[1]!, secretKey, sum, inputs }),
    );
    assert.include(why, toHex32(inputs[0]!.patient));
  });

  it("takes a partial decryption of no other sum, holder or study", async () => {
    const less = await sumInputs(study.plan, inputs.slice(1));
    await refusal("STUDY_RELEASE_REFUSED", () => combinePartials(study.plan, less, partials));
    await refusal("STUDY_RELEASE_REFUSED", () => combinePartials(study.plan, sum, [partials[0]!, partials[0]!]));
    const other = planStudy({ ...study.plan.study, id: randomBytes(32) });
    await refusal("STUDY_SUM_INVALID", () => combinePartials(other, sum, partials));
  });

  it("gives the same partial decryption however often it is asked, so that its noise cannot be averaged away", async () => {
    assert.deepEqual(await partialOf(0), partials[0]);
    assert.deepEqual(await keyShare(study.plan, study.ids[0]!, study.shares[0]!.secretKey), study.shares[0]!.share);
  });

  it("has noise of each holder's own, and other noise in every sum", async () => {
    const noises = new Set<bigint>();
    for (let size = 3; size <= 5; size++) {
      const part = inputs.slice(0, size);
      const of = await sumInputs(study.plan, part);
      const parts = [await partialOf(0, of, part), await partialOf(1, of, part)];
      const { slots } = await combinePartials(study.plan, of, parts);
      const right = WEIGHTS.slice(0, size).reduce((total, weight) => total + Math.round(Number(weight) * 10) - 300, 0);
      noises.add(slots[0]! - BigInt(right));
    }
    // Three sums of two draws with a scale of 85: all zero less than once in 10^6 runs.
    assert.isFalse(noises.size === 1 && noises.has(0n));
  });

  it("is decrypted by no holder that did not make the same sum of its inputs", async () => {
    await refusal("STUDY_SUM_INVALID", () => partialOf(0, sum, inputs.slice(1)));
    await refusal("STUDY_SUM_INVALID", () => partialOf(0, sum, inputs.toReversed()));
  });

  it("is refused to a cohort that is too small", async () => {
    const small = await sumInputs(study.plan, inputs.slice(0, 2));
    const why = await refusal("STUDY_RELEASE_REFUSED", () => partialOf(0, small, inputs.slice(0, 2)));
    assert.include(why, "2 patients");
  });

  it("counts no patient twice, and no input that is another's", async () => {
    const [first, second] = inputs as [StudyInput, StudyInput];
    await refusal("STUDY_SUM_INVALID", () => sumInputs(study.plan, [first, second, first]));
    const copied = { ...first, patient: Uint8Array.from(randomBytes(32)) };
    await refusal("STUDY_INPUT_INVALID", () => sumInputs(study.plan, [first, copied]));
    const altered = { ...first, file: Uint8Array.from(first.file, (byte, i) => (i === 5000 ? byte ^ 1 : byte)) };
    await refusal("STUDY_INPUT_INVALID", () => sumInputs(study.plan, [altered]));
  });

  it("takes no value out of range, and says which without saying what", async () => {
    using key = await openJointKey(
      study.plan,
      study.shares.map(({ share }) => share),
    );
    const patient = inputs[0]!.patient;
    for (const weight of ["200.1", "29.94", "-70", "heavy"]) {
      const why = await refusal("FEATURE_OUT_OF_RANGE", async () => key.encrypt(patient, { weight }));
      assert.include(why, "weight");
      assert.notInclude(why, weight);
    }
    await refusal("FEATURE_MISSING", async () => key.encrypt(patient, {}));
  });

  it("takes key shares of its own holders only, in their order", async () => {
    const shares = study.shares.map(({ share }) => share);
    await refusal("STUDY_SHARE_INVALID", () => openJointKey(study.plan, shares.toReversed()));
    await refusal("STUDY_SHARE_INVALID", () => openJointKey(study.plan, shares.slice(1)));
    await refusal("STUDY_SHARE_INVALID", () => openJointKey(study.plan, [shares[0]!, inputs[0]!.file]));
  });
});
