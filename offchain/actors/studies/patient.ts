/** A patient who takes part: commits first, and shows what it committed to when nobody can join any more. */

import {
  ask,
  fromHex32,
  type Hex32,
  hex32,
  signParticipation,
  signStudyWithdrawal,
  toHex32,
  transact,
} from "@medexchain/chain";
import { MedexError, sha256 } from "@medexchain/core";
import { CONTENT_LIMITS } from "@medexchain/ipfs";
import { openJointKey, type Values } from "@medexchain/studies";
import type { Signer } from "ethers";
import type { StudyPlace, StudyStanding } from "./read-study.ts";

export interface StudyPatient {
  readonly memberId: Hex32;
  /** The member's own, which signs; another may pay. */
  readonly account: Signer;
}

export interface JoinedStudy {
  /** To keep until joining has ended, and to publish then. */
  readonly input: Uint8Array;
  readonly digest: Hex32;
  readonly transactionHash: string;
}

/** The holders' key shares, each the one that its holder committed to. */
async function fetchShares(
  { chain, studies, store }: StudyPlace,
  { studyId, holders }: StudyStanding,
): Promise<Uint8Array[]> {
  return Promise.all(
    holders.map(async (id) => {
      const { share } = await ask(chain, () => studies.holder(studyId, id));
      return store.get(fromHex32(share), { maxBytes: CONTENT_LIMITS.studyFile });
    }),
  );
}

/**
 * Takes part in a study: encrypts the values, and commits to them. Nothing that could be copied leaves the device yet.
 *
 * @param keep is told the input before anything is sent: without it the patient takes part with nothing
 * @throws FEATURE_MISSING, FEATURE_OUT_OF_RANGE; STUDY_SHARE_INVALID; CHAIN_REVERTED over the limit of studies or the budget
 */
export async function joinStudy(
  place: StudyPlace,
  study: StudyStanding,
  { memberId, account }: StudyPatient,
  values: Values,
  keep: (input: Uint8Array) => Promise<void>,
): Promise<JoinedStudy> {
  const { chain, studies } = place;
  const { studyId, plan, state } = study;
  if (state !== "Open") {
    throw new MedexError("INPUT_INVALID", `study ${studyId} is ${state.toLowerCase()}: patients join while it is open`);
  }
  using key = await openJointKey(plan, await fetchShares(place, study));
  const input = await key.encrypt(fromHex32(memberId), values);
  const digest = toHex32(sha256(input));
  const signature = await signParticipation(account, place, { studyId, patient: memberId, input: digest });
  await keep(input);
  const { hash } = await transact(chain, () => studies.join(studyId, memberId, digest, signature));
  return { input, digest, transactionHash: hash };
}

/** `ParticipationState.Joined`. */
const JOINED = 1n;

/**
 * Publishes what the patient committed to.
 * @param kept the input of a digest, as it was kept when the patient joined
 * @param now Unix seconds, by the study's chain
 * @throws INPUT_INVALID others could still join with a copy; the patient does not take part, or has left; another input than the one committed to
 */
export async function publishInput(
  { chain, studies, store }: StudyPlace,
  { studyId, joinEnd }: StudyStanding,
  { memberId }: Pick<StudyPatient, "memberId">,
  kept: (digest: Hex32) => Promise<Uint8Array>,
  now: number,
): Promise<void> {
  if (now < joinEnd) {
    throw new MedexError(
      "INPUT_INVALID",
      `joining study ${studyId} ends at ${new Date(joinEnd * 1000).toISOString().replace(".000", "")}: publish after that, so that nobody can join with a copy`,
    );
  }
  const { input: committed, state } = await ask(chain, () => studies.participation(studyId, memberId));
  if (state !== JOINED) {
    throw new MedexError("INPUT_INVALID", `you do not take part in study ${studyId}: nothing is published`);
  }
  const input = await kept(hex32(committed));
  if (committed !== toHex32(sha256(input))) {
    throw new MedexError(
      "INPUT_INVALID",
      `that is not what the patient committed to in study ${studyId}: publish the input that was kept then`,
    );
  }
  await store.put(input);
}

/**
 * Leaves a study, until the first holder has decrypted.
 * @throws CHAIN_REVERTED
 */
export async function leaveStudy(
  place: StudyPlace,
  studyId: Hex32,
  { memberId, account }: StudyPatient,
): Promise<string> {
  const { chain, studies } = place;
  const signature = await signStudyWithdrawal(account, place, { studyId, patient: memberId });
  return (await transact(chain, () => studies.withdraw(studyId, memberId, signature))).hash;
}
