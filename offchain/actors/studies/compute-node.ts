/** Makes the sum, and in the end the result. Every step can be made again by anyone, and holders do; that it does its part at all is trusted. */

import { ask, chainLogs, fromHex32, type Hex32, hex32, toHex32, transact } from "@medexchain/chain";
import { MedexError, sha256 } from "@medexchain/core";
import { CONTENT_LIMITS } from "@medexchain/ipfs";
import {
  checkInput,
  combinePartials,
  encodeSums,
  type Outcome,
  outcomeOf,
  type ReleasedSums,
  type StudyInput,
  type StudyPlan,
  sumInputs,
} from "@medexchain/studies";
import { mapAhead } from "./map-ahead.ts";
import type { StudyPlace, StudyStanding } from "./read-study.ts";

/** A patient whose input is not in the sum, and why. */
export interface LackingPatient {
  readonly patient: Hex32;
  readonly reason: string;
}

/** Of `ParticipationState`. */
const NEVER_JOINED = 0n;
const JOINED = 1n;

/** Inputs fetched at a time: one that is not there takes as long as the IPFS node looks for it. */
export const FETCHED_AT_ONCE = 16;

/**
 * Fetches the inputs of all who take part now, in the order in which they joined. An input that cannot be fetched is its patient's fault alone.
 * @param fromBlock the registry's first
 * @throws SERVICE_UNREACHABLE the chain or the IPFS node does not answer
 */
export async function* fetchInputs(
  place: StudyPlace,
  { studyId }: StudyStanding,
  fromBlock: number,
): AsyncGenerator<StudyInput | LackingPatient, void> {
  const { chain, studies, store } = place;
  const filter = studies.filters.StudyJoined(studyId);
  const logs = await chainLogs(chain, (from, to) => studies.queryFilter(filter, from, to), { from: fromBlock });
  const patients = logs.map(({ args }) => hex32(args.patient));
  const fetched = mapAhead(
    patients,
    FETCHED_AT_ONCE,
    async (patient): Promise<StudyInput | LackingPatient | undefined> => {
      const { input, state } = await ask(chain, () => studies.participation(studyId, patient));
      // By what the chain says now: who has left is in no sum.
      if (state !== JOINED) return undefined;
      const digest = fromHex32(input);
      try {
        const file = await store.get(digest, { maxBytes: CONTENT_LIMITS.studyFile });
        return { patient: fromHex32(patient), digest, file };
      } catch (error) {
        if (!MedexError.is(error) || error.code === "SERVICE_UNREACHABLE") throw error;
        return { patient, reason: error.message };
      }
    },
  );
  for await (const each of fetched) if (each !== undefined) yield each;
}

/**
 * Checks that patients who are named have a part in the study, or had one: an id that was mistyped would change nothing.
 * @throws INPUT_INVALID names who has none
 */
export async function requireParticipants(
  { chain, studies }: StudyPlace,
  { studyId }: StudyStanding,
  patients: ReadonlySet<Hex32>,
): Promise<void> {
  for (const patient of patients) {
    const { state } = await ask(chain, () => studies.participation(studyId, patient));
    if (state === NEVER_JOINED) {
      throw new MedexError(
        "INPUT_INVALID",
        `${patient} has no part in study ${studyId}: give a patient's member id, as medex study compute and release name it`,
      );
    }
  }
}

/** Why an input cannot be added; undefined where it can. */
export async function faultOf(plan: StudyPlan, input: StudyInput): Promise<string | undefined> {
  try {
    await checkInput(plan, input);
    return undefined;
  } catch (error) {
    if (MedexError.is(error) && error.code === "STUDY_INPUT_INVALID") return error.message;
    throw error;
  }
}

/**
 * Makes the sum of all inputs that are right, publishes it, and puts its digest on-chain, under the chain's account: the compute node's.
 * @param leaveOut patients whose inputs a hospital cannot open, see `decryptStudy`
 * @returns who is not in it, and why
 * @throws CHAIN_REVERTED the study has not ended, or the cohort is too small; INPUT_INVALID somebody to leave out has no part in the study
 */
export async function sumStudy(
  place: StudyPlace,
  study: StudyStanding,
  fromBlock: number,
  leaveOut: ReadonlySet<Hex32> = new Set(),
): Promise<{ sum: Hex32; count: number; lacking: readonly LackingPatient[]; transactionHash: string }> {
  const { chain, studies, store } = place;
  const { studyId, plan } = study;
  await requireParticipants(place, study, leaveOut);
  const lacking: LackingPatient[] = [];
  let count = 0;
  async function* right(): AsyncGenerator<StudyInput, void> {
    for await (const input of fetchInputs(place, study, fromBlock)) {
      if ("reason" in input) {
        lacking.push(input);
        continue;
      }
      const patient = toHex32(input.patient);
      const reason = leaveOut.has(patient) ? "left out as was asked for" : await faultOf(plan, input);
      if (reason !== undefined) {
        lacking.push({ patient, reason });
        continue;
      }
      count++;
      yield input;
    }
  }
  const { digest } = await store.put(await sumInputs(plan, right()), { maxBytes: CONTENT_LIMITS.studySum });
  const sum = toHex32(digest);
  const { hash } = await transact(chain, () => studies.submitSum(studyId, sum, count));
  return { sum, count, lacking, transactionHash: hash };
}

/** What a study released. */
export interface StudyRelease {
  readonly outcome: Outcome;
  /** SHA-256 digest of the CID of the released sums. */
  readonly digest: Hex32;
}

/** The released sums, by all holders' partial decryptions as the chain names them. */
async function combine(
  { chain, studies, store }: StudyPlace,
  { studyId, plan, holders, sum }: StudyStanding,
): Promise<ReleasedSums> {
  if (sum === undefined)
    throw new MedexError("STUDY_RELEASE_REFUSED", `study ${studyId} has no sum yet: nothing can be released`);
  const published = await store.get(fromHex32(sum), { maxBytes: CONTENT_LIMITS.studySum });
  const partials: Uint8Array[] = [];
  for (const id of holders) {
    const { partialDecryption } = await ask(chain, () => studies.holder(studyId, id));
    if (BigInt(partialDecryption) === 0n) continue;
    partials.push(await store.get(fromHex32(partialDecryption), { maxBytes: CONTENT_LIMITS.studyFile }));
  }
  return combinePartials(plan, published, partials);
}

/**
 * Combines the partial decryptions, publishes the sums, and puts their digest on-chain.
 * @throws STUDY_RELEASE_REFUSED a partial decryption is missing; STUDY_UNDECIPHERABLE one is false; CHAIN_REVERTED
 */
export async function releaseStudy(
  place: StudyPlace,
  study: StudyStanding,
): Promise<StudyRelease & { transactionHash: string }> {
  const { chain, studies, store } = place;
  const released = await combine(place, study);
  const digest = toHex32((await store.put(encodeSums(released))).digest);
  const { hash } = await transact(chain, () => studies.release(study.studyId, digest));
  return { outcome: outcomeOf(study.plan, released), digest, transactionHash: hash };
}

/**
 * Computes a released study's outcome again from what the holders published, and compares it with what the compute node said.
 * @throws STUDY_SUM_INVALID the compute node said something else
 */
export async function decodeReleased(place: StudyPlace, study: StudyStanding): Promise<StudyRelease> {
  const released = await combine(place, study);
  const digest = toHex32(sha256(encodeSums(released)));
  if (study.outcome !== digest) {
    throw new MedexError(
      "STUDY_SUM_INVALID",
      `study ${study.studyId} released ${study.outcome}, and its partial decryptions give ${digest}`,
    );
  }
  return { outcome: outcomeOf(study.plan, released), digest };
}
