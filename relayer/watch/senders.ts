import { type Chain, type Hex32, hex32, ZERO_32 } from "@medexchain/chain";
import type { JobSubject } from "../database/jobs.ts";
import { recentMemberOf, recentRecordOf } from "../rpc/views.ts";
import { eventsInBlock } from "./events-in-block.ts";
import type { OutboxEvent } from "./outbox-events.ts";

/** The sender of a job, as a part of it. */
export type JobSender = Pick<JobSubject, "sender" | "hospital">;

/**
 * Whose content each event's job works on, so that one sender's jobs, or those of one hospital's members, do not take all places: a request
 * is its requester's, an approval the owner's whose capsule and sealed key it names. A response is the contract's.
 *
 * @returns in the order of the events: a member's id and its hospital's; the record's where its owner cannot be read
 */
export function sendersOf(chain: Chain, events: readonly OutboxEvent[]): Promise<JobSender[]> {
  const hospitals = new Map<Hex32, Promise<Hex32 | undefined>>(); // many events are often of few members
  const of = async (member: Hex32): Promise<JobSender> => {
    const known = hospitals.get(member) ?? hospitalOf(chain, member);
    hospitals.set(member, known);
    return { sender: member, hospital: await known };
  };
  return Promise.all(
    events.map(async (event): Promise<JobSender> => {
      switch (event.kind) {
        case "AccessRequested":
          return of(event.payload.request.requester);
        case "ReEncryptionRequested":
          return ownerSender(chain, event.payload.recordId, of);
        case "ResponseReady":
          return {};
      }
    }),
  );
}

/** A request as the state of the requester's chain has it. */
export interface RequestInState {
  readonly requestId: Hex32;
  /** That filed it. The state does not name the member. */
  readonly account: string;
  /** In which it was filed. */
  readonly block: number;
}

/**
 * Makes what finds out whose requests are that were found by the state: it names their block, and that block's events the member. Each block
 * is read once.
 *
 * @returns as `sendersOf`; the account, of no hospital, where the node does not have the block's events
 */
export function requesterSenders(chain: Chain): (request: RequestInState) => Promise<JobSender> {
  const ofBlocks = new Map<number, Promise<ReadonlyMap<Hex32, JobSender>>>();
  const read = async (block: number): Promise<ReadonlyMap<Hex32, JobSender>> => {
    const events = (await eventsInBlock(chain, block)).filter(({ kind }) => kind === "AccessRequested");
    const senders = await sendersOf(chain, events);
    return new Map(events.map(({ requestId }, index) => [requestId, senders[index] ?? {}]));
  };
  return async ({ requestId, account, block }) => {
    const known = ofBlocks.get(block) ?? read(block);
    ofBlocks.set(block, known);
    const senders = await known.catch(() => undefined); // pruned, or out of reach: its job, which needs that event, will say so
    return senders?.get(requestId) ?? { sender: account };
  };
}

/** Of work on a record: its owner; the record itself where that cannot be read. */
export async function ownerSender(
  chain: Chain,
  recordId: Hex32,
  of = async (member: Hex32): Promise<JobSender> => ({ sender: member, hospital: await hospitalOf(chain, member) }),
): Promise<JobSender> {
  const record = await recentRecordOf(chain, recordId).catch(() => undefined);
  return record === undefined || record.owner === ZERO_32 ? { sender: recordId } : of(hex32(record.owner));
}

/** Undefined where it cannot be read, and where no such member is known. */
async function hospitalOf(chain: Chain, member: Hex32): Promise<Hex32 | undefined> {
  const enrolled = await recentMemberOf(chain, member).catch(() => undefined);
  return enrolled === undefined || enrolled.hospitalId === ZERO_32 ? undefined : hex32(enrolled.hospitalId);
}
