/**
 * A hospital that holds a share of a study's key. Its keys of each study, its share, and its noise grow from one seed. What it keeps is which sum it has
 * decrypted: two sums that differ by one patient would show that patient with as little noise as it likes who can tell the hospital of many.
 */

import { ask, fromHex32, type Hex32, toHex32, transact } from "@medexchain/chain";
import { MedexError, sha256 } from "@medexchain/core";
import { CONTENT_LIMITS } from "@medexchain/ipfs";
import { decodeSum, deriveHolderKey, keyShare, partialDecryption, type StudyInput } from "@medexchain/studies";
import { faultOf, fetchInputs, requireParticipants } from "./compute-node.ts";
import type { StudyPlace, StudyStanding } from "./read-study.ts";

export interface StudyHolder {
  readonly hospitalId: Hex32;
  /** 32 bytes, secret, of the hospital's own; never used for anything but studies. */
  readonly seed: Uint8Array;
}

/** Its key share of a study, which it can make again at any time. */
async function shareOf({ plan }: StudyStanding, { hospitalId, seed }: StudyHolder): Promise<Uint8Array> {
  const secretKey = deriveHolderKey(seed, plan.study);
  try {
    return await keyShare(plan, fromHex32(hospitalId), secretKey);
  } finally {
    secretKey.fill(0);
  }
}

/**
 * Puts a document's digest on-chain, and then the document on IPFS: nobody sees what the contract refuses. Where the digest is there already, as
 * after a crash between the two, only the document is put.
 * @param taken the digest that the contract has of this holder, or zero
 * @param keep is called between the two
 * @returns the transaction's hash, if one was sent
 */
async function announce(
  { store }: StudyPlace,
  document: Uint8Array,
  taken: string,
  send: (digest: Hex32) => Promise<string>,
  keep: () => Promise<void> = async () => {},
): Promise<string | undefined> {
  const digest = toHex32(sha256(document));
  const hash = taken === digest ? undefined : await send(digest);
  await keep();
  await store.put(document);
  return hash;
}

/**
 * Approves a study, and commits to the share of its key, under the chain's account: the hospital's operator.
 * @throws CHAIN_REVERTED
 */
export async function approveStudy(place: StudyPlace, study: StudyStanding, holder: StudyHolder): Promise<string> {
  const { chain, studies } = place;
  const { studyId } = study;
  // It is not put on IPFS yet: the others commit without having seen it.
  const digest = toHex32(sha256(await shareOf(study, holder)));
  const commitment = await ask(chain, () => studies.shareCommitment(studyId, holder.hospitalId, digest));
  return (await transact(chain, () => studies.approve(studyId, holder.hospitalId, commitment))).hash;
}

/**
 * Publishes the share that was committed to, once all holders have committed.
 * @returns the transaction's hash; undefined where the contract had the share already
 * @throws INPUT_INVALID not all holders have approved; CHAIN_REVERTED
 */
export async function publishKeyShare(
  place: StudyPlace,
  study: StudyStanding,
  holder: StudyHolder,
): Promise<string | undefined> {
  const { chain, studies } = place;
  const { studyId } = study;
  if (study.state === "Proposed") {
    throw new MedexError(
      "INPUT_INVALID",
      `study ${studyId} is proposed: shares are published when all holders have approved`,
    );
  }
  const { share } = await ask(chain, () => studies.holder(studyId, holder.hospitalId));
  return announce(place, await shareOf(study, holder), share, async (digest) => {
    return (await transact(chain, () => studies.publishShare(studyId, holder.hospitalId, digest))).hash;
  });
}

/** Which sum of one study a holder has decrypted, kept for good and durably. */
export interface KeptSum {
  /** Undefined where it has decrypted none. */
  sum(): Promise<Hex32 | undefined>;
  /** Fails where one is kept already. */
  keep(sum: Hex32): Promise<void>;
}

/** What `decryptStudy` checks the sum against. */
export interface DecryptOptions {
  /** First block of the registry. */
  readonly fromBlock: number;
  /**
   * Patients whose inputs may be left out though they can be fetched now: they could not be when the sum was made, or a hospital could not take their
   * masks off.
   */
  readonly mayLack?: ReadonlySet<Hex32>;
}

/**
 * Verifies the sum: that it is the sum of what the patients committed to, lacks none whose input is there and right, and that this holder can take its
 * masks off. Nothing is released: a sum can be made again until the first holder has decrypted.
 *
 * @throws as `decryptStudy`, but CHAIN_REVERTED
 */
export async function checkSum(
  place: StudyPlace,
  study: StudyStanding,
  holder: StudyHolder,
  options: DecryptOptions,
): Promise<void> {
  await partOf(place, study, holder, options);
}

/**
 * Verifies the sum as `checkSum` does; then puts the digest of the holder's part, with its noise, on-chain and publishes the part. Of one study it does so
 * for one sum, whatever the chain's node says afterwards.
 *
 * @returns the transaction's hash; undefined where the contract had this part already
 * @throws STUDY_SUM_INVALID the sum is not that of its inputs, or lacks one; STUDY_INPUT_INVALID names patients whose masks this holder cannot take
 *   off; INPUT_INVALID somebody who may lack has no part in the study; STUDY_RELEASE_REFUSED too few patients, or another sum was decrypted before; CHAIN_REVERTED
 */
export async function decryptStudy(
  place: StudyPlace,
  study: StudyStanding,
  holder: StudyHolder,
  kept: KeptSum,
  options: DecryptOptions,
): Promise<string | undefined> {
  const { chain, studies } = place;
  const { studyId } = study;
  const before = await kept.sum();
  if (before !== undefined && before !== study.sum) {
    throw new MedexError(
      "STUDY_RELEASE_REFUSED",
      `this hospital has decrypted the sum ${before} of study ${studyId}, and the chain now has ${study.sum ?? "none"}: no second sum of a study is decrypted. The chain was rewritten, or its node is wrong: ask another node`,
    );
  }
  const { partial, sum } = await partOf(place, study, holder, options);
  const { partialDecryption: taken } = await ask(chain, () => studies.holder(studyId, holder.hospitalId));
  return announce(
    place,
    partial,
    taken,
    async (part) => (await transact(chain, () => studies.submitPartial(studyId, holder.hospitalId, sum, part))).hash,
    async () => {
      if (before === undefined) await kept.keep(sum);
    },
  );
}

/**
 * Whether the holder's part is to be had. Where it broke off after the contract had the digest, `decryptStudy` publishes it again.
 * @throws SERVICE_UNREACHABLE and its kin
 */
export async function isPartPublished(
  { chain, studies, store }: StudyPlace,
  { studyId }: StudyStanding,
  { hospitalId }: Pick<StudyHolder, "hospitalId">,
): Promise<boolean> {
  const { partialDecryption } = await ask(chain, () => studies.holder(studyId, hospitalId));
  if (BigInt(partialDecryption) === 0n) return false;
  try {
    await store.get(fromHex32(partialDecryption), { maxBytes: CONTENT_LIMITS.studyFile });
    return true;
  } catch (error) {
    if (MedexError.is(error) && error.code === "CONTENT_NOT_FOUND") return false;
    throw error;
  }
}

/** The holder's part of the sum that stands, which is still with the holder alone. */
async function partOf(
  place: StudyPlace,
  study: StudyStanding,
  holder: StudyHolder,
  { fromBlock, mayLack = new Set() }: DecryptOptions,
): Promise<{ partial: Uint8Array; sum: Hex32 }> {
  const { studyId, plan, sum } = study;
  if (sum === undefined)
    throw new MedexError("STUDY_RELEASE_REFUSED", `study ${studyId} has no sum yet: nothing can be released`);
  await requireParticipants(place, study, mayLack);
  const published = await place.store.get(fromHex32(sum), { maxBytes: CONTENT_LIMITS.studySum });
  const inputs = inputsOf(place, study, published, fromBlock, mayLack);
  const secretKey = deriveHolderKey(holder.seed, plan.study);
  try {
    const options = { holder: fromHex32(holder.hospitalId), secretKey, sum: published, inputs };
    return { partial: await partialDecryption(plan, options), sum };
  } finally {
    secretKey.fill(0);
  }
}

/** The inputs that a sum names. One that is named and cannot be fetched is missing, and their sum is then another. */
async function* inputsOf(
  place: StudyPlace,
  study: StudyStanding,
  published: Uint8Array,
  fromBlock: number,
  mayLack: ReadonlySet<Hex32>,
): AsyncGenerator<StudyInput, void> {
  const { plan } = study;
  const { inputs: named } = await decodeSum(plan, published);
  if (named.length !== study.summed) {
    throw new MedexError(
      "STUDY_SUM_INVALID",
      `the sum is of ${named.length} patients, and the compute node told the chain ${study.summed}: nothing is released`,
    );
  }
  const isNamed = new Set(named.map(toHex32));
  for await (const input of fetchInputs(place, study, fromBlock)) {
    if ("reason" in input) continue;
    if (isNamed.has(toHex32(input.digest))) yield input;
    else if (!mayLack.has(toHex32(input.patient)) && (await faultOf(plan, input)) === undefined) {
      throw new MedexError(
        "STUDY_SUM_INVALID",
        `the sum lacks the input of patient ${toHex32(input.patient)}, which is there: have the sum made again, or allow it to be left out`,
      );
    }
  }
}
