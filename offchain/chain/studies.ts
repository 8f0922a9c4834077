/** The registry of studies, a contract beside the suite that not every chain has. */

import { STUDY_STATES, type StudyRegistry, type StudyState, studyRegistryAbi } from "@medexchain/contracts";
import { type Hex32, MedexError } from "@medexchain/core";
import { Contract, type Signer, type TypedDataDomain, verifyTypedData } from "ethers";
import type { Chain } from "./connect.ts";
import { ask } from "./transact.ts";

export type { StudyRegistry, StudyState };
/** The states of a study, in the order of their values in the contract. */
export const STUDY_STATE_NAMES = STUDY_STATES;

/** A chain with its registry of studies, as seen by the chain's account. */
export interface StudyChain {
  readonly chain: Chain;
  readonly studies: StudyRegistry;
  readonly address: string;
}

/**
 * The registry at an address, typed.
 * @throws CHAIN_MISMATCH it asks another registry of hospitals than the chain's, or is none
 */
export async function studyChain(chain: Chain, address: string): Promise<StudyChain> {
  // As in `connectChain`: the generated type of the same ABI says which methods there are.
  const studies = new Contract(address, studyRegistryAbi, chain.hospitals.runner) as unknown as StudyRegistry;
  const { chainId, hospitals } = chain.deployment;
  const code = await ask(chain, () => chain.provider.getCode(address));
  const asked = code === "0x" ? undefined : await ask(chain, () => studies.HOSPITALS());
  if (asked !== hospitals) {
    throw new MedexError(
      "CHAIN_MISMATCH",
      `chain ${chainId} has no registry of studies of this suite at ${address}: deploy it, or fix the address`,
    );
  }
  return { chain, studies, address };
}

/** The state by its number in the contract. */
export function studyStateOf(state: bigint): StudyState {
  const name = STUDY_STATES[Number(state)];
  if (name === undefined) throw new RangeError(`there is no state ${state} of a study`);
  return name;
}

/** What a patient signs to take part in a study, see `StudyRegistry.join`. */
export interface StudyParticipation {
  readonly studyId: Hex32;
  readonly patient: Hex32;
  /** SHA-256 digest of the CID of its encrypted values. */
  readonly input: Hex32;
}

const STUDY_ID = { name: "studyId", type: "bytes32" };
const PATIENT = { name: "patient", type: "bytes32" };
const PARTICIPATION = { StudyParticipation: [STUDY_ID, PATIENT, { name: "input", type: "bytes32" }] };
const WITHDRAWAL = { StudyWithdrawal: [STUDY_ID, PATIENT] };

const domainOf = ({ chain, address }: StudyChain): TypedDataDomain => ({
  name: "MedExChain StudyRegistry",
  version: "1",
  chainId: chain.deployment.chainId,
  verifyingContract: address,
});

/** Signs a participation (EIP-712). */
export function signParticipation(account: Signer, at: StudyChain, participation: StudyParticipation): Promise<string> {
  return account.signTypedData(domainOf(at), PARTICIPATION, participation);
}

/** Whether an account's key signed a participation. A contract's account signs otherwise, and this says no. */
export function verifyParticipation(
  at: StudyChain,
  { studyId, patient, input }: StudyParticipation,
  account: string,
  signature: string,
): boolean {
  return isSigned(account, () => verifyTypedData(domainOf(at), PARTICIPATION, { studyId, patient, input }, signature));
}

/** As `verifyParticipation`, that a patient leaves. */
export function verifyStudyWithdrawal(
  at: StudyChain,
  { studyId, patient }: Pick<StudyParticipation, "studyId" | "patient">,
  account: string,
  signature: string,
): boolean {
  return isSigned(account, () => verifyTypedData(domainOf(at), WITHDRAWAL, { studyId, patient }, signature));
}

/** ethers throws at what is no signature at all. */
function isSigned(account: string, recover: () => string): boolean {
  try {
    return recover() === account;
  } catch {
    return false;
  }
}

/** Signs that a patient leaves a study (EIP-712). */
export function signStudyWithdrawal(
  account: Signer,
  at: StudyChain,
  withdrawal: Pick<StudyParticipation, "studyId" | "patient">,
): Promise<string> {
  return account.signTypedData(domainOf(at), WITHDRAWAL, withdrawal);
}
