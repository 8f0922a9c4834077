/** A chain's registry of studies, replayed from its logs as they were read, and what it released computed again from what was published. */

import {
  faultOfRelease,
  type People,
  type ReplayedStudy,
  replayStudies,
  type StudyEvent,
} from "@medexchain/actors/studies";
import { ask, type Chain, fromHex32, type Hex32, hex32, studyChain } from "@medexchain/chain";
import { studyRegistryAbi } from "@medexchain/contracts";
import { MedexError } from "@medexchain/core";
import type { ContentStore } from "@medexchain/ipfs";
import { getBytes, Interface } from "ethers";
import { finding } from "../finding.ts";
import { STUDIES } from "../read/events.ts";
import { logsOfEvents, placeOf, type StoredLog, toHex } from "../store/stored-log.ts";
import type { VerifyContext } from "./context.ts";
import { type Registries, registries } from "./registries.ts";
import { requireSentBy } from "./sent-by.ts";

const REGISTRY = new Interface(studyRegistryAbi);
const EVENTS = REGISTRY.fragments.flatMap((each) =>
  each.type === "event" && "name" in each ? [String(each.name)] : [],
);
/** What decides whose account may act for whom. */
const OF_PEOPLE = [
  "HospitalRegistered",
  "OperatorRotated",
  "HospitalSuspended",
  "HospitalReinstated",
  "HospitalAdopted",
  "MemberAdopted",
  "MemberEnrolled",
  "MemberImported",
  "MemberSuspended",
  "MemberReinstated",
  "CertificatesRevoked",
];

/** A registry's studies, as its events tell them. */
export interface AuditedStudies {
  readonly chainId: bigint;
  readonly studies: readonly ReplayedStudy[];
}

interface LoggedEvent extends StudyEvent {
  readonly log: StoredLog;
}

/** How many there are, for the verdict. */
export interface StudyCounts {
  readonly studies: number;
  readonly released: number;
  /** In released sums. */
  readonly patients: number;
}

export function countStudies({ studies }: AuditedStudies): StudyCounts {
  const released = studies.filter(({ outcome }) => outcome !== undefined);
  return {
    studies: studies.length,
    released: released.length,
    patients: released.reduce((total, { count }) => total + count, 0),
  };
}

/**
 * Replays the registry of a chain: that each act was allowed then, was sent by who may, and is signed by the patient whose it is.
 *
 * @param address the registry's
 */
export function checkStudies(context: VerifyContext, chainId: bigint, address: string): AuditedStudies {
  // What is wrong with certificates the pass over the chain has reported.
  const held = registries({ ...context, wrong() {}, report() {}, requireSigned() {} });
  const people: People<LoggedEvent> = {
    hospitalOf: (patient) => held.hospitalOf(patient),
    accountOf: (patient, { name, time }) =>
      name === "StudyJoined" ? held.activeAccount(patient, time) : held.lastAccount(patient),
  };
  const at = { chainId, address };
  const { studies, findings, signatures } = replayStudies(at, eventsIn(context, chainId, address, held), people);
  for (const { studyId, what, event } of findings) {
    const where = { ...(event ? placeOf(event.log) : { chainId }), ...(studyId && { studyId }) };
    context.report(
      finding({ code: "STUDY_RULE_BROKEN", message: `of a study: ${what}`, where, expected: "its rules", found: what }),
    );
  }
  for (const { event, studyId, patient, account, digest, signature, otherwise } of signatures) {
    const where = { ...placeOf(event.log), studyId, memberId: patient };
    context.requireSigned({
      log: event.log,
      account: account.toLowerCase(),
      digest: fromHex32(digest),
      signature: getBytes(signature),
      otherwise: finding({
        code: "STUDY_UNSIGNED",
        message: `of a study: ${otherwise}`,
        where,
        expected: `signed by ${account}`,
        found: signature,
      }),
    });
  }
  return { chainId, studies: [...studies.values()] };
}

/** The registry's events in order, while `held` follows to where each stands. */
function* eventsIn(
  context: VerifyContext,
  chainId: bigint,
  address: string,
  held: Registries,
): Generator<LoggedEvent, void> {
  const computeNodes = new Map<Hex32, string>();
  for (const log of logsOfEvents(context.store, chainId, [...OF_PEOPLE, ...EVENTS])) {
    if (log.contract !== STUDIES) {
      applyQuietly(held, log);
      continue;
    }
    const args = argumentsOf(context, log);
    if (args === undefined) continue;
    if (log.event === "StudyProposed") {
      const { computeNode } = args.terms as { computeNode: string }; // by the ABI; ethers' Result is untyped
      computeNodes.set(hex32(String(args.studyId)), computeNode.toLowerCase());
    }
    checkAuthor(context, log, args, address.toLowerCase(), held, computeNodes);
    yield { name: log.event, args, time: log.timestamp, log };
  }
}

function applyQuietly(held: Registries, log: StoredLog): void {
  try {
    held.apply(log);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // a malformed log, which the pass over the chain has reported
  }
}

function argumentsOf(context: VerifyContext, log: StoredLog): Record<string, unknown> | undefined {
  const topics = Array.from({ length: log.topics.length / 32 }, (_, i) =>
    toHex(log.topics.subarray(32 * i, 32 * (i + 1))),
  );
  try {
    const event = REGISTRY.parseLog({ topics, data: toHex(log.data) });
    if (event) return event.args.toObject();
  } catch {
    // told below
  }
  context.wrong({
    code: "LOG_MALFORMED",
    message: `a malformed ${log.event}`,
    log,
    expected: "as the contract's interface has it",
    found: toHex(log.data),
  });
  return undefined;
}

/** That who may cause the event sent it: all but what patients sign, which anyone may bring. */
function checkAuthor(
  context: VerifyContext,
  log: StoredLog,
  args: Record<string, unknown>,
  contract: string,
  held: Registries,
  computeNodes: ReadonlyMap<Hex32, string>,
): void {
  const operatorOf = (hospital: unknown) => held.hospitals.get(hex32(String(hospital)))?.operator;
  const sent = (author: string | undefined, who: string): void => {
    if (author !== undefined) requireSentBy(context, log, { author, who, contract });
    else
      context.wrong({
        code: "STUDY_RULE_BROKEN",
        message: `${log.event} by nobody`,
        log,
        expected: who,
        found: "none",
      });
  };
  switch (log.event) {
    case "StudyProposed":
      sent(String(args.proposer).toLowerCase(), "its proposer");
      return;
    case "StudyApproved":
    case "StudyShared":
    case "StudyDecrypted":
      sent(operatorOf(args.holder), "the hospital's operator");
      return;
    case "StudyLimitsSet":
      sent(operatorOf(args.hospitalId), "the hospital's operator");
      return;
    case "StudySummed":
    case "StudyReleased":
      sent(computeNodes.get(hex32(String(args.studyId))), "its compute node");
      return;
  }
}

/** What the registry holds of each study, against its events: a node that leaves out an event is found. */
export async function checkStudyState(
  { report }: VerifyContext,
  chain: Chain,
  address: string,
  block: number,
  { chainId, studies }: AuditedStudies,
): Promise<void> {
  const registry = (await studyChain(chain, address)).studies;
  for (const { studyId, inputs, sum, count, partials, outcome } of studies) {
    const held = await ask(chain, () => registry.study(studyId, { blockTag: block }));
    const told = [inputs.size, sum ?? NONE, sum === undefined ? 0 : count, partials.size, outcome ?? NONE].join();
    const found = [held.cohort, held.sum, held.summed, held.partials, held.outcome].join();
    if (told === found) continue;
    const message = "the registry holds another standing of a study than its events tell";
    report(finding({ code: "STATE_DIFFERS", message, where: { chainId, block, studyId }, expected: told, found }));
  }
}

const NONE = `0x${"00".repeat(32)}`;

/** That what was released is the sum of its inputs, and what the hospitals' parts give. */
export async function checkReleases(
  { report }: VerifyContext,
  store: ContentStore,
  { chainId, studies }: AuditedStudies,
): Promise<void> {
  for (const study of studies) {
    const where = { chainId, studyId: study.studyId };
    const expected = study.outcome;
    try {
      const found = await faultOfRelease(store, study);
      if (found === undefined) continue;
      const message = "a study's result is not what its parties published";
      report(finding({ code: "STUDY_RESULT_WRONG", message, where, expected, found }));
    } catch (error) {
      if (!MedexError.is(error)) throw error;
      const message = "what a study's parties published could not be fetched";
      report(finding({ code: "CHECK_NOT_DONE", message, where, expected, found: error.message }));
    }
  }
}
