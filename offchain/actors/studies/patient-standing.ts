/** What a study is to one patient: whether it can be joined, and what the patient has left to give. */

import { ask, type Hex32, hex32, ZERO_32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import type { StudyPlace, StudyStanding } from "./read-study.ts";

/** In the order of their values in the contract. */
const PARTICIPATIONS = ["None", "Joined", "Withdrawn"] as const;

/** How much of a year is given to studies: of how many, and thousandths of ε in all. */
export interface StudyBudget {
  readonly studies: number;
  readonly epsilonMilli: number;
}

export interface PatientStanding {
  readonly participation: (typeof PARTICIPATIONS)[number];
  /** Digest of what the patient committed to. */
  readonly input: Hex32 | undefined;
  /** As the study's chain knows it; undefined where it does not know the patient. */
  readonly hospitalId: Hex32 | undefined;
  /** What was given this year, and what the hospital allows; of a hospital that allows nothing, zeros. */
  readonly used: StudyBudget;
  readonly limits: StudyBudget;
}

const budgetOf = ({ studies, epsilonMilli }: { studies: bigint; epsilonMilli: bigint }): StudyBudget => ({
  studies: Number(studies),
  epsilonMilli: Number(epsilonMilli),
});

/** Reads how a patient stands to a study. */
export async function readPatientStanding(
  { chain, studies }: StudyPlace,
  studyId: Hex32,
  patient: Hex32,
): Promise<PatientStanding> {
  const [{ state, input }, usage, { hospitalId }] = await Promise.all([
    ask(chain, () => studies.participation(studyId, patient)),
    ask(chain, () => studies.usageOf(patient)),
    ask(chain, () => chain.hospitals.member(patient)),
  ]);
  const participation = PARTICIPATIONS[Number(state)];
  if (participation === undefined) throw new RangeError(`there is no participation ${state}`);
  const limits = await ask(chain, () => studies.limitsOf(hospitalId));
  return {
    participation,
    input: participation === "None" ? undefined : hex32(input),
    hospitalId: hospitalId === ZERO_32 ? undefined : hex32(hospitalId),
    used: budgetOf(usage),
    limits: budgetOf(limits),
  };
}

/** Why a patient cannot join a study now. */
export type JoinObstacle =
  | "joined"
  | "left"
  | "not-open"
  | "ended"
  | "other-hospital"
  | "no-limits"
  | "studies"
  | "budget"
  | "full";

/**
 * What keeps a patient from joining; undefined where nothing that can be seen does.
 * @param now Unix seconds, by the study's chain
 */
export function joinObstacle(
  { state, joinEnd, holders, cohort, plan }: StudyStanding,
  { participation, hospitalId, used, limits }: PatientStanding,
  now: number,
): JoinObstacle | undefined {
  const { epsilonMilli, maximumCohort } = plan.study;
  if (participation !== "None") return participation === "Joined" ? "joined" : "left";
  if (state === "Proposed" || state === "Approved") return "not-open";
  if (state !== "Open" || now >= joinEnd) return "ended";
  if (hospitalId === undefined || !holders.includes(hospitalId)) return "other-hospital";
  if (limits.studies === 0 || limits.epsilonMilli === 0) return "no-limits";
  if (used.studies >= limits.studies) return "studies";
  if (used.epsilonMilli + epsilonMilli > limits.epsilonMilli) return "budget";
  return cohort >= maximumCohort ? "full" : undefined;
}

const epsilonOf = (milli: number): string => String(milli / 1000);
const timeOf = (seconds: number): string => new Date(seconds * 1000).toISOString().replace(".000", "");

function reasonOf(obstacle: JoinObstacle, study: StudyStanding, { used, limits }: PatientStanding): string {
  const { studyId, joinEnd, plan } = study;
  switch (obstacle) {
    case "joined":
      return `you take part in study ${studyId} already`;
    case "left":
      return `you have left study ${studyId}, which is for good`;
    case "not-open":
      return `study ${studyId} is not open yet: patients can join once each of its hospitals has approved it, and published its share of the key`;
    case "ended":
      return `joining study ${studyId} ended at ${timeOf(joinEnd)}`;
    case "other-hospital":
      return `study ${studyId} is for patients of the hospitals that hold its key, and yours does not, or its chain does not know you: ask your hospital`;
    case "no-limits":
      return "your hospital has not said how much its patients may give to studies: ask it to run medex study limit";
    case "studies":
      return `you take part in ${used.studies} studies this year, and your hospital allows ${limits.studies}; wait until next year`;
    case "budget":
      if (plan.study.epsilonMilli > limits.epsilonMilli) {
        return `this study costs ε ${epsilonOf(plan.study.epsilonMilli)}, and your hospital allows its patients ${epsilonOf(limits.epsilonMilli)} a year`;
      }
      return `you have given ε ${epsilonOf(used.epsilonMilli)} of ${epsilonOf(limits.epsilonMilli)} to studies this year, and this one costs ${epsilonOf(plan.study.epsilonMilli)}; wait until next year`;
    case "full":
      return `study ${studyId} has all of its ${plan.study.maximumCohort} patients`;
  }
}

/**
 * That a patient can join a study now, as far as can be seen before the contract is asked.
 * @param now Unix seconds, by the study's chain
 * @throws INPUT_INVALID says what keeps the patient from it
 */
export function requireJoinable(study: StudyStanding, patient: PatientStanding, now: number): void {
  const obstacle = joinObstacle(study, patient, now);
  if (obstacle !== undefined) throw new MedexError("INPUT_INVALID", reasonOf(obstacle, study, patient));
}
