/** The audit of a registry of studies: its events replayed, and what was released computed again from what the parties published. */

import { ask, chainLogs, fromHex32, type Hex32, studyDomain, toHex32 } from "@medexchain/chain";
import { MedexError, sha256 } from "@medexchain/core";
import { CONTENT_LIMITS, type ContentStore } from "@medexchain/ipfs";
import {
  combinePartials,
  decodeQuestion,
  decodeSum,
  encodeSums,
  planStudy,
  type StudyInput,
  type StudyPlan,
  sumInputs,
} from "@medexchain/studies";
import { equalBytes } from "@noble/curves/utils.js";
import { Interface, recoverAddress } from "ethers";
import { FETCHED_AT_ONCE } from "./compute-node.ts";
import { mapAhead } from "./map-ahead.ts";
import { type MemberHistory, memberHistory } from "./member-history.ts";
import type { StudyPlace } from "./read-study.ts";
import {
  type PatientSignature,
  type ReplayedStudy,
  replayStudies,
  type StudyEvent,
  type StudyFinding,
} from "./replay.ts";

export interface StudiesAudit {
  readonly studies: number;
  readonly released: number;
  /** Patients in released sums. */
  readonly patients: number;
  /** None where all is as it must be. */
  readonly findings: readonly Pick<StudyFinding, "studyId" | "what">[];
}

/** An event with its place in the chain. */
interface PlacedEvent extends StudyEvent {
  readonly block: number;
  readonly position: number;
}

/** All events of the registry, in order, with their blocks' times. */
async function eventsOf({ chain, studies, address }: StudyPlace, fromBlock: number): Promise<PlacedEvent[]> {
  const { provider } = chain;
  const logs = await chainLogs(chain, (from, to) => provider.getLogs({ address, fromBlock: from, toBlock: to }), {
    from: fromBlock,
  });
  const times = new Map<number, number>();
  const events: PlacedEvent[] = [];
  for (const log of logs) {
    const { blockNumber: block, index: position } = log;
    const time = times.get(block) ?? (await ask(chain, () => provider.getBlock(block)))?.timestamp;
    if (time === undefined) {
      throw new MedexError(
        "SERVICE_PROTOCOL",
        `the node has a log of block ${block}, and not the block: check that it is in sync`,
      );
    }
    times.set(block, time);
    const event = studies.interface.parseLog(log);
    if (event !== null) events.push({ name: event.name, args: event.args.toObject(), time, block, position });
  }
  return events;
}

const ACCEPTED = "0x1626ba7e";
const ERC_1271 = new Interface(["function isValidSignature(bytes32 hash, bytes signature) view returns (bytes4)"]);

/** Whether a patient's account signed: by its key, or by the word of its contract at that block (ERC-1271), for which the node is believed. */
async function isSigned({ chain }: StudyPlace, claim: PatientSignature<PlacedEvent>): Promise<boolean> {
  const { account, digest, signature, event } = claim;
  if (isByKey(account, digest, signature)) return true;
  const { provider } = chain;
  const code = await ask(chain, () => provider.getCode(account, event.block));
  if (code === "0x") return false;
  const data = ERC_1271.encodeFunctionData("isValidSignature", [digest, signature]);
  try {
    const answer = await ask(chain, () => provider.call({ to: account, data, blockTag: event.block }));
    return answer.startsWith(ACCEPTED);
  } catch (error) {
    if (MedexError.is(error) && error.code === "CHAIN_REVERTED") return false;
    throw error;
  }
}

function isByKey(account: string, digest: Hex32, signature: string): boolean {
  try {
    return recoverAddress(digest, signature).toLowerCase() === account.toLowerCase();
  } catch {
    return false; // no signature of a key at all
  }
}

const fileOf = async (store: ContentStore, digest: Hex32, kind: "studySum" | "studyFile" | "studyQuestion") =>
  store.get(fromHex32(digest), { maxBytes: CONTENT_LIMITS[kind] });

async function planOf(store: ContentStore, { studyId, terms }: ReplayedStudy): Promise<StudyPlan> {
  const { question, holders, minimumCohort, maximumCohort, epsilonMilli } = terms;
  return planStudy({
    id: fromHex32(studyId),
    holders: holders.map(fromHex32),
    question: decodeQuestion(await fileOf(store, question, "studyQuestion")),
    minimumCohort,
    maximumCohort,
    epsilonMilli,
  });
}

/** That the sum is the sum of exactly the inputs that it names, each of a patient who took part. */
async function faultOfSum(
  store: ContentStore,
  plan: StudyPlan,
  published: Uint8Array,
  { count, inputs }: ReplayedStudy,
): Promise<string | undefined> {
  const named = new Set((await decodeSum(plan, published)).inputs.map((digest) => digest.join()));
  if (named.size !== count) return `its sum names ${named.size} inputs, and the chain says ${count}`;
  const summed = [...inputs]
    .map(([patient, committed]) => ({ patient: fromHex32(patient), digest: fromHex32(committed) }))
    // What is left of the names in the end nobody committed to.
    .filter(({ digest }) => named.delete(digest.join()));
  if (named.size > 0) return "its sum names an input that no patient committed to";
  const fetched = mapAhead(summed, FETCHED_AT_ONCE, async ({ patient, digest }): Promise<StudyInput> => {
    return { patient, digest, file: await store.get(digest, { maxBytes: CONTENT_LIMITS.studyFile }) };
  });
  const again = await sumInputs(plan, fetched);
  return equalBytes(again, published) ? undefined : "its sum is not the sum of its inputs";
}

/**
 * Computes what a study released again from what its parties published, by what was replayed of it alone.
 * @returns what is wrong; undefined where nothing is, or nothing was released
 * @throws SERVICE_UNREACHABLE
 */
export async function faultOfRelease(store: ContentStore, study: ReplayedStudy): Promise<string | undefined> {
  const { terms, sum, partials, outcome } = study;
  if (outcome === undefined) return undefined;
  if (sum === undefined) return "it has no sum";
  try {
    const plan = await planOf(store, study);
    const published = await fileOf(store, sum, "studySum");
    const wrong = await faultOfSum(store, plan, published, study);
    if (wrong !== undefined) return wrong;
    const parts: Uint8Array[] = [];
    for (const holder of terms.holders) {
      const digest = partials.get(holder);
      if (digest !== undefined) parts.push(await fileOf(store, digest, "studyFile"));
    }
    const found = toHex32(sha256(encodeSums(await combinePartials(plan, published, parts))));
    return found === outcome ? undefined : `it released ${outcome}, and its partial decryptions give ${found}`;
  } catch (error) {
    if (!MedexError.is(error) || error.code === "SERVICE_UNREACHABLE") throw error;
    return error.message;
  }
}

/**
 * Audits a registry of studies: who took part, that each sum is the sum of exactly those, that releases happened only as allowed, and what each
 * patient's budget was spent on.
 * @param fromBlock the registry's first, or the suite's
 * @throws SERVICE_UNREACHABLE and its kin; what somebody published and is wrong or gone is a finding
 */
export async function verifyStudies(place: StudyPlace, fromBlock: number): Promise<StudiesAudit> {
  const events = await eventsOf(place, fromBlock);
  const people: MemberHistory = await memberHistory(place.chain, fromBlock);
  const { studies, findings: replayed, signatures } = replayStudies(studyDomain(place), events, people);
  const findings = replayed.map(({ studyId, what }) => (studyId === undefined ? { what } : { studyId, what }));
  for (const claim of signatures) {
    if (!(await isSigned(place, claim))) findings.push({ studyId: claim.studyId, what: claim.otherwise });
  }
  const released = [...studies.values()].filter(({ outcome }) => outcome !== undefined);
  for (const study of released) {
    const what = await faultOfRelease(place.store, study);
    if (what !== undefined) findings.push({ studyId: study.studyId, what });
  }
  const patients = released.reduce((total, { count }) => total + count, 0);
  return { studies: studies.size, released: released.length, patients, findings };
}
