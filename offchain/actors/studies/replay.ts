/**
 * A registry of studies, replayed from its events alone: that every act was allowed when it was done. It repeats the contract's rules, and
 * believes neither the contract's state nor the node about more than what was logged. Whose account is whose, and whether it signed, the caller finds
 * out.
 */

import {
  type Hex32,
  hex32,
  participationDigest,
  type StudyDomain,
  shareCommitmentOf,
  studyIdOf,
  studyWithdrawalDigest,
} from "@medexchain/chain";

/** An event of the registry, with the time of its block. */
export interface StudyEvent {
  readonly name: string;
  /** As ethers decodes them. */
  readonly args: Readonly<Record<string, unknown>>;
  /** Unix seconds. */
  readonly time: number;
}

/** Something that must not be. */
export interface StudyFinding<E extends StudyEvent = StudyEvent> {
  /** Absent for what is the registry's and no study's. */
  readonly studyId?: Hex32;
  readonly what: string;
  /** What shows it; absent for what is of the published files. */
  readonly event?: E;
}

/** What a patient's account must have signed. */
export interface PatientSignature<E extends StudyEvent = StudyEvent> {
  readonly event: E;
  readonly studyId: Hex32;
  readonly patient: Hex32;
  /** The patient's, by the registry of hospitals. */
  readonly account: string;
  readonly digest: Hex32;
  readonly signature: string;
  /** What it is if the account did not sign. */
  readonly otherwise: string;
}

/** Who patients are when something is done. */
export interface People<E extends StudyEvent = StudyEvent> {
  hospitalOf(patient: Hex32, event: E): Hex32 | undefined;
  /** The account that may join or leave for the patient then; undefined where there is none. */
  accountOf(patient: Hex32, event: E): string | undefined;
}

/** A study as its events tell it. */
export interface ReplayedStudy {
  readonly studyId: Hex32;
  readonly terms: ReplayedTerms;
  /** By patient, in the order in which they joined; without those who left. */
  readonly inputs: ReadonlyMap<Hex32, Hex32>;
  readonly sum: Hex32 | undefined;
  readonly count: number;
  readonly partials: ReadonlyMap<Hex32, Hex32>;
  readonly outcome: Hex32 | undefined;
}

/** A study's terms, as they were proposed. */
export interface ReplayedTerms {
  /** Digest of the question. */
  readonly question: Hex32;
  readonly holders: readonly Hex32[];
  readonly minimumCohort: number;
  readonly maximumCohort: number;
  readonly joinEnd: number;
  readonly end: number;
  readonly epsilonMilli: number;
}

interface State extends ReplayedStudy {
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
/** As in the contract. */
const MAX_HOLDERS = 8;
const MAX_COHORT = 100_000;
const MAX_EPSILON_MILLI = 20_000;
const id = (value: unknown): Hex32 => hex32(String(value));
const sameAccount = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

function termsOf(value: unknown): ReplayedTerms {
  // The ABI fixes names and types; ethers' Result is untyped.
  const terms = value as Record<keyof ReplayedTerms, unknown>;
  return {
    question: id(terms.question),
    holders: [...(terms.holders as Iterable<unknown>)].map(id),
    minimumCohort: Number(terms.minimumCohort),
    maximumCohort: Number(terms.maximumCohort),
    joinEnd: Number(terms.joinEnd),
    end: Number(terms.end),
    epsilonMilli: Number(terms.epsilonMilli),
  };
}

/** What a replay comes to. */
export interface StudiesReplay<E extends StudyEvent = StudyEvent> {
  readonly studies: ReadonlyMap<Hex32, ReplayedStudy>;
  readonly findings: readonly StudyFinding<E>[];
  /** All of them are still to be checked. */
  readonly signatures: readonly PatientSignature<E>[];
}

/**
 * Replays a registry.
 * @param at the registry, under whose domain patients sign
 * @param events all of them, in order
 */
export function replayStudies<E extends StudyEvent>(
  at: StudyDomain,
  events: Iterable<E>,
  people: People<E>,
): StudiesReplay<E> {
  const studies = new Map<Hex32, State>();
  const findings: StudyFinding<E>[] = [];
  const signatures: PatientSignature<E>[] = [];
  const budgets: Budgets = { limits: new Map(), spent: new Map() };

  for (const event of events) {
    const { name, args } = event;
    if (name === "StudyLimitsSet") {
      budgets.limits.set(id(args.hospitalId), givenOf(args.limits));
      continue;
    }
    const studyId = args.studyId === undefined ? undefined : id(args.studyId);
    if (studyId === undefined) continue;
    const expect = (isRight: boolean, what: string): void => {
      if (!isRight) findings.push({ studyId, what, event });
    };
    if (name === "StudyProposed") {
      expect(!studies.has(studyId), "it was proposed twice");
      expect(
        studyIdOf(at, String(args.proposer), String(args.salt), args.terms) === studyId,
        "its id is not that of its terms",
      );
      const terms = termsOf(args.terms);
      expect(areKeepable(terms, event.time), "it was proposed with terms that no study may have");
      studies.set(studyId, emptyState(studyId, terms));
      continue;
    }
    const study = studies.get(studyId);
    if (study === undefined) {
      findings.push({ studyId, what: `${name} of a study that nobody proposed`, event });
      continue;
    }
    expect(study.outcome === undefined, `${name} after its result was released`);
    const patientSigned = (patient: Hex32, digest: Hex32, otherwise: string): void => {
      const [account, told] = [people.accountOf(patient, event), String(args.account)];
      expect(
        account !== undefined && sameAccount(account, told),
        `account ${told} acted for patient ${patient}, whose account is ${account ?? "none that may act"}`,
      );
      const signature = String(args.signature);
      if (account !== undefined) signatures.push({ event, studyId, patient, account, digest, signature, otherwise });
    };
    const hospitalOf = (patient: Hex32) => people.hospitalOf(patient, event);
    replayEvent({ at, study, event, expect, budgets, hospitalOf, patientSigned });
  }
  return { studies, findings, signatures };
}

/** The contract's limits of terms; its ring's are `planStudy`'s. */
function areKeepable(terms: ReplayedTerms, time: number): boolean {
  const { holders, minimumCohort, maximumCohort, joinEnd, end, epsilonMilli } = terms;
  const areAscending = holders.every((holder, i) => i === 0 || BigInt(holders[i - 1] ?? 0) < BigInt(holder));
  return (
    areAscending &&
    holders.length >= 2 &&
    holders.length <= MAX_HOLDERS &&
    minimumCohort >= 2 &&
    maximumCohort >= minimumCohort &&
    maximumCohort <= MAX_COHORT &&
    joinEnd > time &&
    end > joinEnd &&
    epsilonMilli >= 1 &&
    epsilonMilli <= MAX_EPSILON_MILLI
  );
}

function emptyState(studyId: Hex32, terms: ReplayedTerms): State {
  return {
    studyId,
    terms,
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
}

const NOTHING: Given = { studies: 0, epsilonMilli: 0 };

function givenOf(value: unknown): Given {
  const { studies, epsilonMilli } = value as Record<"studies" | "epsilonMilli", unknown>; // as in termsOf
  return { studies: Number(studies), epsilonMilli: Number(epsilonMilli) };
}

/** Adds to what a patient has given in a year, and says whether it is within the limits of then. */
function give(
  { limits, spent }: Budgets,
  patient: Hex32,
  hospital: Hex32 | undefined,
  year: number,
  more: Given,
): boolean {
  const key = `${patient} ${year}`;
  const before = spent.get(key) ?? NOTHING;
  const now = { studies: before.studies + more.studies, epsilonMilli: before.epsilonMilli + more.epsilonMilli };
  spent.set(key, now);
  const limit = (hospital === undefined ? undefined : limits.get(hospital)) ?? NOTHING;
  return now.studies <= limit.studies && now.epsilonMilli <= limit.epsilonMilli;
}

interface Act {
  readonly at: StudyDomain;
  readonly study: State;
  readonly event: StudyEvent;
  readonly expect: (isRight: boolean, what: string) => void;
  readonly budgets: Budgets;
  readonly hospitalOf: (patient: Hex32) => Hex32 | undefined;
  readonly patientSigned: (patient: Hex32, digest: Hex32, otherwise: string) => void;
}

function replayEvent({ at, study, event, expect, budgets, hospitalOf, patientSigned }: Act): void {
  const { name, args, time } = event;
  const { terms, studyId, commitments, shares, inputs, paid, partials } = study;
  const isComplete = (of: ReadonlyMap<Hex32, Hex32>) => terms.holders.every((holder) => of.has(holder));
  switch (name) {
    case "StudyApproved": {
      const holder = id(args.holder);
      expect(
        terms.holders.includes(holder) && !commitments.has(holder),
        `hospital ${holder} approved it twice, or holds no key`,
      );
      expect(time < terms.joinEnd, `hospital ${holder} approved it after joining had ended`);
      commitments.set(holder, id(args.commitment));
      return;
    }
    case "StudyShared": {
      const [holder, share] = [id(args.holder), id(args.share)];
      expect(isComplete(commitments), `hospital ${holder} showed its share before all had committed`);
      expect(
        commitments.get(holder) === shareCommitmentOf(studyId, holder, share),
        `hospital ${holder} showed another share than it committed to`,
      );
      shares.set(holder, share);
      return;
    }
    case "StudyJoined": {
      const [patient, input] = [id(args.patient), id(args.input)];
      expect(isComplete(shares), `patient ${patient} joined before the key was complete`);
      expect(time < terms.joinEnd, `patient ${patient} joined after joining had ended`);
      expect(!paid.has(patient), `patient ${patient} joined twice`);
      expect(inputs.size < terms.maximumCohort, "more patients joined than its terms allow");
      const digest = participationDigest(at, { studyId, patient, input });
      patientSigned(patient, digest, `patient ${patient} did not sign`);
      const year = Math.floor(time / YEAR);
      const hospital = hospitalOf(patient);
      const isWithin = give(budgets, patient, hospital, year, { studies: 1, epsilonMilli: terms.epsilonMilli });
      expect(isWithin, `patient ${patient} gave more to studies than its hospital allows in a year`);
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
      patientSigned(
        patient,
        studyWithdrawalDigest(at, { studyId, patient }),
        `patient ${patient} did not sign to leave`,
      );
      inputs.delete(patient);
      const year = paid.get(patient);
      // As the contract, which keeps the latest year alone: what is returned is of this year, or of none.
      if (year === Math.floor(time / YEAR))
        give(budgets, patient, hospitalOf(patient), year, { studies: 0, epsilonMilli: -terms.epsilonMilli });
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
      expect(
        Number(args.count) === study.count,
        `its result is of ${args.count} patients, and its sum of ${study.count}`,
      );
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
