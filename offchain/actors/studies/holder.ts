/** A hospital that holds a share of a study's key. It keeps nothing: its keys of each study, its share, and its noise grow from one seed. */

import { ask, fromHex32, type Hex32, toHex32, transact } from "@medexchain/chain";
import { MedexError, sha256 } from "@medexchain/core";
import { CONTENT_LIMITS } from "@medexchain/ipfs";
import { decodeSum, deriveHolderKey, keyShare, partialDecryption, type StudyInput } from "@medexchain/studies";
import { faultOf, fetchInputs } from "./compute-node.ts";
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
 * @returns the transaction's hash, if one was sent
 */
async function announce(
  { store }: StudyPlace,
  document: Uint8Array,
  taken: string,
  send: (digest: Hex32) => Promise<string>,
): Promise<string | undefined> {
  const digest = toHex32(sha256(document));
  const hash = taken === digest ? undefined : await send(digest);
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
 * Verifies the sum as `checkSum` does; then puts the digest of the holder's part, with its noise, on-chain and publishes the part.
 *
 * @returns the transaction's hash; undefined where the contract had this part already
 * @throws STUDY_SUM_INVALID the sum is not that of its inputs, or lacks one; STUDY_INPUT_INVALID names patients whose masks this holder cannot take
 *   off; STUDY_RELEASE_REFUSED too few patients; CHAIN_REVERTED
 */
export async function decryptStudy(
  place: StudyPlace,
  study: StudyStanding,
  holder: StudyHolder,
  options: DecryptOptions,
): Promise<string | undefined> {
  const { chain, studies } = place;
  const { studyId } = study;
  const { partial, sum } = await partOf(place, study, holder, options);
  const { partialDecryption: taken } = await ask(chain, () => studies.holder(studyId, holder.hospitalId));
  return announce(place, partial, taken, async (part) => {
    return (await transact(chain, () => studies.submitPartial(studyId, holder.hospitalId, sum, part))).hash;
  });
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
