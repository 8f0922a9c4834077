/** The doctors and owners of a run. They go by what the chains say, again and again, until they are told to stop. */
import { setTimeout as sleep } from "node:timers/promises";
import { encode } from "@ipld/dag-cbor";
import type { DataOwner, DataUser } from "@medexchain/actors";
import { type AccessRequest, type Hex32, requestStateOf, toHex32, transact } from "@medexchain/chain";
import { type ErrorCode, MedexError } from "@medexchain/core";
import { randomBytes } from "@noble/hashes/utils.js";
import type { PlanClock } from "./clock.ts";
import { type FaultPlan, lifetimeOf, type PlannedRequest } from "./plan.ts";
import type { Stage } from "./stage.ts";

/** A request that a doctor has signed: from then on it must not be lost. */
export interface SignedByDoctor {
  readonly planned: PlannedRequest;
  readonly requestId: Hex32;
  readonly request: AccessRequest;
  readonly doctor: DataUser;
}

export interface People {
  /** In the order of signing. */
  readonly signed: readonly SignedByDoctor[];
  /** Resolves when every request of the plan is filed. */
  readonly filed: Promise<void>;
  /** Errors that people met and tried again after, by code. */
  readonly troubles: ReadonlyMap<string, number>;
  /** How often a hostile patient has approved. */
  readonly harmed: () => number;
  stop(): Promise<void>;
}

const POLL_MS = 200;
/** What an owner meets who decides too late, or a second time. */
const TOO_LATE: readonly ErrorCode[] = ["REQUEST_EXPIRED", "REQUEST_ALREADY_GRANTED", "REQUEST_DENIED"];

export function startPeople(stage: Stage, plan: FaultPlan, clock: PlanClock): People {
  const signed: SignedByDoctor[] = [];
  let harmed = 0;
  const troubles = new Map<string, number>();
  const stopping = new AbortController();
  const { signal } = stopping;
  const pause = (ms: number) => sleep(ms, undefined, { signal }).catch(() => undefined);
  const trouble = (error: unknown) => {
    const code = MedexError.is(error) ? error.code : error instanceof Error ? error.name : "unknown";
    troubles.set(code, (troubles.get(code) ?? 0) + 1);
  };

  const fileAll = async (doctor: DataUser, index: number) => {
    for (const planned of plan.requests) {
      if (planned.doctor !== index) continue;
      await clock.until(planned.at, signal);
      const recordId = stage.records[planned.record];
      if (recordId === undefined) throw new RangeError(`the plan has no record ${planned.record}`);
      const { requestId, request, signature } = await doctor.prepare({
        recordId,
        lifetime: lifetimeOf(planned.intent),
      });
      signed.push({ planned, requestId, request, doctor });
      const { chain } = doctor;
      while (!signal.aborted && requestStateOf((await chain.requests.status(requestId)).state) === "None") {
        await transact(chain, () => chain.requests.request(request, signature)).catch(trouble);
      }
    }
  };

  /** Hostile doctors file one after the other, as fast as they can. */
  const fileHostile = async () => {
    for (const planned of plan.requests) {
      const { hostility, at } = planned;
      const [honestRecord] = stage.records;
      if (hostility === undefined || honestRecord === undefined) continue;
      await clock.until(at, signal);
      const { doctor, recordId } = await stage.hostile.prepare(hostility, honestRecord);
      const { requestId, request, signature } = await doctor.prepare({
        recordId,
        lifetime: lifetimeOf(planned.intent),
      });
      signed.push({ planned, requestId, request, doctor });
      while (!signal.aborted && requestStateOf((await doctor.chain.requests.status(requestId)).state) === "None") {
        await transact(doctor.chain, () => doctor.chain.requests.request(request, signature)).catch(trouble);
      }
    }
  };

  /** The hostile patient approves what is asked of it; an honest patient tries to, once, and cannot. */
  const decideHostile = async () => {
    const [honest] = stage.patients;
    const decided = new Set<Hex32>();
    while (!signal.aborted) {
      for (const { planned, requestId } of signed) {
        const { hostility } = planned;
        if (hostility === undefined || decided.has(requestId) || signal.aborted) continue;
        try {
          const { state } = await stage.cast.chainA.grants.grant(requestId);
          if (requestStateOf(state) === "None") continue;
          if (requestStateOf(state) === "Pending" && hostility.endsWith("-capsule")) {
            await stage.hostile.authorize(hostility, requestId);
            harmed += 1;
          }
          decided.add(requestId);
          if (hostility.endsWith("-keys")) await honest?.approve(requestId);
        } catch (error) {
          trouble(error);
        }
      }
      await pause(POLL_MS);
    }
  };

  const decideAll = async (patient: DataOwner, index: number) => {
    const waiting = () =>
      signed.filter(({ planned }) => plan.records[planned.record]?.patient === index && planned.intent !== "ignore");
    const decided = new Set<Hex32>();
    while (!signal.aborted) {
      for (const { planned, requestId } of waiting()) {
        if (decided.has(requestId) || signal.aborted) continue;
        if (planned.intent === "late" && clock.elapsed() < planned.at + plan.duration / 3) continue;
        try {
          // An owner decides about what is final, and about nothing else: a re-encryption key is made once.
          const head = await patient.chain.provider.getBlockNumber();
          const at = { blockTag: head - plan.confirmations.chainA };
          const { state } = await patient.chain.grants.grant(requestId, at);
          if (requestStateOf(state) === "None") continue;
          if (requestStateOf(state) === "Pending") await decide(patient, requestId, planned);
          decided.add(requestId);
        } catch (error) {
          trouble(error);
          // Too late is an answer as well.
          if (MedexError.is(error) && TOO_LATE.includes(error.code)) decided.add(requestId);
        }
      }
      await pause(POLL_MS);
    }
  };

  const filing = [...stage.doctors.map(fileAll), fileHostile()];
  const deciding = [...stage.patients.map(decideAll), decideHostile()];
  const filed = Promise.all(filing).then(() => undefined);
  filed.catch(() => undefined); // awaited by the run
  return {
    signed,
    harmed: () => harmed,
    filed,
    troubles,
    stop: async () => {
      stopping.abort();
      // All of them, also when one failed: what still runs uses what is closed next.
      await Promise.allSettled([...filing, ...deciding]);
      await Promise.all([...filing, ...deciding]);
    },
  };
}

async function decide(patient: DataOwner, requestId: Hex32, { intent }: PlannedRequest): Promise<void> {
  const { chain, store } = patient;
  if (intent === "deny") return patient.deny(requestId);
  if (intent !== "poison") {
    await patient.approve(requestId);
    return;
  }
  const { digest } = await store.put(encode(randomBytes(600)));
  const epoch = await chain.relayers.epoch();
  await transact(chain, () => chain.grants.authorize(requestId, toHex32(digest), toHex32(randomBytes(32)), epoch));
}
