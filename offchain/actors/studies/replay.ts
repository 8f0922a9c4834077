/**
 * A registry of studies, replayed from its events alone: that every act was allowed when it was done. It repeats the contract's rules, and
 * believes neither the contract's state nor the node about more than what was logged.
 */

import {
  type Hex32,
  hex32,
  type StudyChain,
  type StudyParticipation,
  verifyParticipation,
  verifyStudyWithdrawal,
} from "@medexchain/chain";
import { AbiCoder, keccak256 } from "ethers";

/** An event of the registry, with the time of its block. */
export interface StudyEvent {
  readonly name: string;
  /** As ethers decodes them. */
  readonly args: Readonly<Record<string, unknown>>;
  /** Unix seconds. */
  readonly time: number;
}

/** Something that must not be. */
export interface StudyFinding {
  /** Absent for what is the registry's and no study's. */
  readonly studyId?: Hex32;
  readonly what: string;
}

/** A study as its events tell it. */
export interface ReplayedStudy {
  readonly studyId: Hex32;
  readonly holders: readonly Hex32[];
  /** By patient, in the order in which they joined; without those who left. */
  readonly inputs: ReadonlyMap<Hex32, Hex32>;
  readonly sum: Hex32 | undefined;
  readonly count: number;
  readonly partials: ReadonlyMap<Hex32, Hex32>;
  readonly outcome: Hex32 | undefined;
}

interface Terms {
  readonly holders: readonly Hex32[];
  readonly minimumCohort: number;
  readonly maximumCohort: number;
  readonly joinEnd: number;
  readonly end: number;
  readonly epsilonMilli: number;
}

interface State extends ReplayedStudy {
  readonly terms: Terms;
  readonly commitments: Map<Hex32, Hex32>;
  readonly shares: Map<Hex32, Hex32>;
  readonly inputs: Map<Hex32, Hex32>;
  /** The year in which each paid, of all who ever joined. */
  readonly paid: Map<Hex32, number>;
  readonly partials: Map<Hex32, Hex32>;
  sum: Hex32 | undefined;
  count: number;
  outcome: Hex32 | undefined;
}

const YEAR = 365 * 86_400;
const id = (value: unknown): Hex32 => hex32(String(value));

/** What a holder commits to, see `StudyRegistry.shareCommitment`. */
function commitmentOf(studyId: Hex32, holder: Hex32, share: Hex32): Hex32 {
  return hex32(
    keccak256(AbiCoder.defaultAbiCoder().encode(["bytes32", "bytes32", "bytes32"], [studyId, holder, share])),
  );
}

function termsOf(value: unknown): Terms {
  // The ABI fixes names and types; ethers' Result is untyped.
  const terms = value as Record<
    "holders" | "minimumCohort" | "maximumCohort" | "joinEnd" | "end" | "epsilonMilli",
    unknown
  >;
  return {
    holders: [...(terms.holders as Iterable<unknown>)].map(id),
    minimumCohort: Number(terms.minimumCohort),
    maximumCohort: Number(terms.maximumCohort),
    joinEnd: Number(terms.joinEnd),
    end: Number(terms.end),
    epsilonMilli: Number(terms.epsilonMilli),
  };
}

/**
 * Replays a registry.
 * @param at the registry, under whose domain patients sign
 * @param events all of them, in order
 * @param hospitalOf each patient's hospital
 */
export function replayStudies(
  at: StudyChain,
  events: Iterable<StudyEvent>,
  hospitalOf: (patient: Hex32) => Hex32 | undefined,
): { readonly studies: ReadonlyMap<Hex32, ReplayedStudy>; readonly findings: readonly StudyFinding[] } {
  const studies = new Map<Hex32, State>();
  const findings: StudyFinding[] = [];
  const budgets: Budgets = { limits: new Map(), spent: new Map(), hospitalOf };

  for (const { name, args, time } of events) {
    if (name === "StudyLimitsSet") {
      budgets.limits.set(id(args.hospitalId), givenOf(args.limits));
      continue;
    }
    const studyId = args.studyId === undefined ? undefined : id(args.studyId);
    if (studyId === undefined) continue;
    const expect = (isRight: boolean, what: string): void => {
      if (!isRight) findings.push({ studyId, what });
    };
    if (name === "StudyProposed") {
      expect(!studies.has(studyId), "it was proposed twice");
      const terms = termsOf(args.terms);
      studies.set(studyId, emptyState(studyId, terms));
      continue;
    }
    const study = studies.get(studyId);
    if (study === undefined) {
      findings.push({ studyId, what: `${name} of a study that nobody proposed` });
      continue;
    }
    replayEvent({ at, study, name, args, time, expect, budgets });
  }
  return { studies, findings };
}

function emptyState(studyId: Hex32, terms: Terms): State {
  return {
    studyId,
    terms,
    holders: terms.holders,
    commitments: new Map(),
    shares: new Map(),
    inputs: new Map(),
    paid: new Map(),
    partials: new Map(),
    sum: undefined,
    count: 0,
    outcome: undefined,
  };
}

/** What a patient may give to studies in a year, or has. */
interface Given {
  readonly studies: number;
  readonly epsilonMilli: number;
}

interface Budgets {
  /** By hospital. */
  readonly limits: Map<Hex32, Given>;
  /** By patient and year. */
  readonly spent: Map<string, Given>;
  readonly hospitalOf: (patient: Hex32) => Hex32 | undefined;
}

const NOTHING: Given = { studies: 0, epsilonMilli: 0 };

function givenOf(value: unknown): Given {
  const { studies, epsilonMilli } = value as Record<"studies" | "epsilonMilli", unknown>; // as in termsOf
  return { studies: Number(studies), epsilonMilli: Number(epsilonMilli) };
}

/** Adds to what a patient has given in a year, and says whether it is within the limits of then. */
function give({ limits, spent, hospitalOf }: Budgets, patient: Hex32, year: number, more: Given): boolean {
  const key = `${patient} ${year}`;
  const before = spent.get(key) ?? NOTHING;
  const now = { studies: before.studies + more.studies, epsilonMilli: before.epsilonMilli + more.epsilonMilli };
  spent.set(key, now);
  const hospital = hospitalOf(patient);
  const limit = (hospital === undefined ? undefined : limits.get(hospital)) ?? NOTHING;
  return now.studies <= limit.studies && now.epsilonMilli <= limit.epsilonMilli;
}

interface Act extends StudyEvent {
  readonly at: StudyChain;
  readonly study: State;
  readonly expect: (isRight: boolean, what: string) => void;
  readonly budgets: Budgets;
}

function replayEvent({ at, study, name, args, time, expect, budgets }: Act): void {
  const { terms, studyId, commitments, shares, inputs, paid, partials } = study;
  const isComplete = (of: ReadonlyMap<Hex32, Hex32>) => terms.holders.every((holder) => of.has(holder));
  switch (name) {
    case "StudyApproved": {
      const holder = id(args.holder);
      expect(
        terms.holders.includes(holder) && !commitments.has(holder),
        `hospital ${holder} approved it twice, or holds no key`,
      );
      commitments.set(holder, id(args.commitment));
      return;
    }
    case "StudyShared": {
      const [holder, share] = [id(args.holder), id(args.share)];
      expect(isComplete(commitments), `hospital ${holder} showed its share before all had committed`);
      expect(
        commitments.get(holder) === commitmentOf(studyId, holder, share),
        `hospital ${holder} showed another share than it committed to`,
      );
      shares.set(holder, share);
      return;
    }
    case "StudyJoined": {
      const participation: StudyParticipation = { studyId, patient: id(args.patient), input: id(args.input) };
      const { patient, input } = participation;
      expect(isComplete(shares), `patient ${patient} joined before the key was complete`);
      expect(time < terms.joinEnd, `patient ${patient} joined after joining had ended`);
      expect(!paid.has(patient), `patient ${patient} joined twice`);
      expect(inputs.size < terms.maximumCohort, "more patients joined than its terms allow");
      expect(
        verifyParticipation(at, participation, String(args.account), String(args.signature)),
        `patient ${patient} did not sign`,
      );
      const year = Math.floor(time / YEAR);
      const isWithin = give(budgets, patient, year, { studies: 1, epsilonMilli: terms.epsilonMilli });
      expect(isWithin, `patient ${patient} gave more to studies than its hospital allows in a year`);
      const hospital = budgets.hospitalOf(patient);
      expect(
        hospital !== undefined && terms.holders.includes(hospital),
        `patient ${patient} is of no hospital that holds the key`,
      );
      paid.set(patient, year);
      inputs.set(patient, input);
      return;
    }
    case "StudyLeft": {
      const patient = id(args.patient);
      expect(inputs.has(patient), `patient ${patient} left without having joined`);
      expect(partials.size === 0, `patient ${patient} left after a hospital had decrypted`);
      expect(
        verifyStudyWithdrawal(at, { studyId, patient }, String(args.account), String(args.signature)),
        `patient ${patient} did not sign to leave`,
      );
      inputs.delete(patient);
      const year = paid.get(patient);
      // As the contract, which keeps the latest year alone: what is returned is of this year, or of none.
      if (year === Math.floor(time / YEAR))
        give(budgets, patient, year, { studies: 0, epsilonMilli: -terms.epsilonMilli });
      study.sum = undefined;
      return;
    }
    case "StudySummed": {
      study.sum = id(args.sum);
      study.count = Number(args.count);
      expect(time >= terms.end, "its sum was made before its end");
      expect(partials.size === 0, "its sum was replaced after a hospital had decrypted");
      expect(study.count >= terms.minimumCohort && study.count <= inputs.size, `its sum is of ${study.count} patients`);
      return;
    }
    case "StudyDecrypted": {
      const holder = id(args.holder);
      expect(study.sum === id(args.sum), `hospital ${holder} decrypted another sum`);
      expect(
        terms.holders.includes(holder) && !partials.has(holder),
        `hospital ${holder} decrypted twice, or holds no key`,
      );
      partials.set(holder, id(args.partialDecryption));
      return;
    }
    case "StudyReleased": {
      expect(isComplete(partials), "its result was released without each hospital");
      study.outcome = id(args.outcome);
      return;
    }
    case "StudyOpened":
      expect(isComplete(shares), "it was opened without each share");
      return;
    default:
      expect(false, `an event ${name} that is not known`);
  }
}
