import type { StudyRegistry } from "@medexchain/contracts";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { AbiCoder, type ContractTransactionResponse, keccak256 } from "ethers";
import Studies from "../../../deploy/Studies.ts";
import type { Chain } from "./chain.ts";
import { digest } from "./messages.ts";
import { DAY, HOSPITAL_A, HOSPITAL_B, now, PATIENT } from "./world.ts";

const TYPES = {
  StudyParticipation: [
    { name: "studyId", type: "bytes32" },
    { name: "patient", type: "bytes32" },
    { name: "input", type: "bytes32" },
  ],
  StudyWithdrawal: [
    { name: "studyId", type: "bytes32" },
    { name: "patient", type: "bytes32" },
  ],
};

/** The holders in the order that terms have them in. */
export const HOLDERS: readonly string[] = [HOSPITAL_A, HOSPITAL_B].toSorted((x, y) => (BigInt(x) < BigInt(y) ? -1 : 1));
export const INPUT = digest("input");
export const SUM = digest("sum");
export const shareOf = (hospital: string): string => digest(`share of ${hospital}`);

/** A registry of studies on a chain, and what the people of the tests do there. */
export type StudyWorld = Awaited<ReturnType<typeof openStudies>>;

/** Fixture: the registry, where patients of both hospitals may give two studies of a year, and ε 1. */
export async function openStudies(a: Chain) {
  const parameters = { Studies: { hospitals: await a.hospitals.getAddress() } };
  const deployed = await a.ignition.deploy(Studies, { parameters });
  const studies = deployed.studies as unknown as StudyRegistry; // as in deployChain
  const start = await now(a);
  const terms = {
    question: digest("question"),
    holders: [...HOLDERS],
    computeNode: a.actors.relayer1.address,
    minimumCohort: 2n,
    maximumCohort: 3n,
    joinEnd: start + 10n * DAY,
    end: start + 20n * DAY,
    epsilonMilli: 600n,
  };
  const operators: Record<string, HardhatEthersSigner> = {
    [HOSPITAL_A]: a.actors.operatorA,
    [HOSPITAL_B]: a.actors.operatorB,
  };
  const as = (actor: HardhatEthersSigner) => studies.connect(actor);
  const operator = (hospital: string) => as(operators[hospital] ?? a.actors.stranger);

  const domain = {
    name: "MedExChain StudyRegistry",
    version: "1",
    chainId: a.chainId,
    verifyingContract: await studies.getAddress(),
  };
  const sign = (type: keyof typeof TYPES, message: Record<string, string>, signer: HardhatEthersSigner) =>
    signer.signTypedData(domain, { [type]: TYPES[type] }, message);
  const signJoin = (studyId: string, patient: string = PATIENT, signer = a.actors.patient, input = INPUT) =>
    sign("StudyParticipation", { studyId, patient, input }, signer);

  const commitmentOf = (id: string, hospital: string, share = shareOf(hospital)) =>
    keccak256(AbiCoder.defaultAbiCoder().encode(["bytes32", "bytes32", "bytes32"], [id, hospital, share]));

  type Sent = Promise<ContractTransactionResponse>;
  const world = {
    studies,
    terms,
    operators,
    as,
    operator,
    signJoin,
    commitmentOf,
    async propose(changes: Partial<typeof terms> = {}, salt = digest("salt")): Promise<string> {
      const proposed = { ...terms, ...changes };
      await as(a.actors.stranger).propose(proposed, salt);
      return studies.studyIdOf(a.actors.stranger.address, salt, proposed);
    },
    /** All holders approve, and publish their shares. */
    async open(id: string, holders = HOLDERS): Promise<void> {
      for (const hospital of holders) await operator(hospital).approve(id, hospital, commitmentOf(id, hospital));
      for (const hospital of holders) await operator(hospital).publishShare(id, hospital, shareOf(hospital));
    },
    async join(id: string, patient: string = PATIENT, signer = a.actors.patient, input = INPUT): Sent {
      return as(a.actors.stranger).join(id, patient, input, await signJoin(id, patient, signer, input));
    },
    async withdraw(id: string, patient: string = PATIENT, signer = a.actors.patient): Sent {
      const signature = await sign("StudyWithdrawal", { studyId: id, patient }, signer);
      return as(a.actors.stranger).withdraw(id, patient, signature);
    },
    compute: (id: string, count = 2n, sum = SUM): Sent => as(a.actors.relayer1).submitSum(id, sum, count),
    partial: (id: string, hospital: string, sum = SUM): Sent =>
      operator(hospital).submitPartial(id, hospital, sum, digest(`partial of ${hospital}`)),
  };
  const limits = { studies: 2n, epsilonMilli: 1000n };
  for (const hospital of HOLDERS) await operator(hospital).setLimits(hospital, limits);
  return world;
}
