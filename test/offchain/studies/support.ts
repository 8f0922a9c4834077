import { randomBytes } from "node:crypto";
import { sha256 } from "@medexchain/core";
import {
  deriveHolderKey,
  keyShare,
  openJointKey,
  planStudy,
  type Question,
  type StudyInput,
  type Values,
} from "@medexchain/studies";
import { noiseOf } from "../../../offchain/studies/partial-decryption.ts";

export const WEIGHT = { name: "weight", code: "29463-7", unit: "kg", scale: 1, min: "30", max: "200" };
export const PRESSURE = { name: "systolic", code: "8480-6", unit: "mm[Hg]", scale: 0, min: "60", max: "220" };

export const MEAN: Question = {
  version: 1,
  title: "Mean body weight",
  columns: [WEIGHT],
  statistic: { kind: "mean", column: "weight" },
};

/** A study of a question with its holders' key shares. An ε of 20 makes the noise small beside the numbers. */
export async function openStudy(question: Question, { holders = 2, epsilonMilli = 20_000 } = {}) {
  const ids = Array.from({ length: holders }, () => Uint8Array.from(randomBytes(32)));
  const plan = planStudy({
    id: Uint8Array.from(randomBytes(32)),
    holders: ids,
    question,
    minimumCohort: 3,
    maximumCohort: 1000,
    epsilonMilli,
  });
  const shares = await Promise.all(
    ids.map(async (id) => {
      const secretKey = deriveHolderKey(randomBytes(32), plan.study);
      return { secretKey, share: await keyShare(plan, id, secretKey) };
    }),
  );
  return { plan, ids, shares };
}

/** What all holders' noise adds to the slots of a sum. */
export function noiseIn({ plan, ids, shares }: OpenStudy, sum: Uint8Array): bigint[] {
  const noises = ids.map((holder, i) => noiseOf(plan, { holder, secretKey: shares[i]!.secretKey, sum }));
  return plan.scales.map((_, slot) => noises.reduce((total, noise) => total + noise[slot]!, 0n));
}

export type OpenStudy = Awaited<ReturnType<typeof openStudy>>;

/** One input for each row of values, of new patients. */
export async function inputsOf({ plan, shares }: OpenStudy, rows: readonly Values[]): Promise<StudyInput[]> {
  using key = await openJointKey(
    plan,
    shares.map(({ share }) => share),
  );
  const inputs: StudyInput[] = [];
  for (const values of rows) {
    const patient = Uint8Array.from(randomBytes(32));
    const file = await key.encrypt(patient, values);
    inputs.push({ patient, file, digest: sha256(file) });
  }
  return inputs;
}
