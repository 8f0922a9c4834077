/** The sum of a study's inputs, which anyone can compute, and so anyone can check. */

import { addPacked, packedLength, packWords, unpackPair } from "@medexchain/bfv/ring";
import { anyBytes, decodeObject, encodeObject, MedexError, sha256 } from "@medexchain/core";
import { equalBytes } from "@noble/curves/utils.js";
import { concatBytes } from "@noble/hashes/utils.js";
import { z } from "zod";
import { decodeInput, type InputFile, MAX_FILE_LENGTH } from "./files.ts";
import { MAX_COHORT } from "./parameters.ts";
import type { StudyPlan } from "./plan.ts";
import { idBytes } from "./question.ts";
import { studyRing } from "./study-ring.ts";

const DIGEST_LENGTH = 32;
/** Two polynomials, and the digest of each input. */
const MAX_SUM_LENGTH = MAX_FILE_LENGTH + DIGEST_LENGTH * MAX_COHORT;

/** An input as it was fetched, with what the chain says of it. */
export interface StudyInput {
  /** The patient's id, 32 bytes. */
  readonly patient: Uint8Array;
  /** SHA-256 of the file, as the patient committed to it. */
  readonly digest: Uint8Array;
  readonly file: Uint8Array;
}

/** Inputs as they come, in the order in which their patients joined. */
export type StudyInputs = Iterable<StudyInput> | AsyncIterable<StudyInput>;

const sumSchema = z.strictObject({
  version: z.literal(1),
  kind: z.literal("sum"),
  study: idBytes,
  /** Digests of 32 bytes, one after the other. */
  inputs: anyBytes(),
  packed: anyBytes(),
});

/** A sum as it is published: of which inputs, by their digests, in the order in which their patients joined. */
export interface StudySum {
  readonly inputs: readonly Uint8Array[];
  readonly packed: Uint8Array;
}

function refuseInput(input: StudyInput, why: string): MedexError {
  const digest = Array.from(input.digest.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return new MedexError("STUDY_INPUT_INVALID", `input ${digest}…: ${why}`);
}

/** Reads one input: its digest, its study and patient, and each coefficient. */
async function readInput(plan: StudyPlan, input: StudyInput): Promise<InputFile> {
  const { dataLevel, degree } = await studyRing(plan);
  const { id, holders } = plan.study;
  if (!equalBytes(sha256(input.file), input.digest)) throw refuseInput(input, "not what its patient committed to");
  const file = decodeInput(input.file, { study: id, from: input.patient }, holders.length);
  try {
    unpackPair(file.packed, dataLevel, degree, false, "input");
  } catch (cause) {
    throw new MedexError("STUDY_INPUT_INVALID", refuseInput(input, "its ciphertext is damaged").message, { cause });
  }
  return file;
}

/**
 * Checks one input as far as anyone can. What it encrypts, nobody sees; what is sealed to a holder, that holder alone.
 * @throws STUDY_INPUT_INVALID
 */
export async function checkInput(plan: StudyPlan, input: StudyInput): Promise<void> {
  await readInput(plan, input);
}

/**
 * Adds inputs.
 * @param inputs in the order in which their patients joined
 * @returns the file to publish
 * @throws STUDY_INPUT_INVALID; STUDY_SUM_INVALID one patient twice, too many, none, or a sum that hides nothing
 */
export function sumInputs(plan: StudyPlan, inputs: StudyInputs): Promise<Uint8Array> {
  return addInputs(plan, inputs, async () => {});
}

/** As `sumInputs`. @param visit is shown each input once it is checked */
export async function addInputs(
  plan: StudyPlan,
  inputs: StudyInputs,
  visit: (input: StudyInput, file: InputFile) => Promise<void>,
): Promise<Uint8Array> {
  const { dataLevel: level, degree } = await studyRing(plan);
  const { id, maximumCohort } = plan.study;
  const seen = new Set<string>();
  const digests: Uint8Array[] = [];
  let sum = new Uint8Array(0);
  for await (const input of inputs) {
    const patient = input.patient.join();
    if (seen.has(patient)) throw new MedexError("STUDY_SUM_INVALID", "one patient is in the sum twice");
    seen.add(patient);
    if (seen.size > maximumCohort)
      throw new MedexError("STUDY_SUM_INVALID", `the sum is of more than ${maximumCohort} inputs`);
    const file = await readInput(plan, input);
    sum = Uint8Array.from(addPacked(sum, file.packed, { level, degree, isSeeded: false, what: "input" }));
    await visit(input, file);
    digests.push(input.digest);
  }
  if (digests.length === 0) throw new MedexError("STUDY_SUM_INVALID", "there is no input to add");
  if (sum.subarray(8 * degree * level.primes.length).every((byte) => byte === 0)) {
    throw new MedexError("STUDY_SUM_INVALID", "the sum hides nothing: one input undoes the others");
  }
  return encodeObject({
    version: 1,
    kind: "sum",
    study: id,
    inputs: concatBytes(...digests),
    packed: packWords(sum, level, degree),
  });
}

/**
 * Reads a sum from anyone. That it is the sum of its inputs, `sumInputs` of them tells: it must give the same bytes.
 * @throws STUDY_SUM_INVALID
 */
export async function decodeSum(plan: StudyPlan, bytes: Uint8Array): Promise<StudySum> {
  if (bytes.length > MAX_SUM_LENGTH)
    throw new MedexError("STUDY_SUM_INVALID", `the sum has ${bytes.length} bytes: too many`);
  const { dataLevel, degree } = await studyRing(plan);
  const { study, inputs: list, packed } = decodeObject(bytes, sumSchema, "the study's sum", "STUDY_SUM_INVALID");
  if (!equalBytes(study, plan.study.id)) throw new MedexError("STUDY_SUM_INVALID", "the sum is another study's");
  if (packed.length !== packedLength(dataLevel, degree, false)) {
    throw new MedexError("STUDY_SUM_INVALID", "the sum is of another ring");
  }
  if (list.length % DIGEST_LENGTH !== 0)
    throw new MedexError("STUDY_SUM_INVALID", "the sum's list of inputs is cut off");
  const inputs = Array.from({ length: list.length / DIGEST_LENGTH }, (_, i) =>
    list.subarray(i * DIGEST_LENGTH, (i + 1) * DIGEST_LENGTH),
  );
  if (new Set(inputs.map((input) => input.join())).size < inputs.length) {
    throw new MedexError("STUDY_SUM_INVALID", "one input is in the sum twice");
  }
  return { inputs, packed };
}
