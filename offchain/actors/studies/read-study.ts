import { ask, fromHex32, type Hex32, hex32, type StudyChain, type StudyState, studyStateOf } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { CONTENT_LIMITS, type ContentStore } from "@medexchain/ipfs";
import { decodeQuestion, planStudy, type StudyPlan } from "@medexchain/studies";

/** Where a study is: on a chain, and on IPFS. */
export interface StudyPlace extends StudyChain {
  readonly store: ContentStore;
}

/** A study as its chain has it, with its question. */
export interface StudyStanding {
  readonly studyId: Hex32;
  readonly state: StudyState;
  readonly holders: readonly Hex32[];
  readonly computeNode: string;
  /** Unix seconds. */
  readonly joinEnd: number;
  readonly end: number;
  readonly cohort: number;
  readonly partials: number;
  /** Digests; undefined where there is none yet. */
  readonly sum: Hex32 | undefined;
  /** Patients in the sum, as the compute node told. */
  readonly summed: number;
  readonly outcome: Hex32 | undefined;
  readonly plan: StudyPlan;
}

const NONE = `0x${"00".repeat(32)}`;
const digestOf = (value: string): Hex32 | undefined => (value === NONE ? undefined : hex32(value));

/**
 * Reads a study, and plans it by its terms.
 * @throws INPUT_INVALID no such study; STUDY_INVALID terms or a question that nobody should have approved; CONTENT_NOT_FOUND and its kin
 */
export async function readStudy({ chain, studies, store }: StudyPlace, studyId: Hex32): Promise<StudyStanding> {
  const study = await ask(chain, () => studies.study(studyId));
  const state = studyStateOf(study.state);
  if (state === "None") {
    throw new MedexError(
      "INPUT_INVALID",
      `there is no study ${studyId} on chain ${chain.deployment.chainId}; check the id`,
    );
  }
  const { terms } = study;
  const bytes = await store.get(fromHex32(terms.question), { maxBytes: CONTENT_LIMITS.studyQuestion });
  const holders = [...terms.holders].map(hex32);
  const plan = planStudy({
    id: fromHex32(studyId),
    holders: holders.map(fromHex32),
    question: decodeQuestion(bytes),
    minimumCohort: Number(terms.minimumCohort),
    maximumCohort: Number(terms.maximumCohort),
    epsilonMilli: Number(terms.epsilonMilli),
  });
  return {
    studyId,
    state,
    holders,
    computeNode: terms.computeNode,
    joinEnd: Number(terms.joinEnd),
    end: Number(terms.end),
    cohort: Number(study.cohort),
    partials: Number(study.partials),
    sum: digestOf(study.sum),
    summed: Number(study.summed),
    outcome: digestOf(study.outcome),
    plan,
  };
}
