/** The registry of studies, a contract beside the suite that not every chain has. */

import { STUDY_STATES, type StudyRegistry, type StudyState, studyRegistryAbi } from "@medexchain/contracts";
import { type Hex32, hex32, MedexError } from "@medexchain/core";
import { AbiCoder, Contract, Interface, keccak256, type Signer, type TypedDataDomain, TypedDataEncoder } from "ethers";
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

/** A registry as what is signed names it. */
export interface StudyDomain {
  readonly chainId: bigint;
  readonly address: string;
}

const domainOf = ({ chainId, address }: StudyDomain): TypedDataDomain => ({
  name: "MedExChain StudyRegistry",
  version: "1",
  chainId,
  verifyingContract: address,
});

export const studyDomain = ({ chain, address }: StudyChain): StudyDomain => ({
  chainId: chain.deployment.chainId,
  address,
});

/** Signs a participation (EIP-712). */
export function signParticipation(account: Signer, at: StudyChain, participation: StudyParticipation): Promise<string> {
  return account.signTypedData(domainOf(studyDomain(at)), PARTICIPATION, participation);
}

/** What is signed of a participation (EIP-712). */
export function participationDigest(at: StudyDomain, { studyId, patient, input }: StudyParticipation): Hex32 {
  return hex32(TypedDataEncoder.hash(domainOf(at), PARTICIPATION, { studyId, patient, input }));
}

type StudyWithdrawal = Pick<StudyParticipation, "studyId" | "patient">;

/** Signs that a patient leaves a study (EIP-712). */
export function signStudyWithdrawal(account: Signer, at: StudyChain, withdrawal: StudyWithdrawal): Promise<string> {
  return account.signTypedData(domainOf(studyDomain(at)), WITHDRAWAL, withdrawal);
}

/** What is signed of a withdrawal (EIP-712). */
export function studyWithdrawalDigest(at: StudyDomain, { studyId, patient }: StudyWithdrawal): Hex32 {
  return hex32(TypedDataEncoder.hash(domainOf(at), WITHDRAWAL, { studyId, patient }));
}

/** The type of a study's terms. */
const TERMS = new Interface(studyRegistryAbi).getFunction("studyIdOf")?.inputs[2] ?? "";
const abi = AbiCoder.defaultAbiCoder();

/**
 * A study's id, see `StudyRegistry.studyIdOf`.
 * @param terms as ethers encodes or decodes them
 */
export function studyIdOf({ chainId, address }: StudyDomain, proposer: string, salt: string, terms: unknown): Hex32 {
  const values = [chainId, address, proposer, salt, terms];
  return hex32(keccak256(abi.encode(["uint256", "address", "address", "bytes32", TERMS], values)));
}

/** What a holder commits to, see `StudyRegistry.shareCommitment`. */
export const shareCommitmentOf = (studyId: Hex32, holder: Hex32, share: Hex32): Hex32 =>
  hex32(keccak256(abi.encode(["bytes32", "bytes32", "bytes32"], [studyId, holder, share])));
