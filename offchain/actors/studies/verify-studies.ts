/** The audit of a registry of studies: its events replayed, and what was released computed again from what the parties published. */

import { ask, chainLogs, fromHex32, type Hex32, hex32, ZERO_32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { CONTENT_LIMITS } from "@medexchain/ipfs";
import { decodeSum, type StudyInput, sumInputs } from "@medexchain/studies";
import { equalBytes } from "@noble/curves/utils.js";
import { checkReleased, FETCHED_AT_ONCE } from "./compute-node.ts";
import { mapAhead } from "./map-ahead.ts";
import { readStudy, type StudyPlace } from "./read-study.ts";
import { type ReplayedStudy, replayStudies, type StudyEvent, type StudyFinding } from "./replay.ts";

export interface StudiesAudit {
  readonly studies: number;
  readonly released: number;
  /** Patients in released sums. */
  readonly patients: number;
  /** None where all is as it must be. */
  readonly findings: readonly StudyFinding[];
}

/** All events of the registry, in order, with their blocks' times. */
async function eventsOf({ chain, studies, address }: StudyPlace, fromBlock: number): Promise<StudyEvent[]> {
  const { provider } = chain;
  const logs = await chainLogs(chain, (from, to) => provider.getLogs({ address, fromBlock: from, toBlock: to }), {
    from: fromBlock,
  });
  const times = new Map<number, number>();
  const events: StudyEvent[] = [];
  for (const log of logs) {
    const time = times.get(log.blockNumber) ?? (await ask(chain, () => provider.getBlock(log.blockNumber)))?.timestamp;
    if (time === undefined) {
      throw new MedexError(
        "SERVICE_PROTOCOL",
        `the node has a log of block ${log.blockNumber}, and not the block: check that it is in sync`,
      );
    }
    times.set(log.blockNumber, time);
    const event = studies.interface.parseLog(log);
    if (event !== null) events.push({ name: event.name, args: event.args.toObject(), time });
  }
  return events;
}

/** Each patient's hospital, by the registry of hospitals. */
async function hospitalsOf({ chain }: StudyPlace, events: readonly StudyEvent[]): Promise<Map<Hex32, Hex32>> {
  const patients = new Set(
    events.filter(({ name }) => name === "StudyJoined").map(({ args }) => hex32(String(args.patient))),
  );
  const hospitals = new Map<Hex32, Hex32>();
  for (const patient of patients) {
    const { hospitalId } = await ask(chain, () => chain.hospitals.member(patient));
    if (hospitalId !== ZERO_32) hospitals.set(patient, hex32(hospitalId));
  }
  return hospitals;
}

/** That the sum is the sum of exactly the inputs that it names, each of a patient who took part. */
async function checkSum(
  place: StudyPlace,
  { studyId, sum, count, inputs }: ReplayedStudy,
): Promise<string | undefined> {
  const { plan } = await readStudy(place, studyId);
  if (sum === undefined) return "it has no sum";
  const published = await place.store.get(fromHex32(sum), { maxBytes: CONTENT_LIMITS.studySum });
  const named = new Set((await decodeSum(plan, published)).inputs.map((digest) => digest.join()));
  if (named.size !== count) return `its sum names ${named.size} inputs, and the chain says ${count}`;
  const summed = [...inputs]
    .map(([patient, committed]) => ({ patient: fromHex32(patient), digest: fromHex32(committed) }))
    // What is left of the names in the end nobody committed to.
    .filter(({ digest }) => named.delete(digest.join()));
  const fetched = mapAhead(summed, FETCHED_AT_ONCE, async ({ patient, digest }): Promise<StudyInput> => {
    return { patient, digest, file: await place.store.get(digest, { maxBytes: CONTENT_LIMITS.studyFile }) };
  });
  const again = await sumInputs(plan, fetched);
  if (named.size > 0) return "its sum names an input that no patient committed to";
  return equalBytes(again, published) ? undefined : "its sum is not the sum of its inputs";
}

/**
 * Audits a registry of studies: who took part, that each sum is the sum of exactly those, that releases happened only as allowed, and what each
 * patient's budget was spent on.
 * @param fromBlock the registry's first
 * @throws SERVICE_UNREACHABLE and its kin; what somebody published and is wrong or gone is a finding
 */
export async function verifyStudies(place: StudyPlace, fromBlock: number): Promise<StudiesAudit> {
  const events = await eventsOf(place, fromBlock);
  const hospitals = await hospitalsOf(place, events);
  const { studies, findings: replayed } = replayStudies(place, events, (patient) => hospitals.get(patient));
  const findings = [...replayed];
  const released = [...studies.values()].filter(({ outcome }) => outcome !== undefined);
  for (const study of released) {
    const { studyId } = study;
    try {
      const wrong = await checkSum(place, study);
      if (wrong !== undefined) findings.push({ studyId, what: wrong });
      await checkReleased(place, await readStudy(place, studyId));
    } catch (error) {
      if (!MedexError.is(error) || error.code === "SERVICE_UNREACHABLE") throw error;
      findings.push({ studyId, what: error.message });
    }
  }
  const patients = released.reduce((total, { count }) => total + count, 0);
  return { studies: studies.size, released: released.length, patients, findings };
}
