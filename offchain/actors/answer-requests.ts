/** Answers requests by the consents that their owner gave, with nobody at hand. */
import { ask, type Chain, chainTime, type Hex32, hex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import type { ConsentedData } from "@medexchain/fhir";
import { type Approval, approveRequest } from "./approve-request.ts";
import { type BlockCursor, blockCursor } from "./block-cursor.ts";
import { classDigest, classesOf, coveredData, documentDigest } from "./consented-data.ts";
import { forgetSettled } from "./forget-settled.ts";
import {
  type DeliveredLog,
  deliveredIn,
  expiryOf,
  inOrder,
  type ListedRequest,
  ofOwner,
  standings,
} from "./list-requests.ts";
import { openOwnSecrets, ownPieces } from "./own-pieces.ts";
import type { Owner } from "./owner.ts";
import { type ConsentStanding, consentsGivenIn, covers, type GivenConsent, standingOf } from "./standing-consents.ts";

/** What an owner's device keeps of a consent that it gave. */
export interface KeptConsent {
  /** 32 bytes. */
  readonly salt: Uint8Array;
  /** The FHIR Consent. */
  readonly document: Uint8Array;
  readonly data: ConsentedData;
}

/** What became of a request that a consent may cover. */
export type Answer = Pick<ListedRequest, "requestId" | "recordId" | "requester" | "purpose"> & {
  readonly consentId: Hex32;
} & (
    | { readonly kind: "approved"; readonly approval: Approval }
    /** It waits for its owner: the consent does not cover what the record has, or the approval failed for good. */
    | { readonly kind: "left"; readonly reason: string }
    /** A later look may succeed. */
    | { readonly kind: "failed"; readonly error: MedexError }
  );

export interface AnswerOptions {
  /** By the consents' ids. */
  readonly kept: ReadonlyMap<Hex32, KeptConsent>;
  /** What earlier looks have seen. The next look goes on from it. */
  readonly memory: AnswerMemory;
  readonly signal?: AbortSignal;
}

/** What is remembered from look to look, so that each reads the blocks since the last one, and asks about what is open. */
export interface AnswerMemory {
  readonly blocks: BlockCursor;
  /** Consents that may approve something yet, by id, oldest first. */
  readonly consents: Map<Hex32, GivenConsent>;
  /** Requests that wait for their owner, by id. */
  readonly waiting: Map<Hex32, WaitingRequest>;
  /** Requests for records that nobody had anchored, by id: they may be the owner's. */
  readonly early: Map<Hex32, DeliveredLog>;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
}

interface WaitingRequest {
  readonly log: DeliveredLog;
  /** The consents that do not cover it, or by which its approval failed for good. */
  readonly left: Set<Hex32>;
  /** How often in a row it failed, and when it is tried again. */
  failures: number;
  notBefore: number;
}

/**
 * @param from the block in which the contracts were deployed, or a later one
 * @param now milliseconds of a clock that only goes forward
 */
export const answerMemory = (from: number, now = () => performance.now()): AnswerMemory => ({
  blocks: blockCursor(from),
  consents: new Map(),
  waiting: new Map(),
  early: new Map(),
  now,
});

/** Milliseconds after the first failure, doubled with each, and at most. */
const FIRST_PAUSE_MS = 10_000;
const LONGEST_PAUSE_MS = 3_600_000;

/**
 * Looks once at all requests that wait for an owner, and approves those that a consent in force covers, the oldest first. What no consent
 * names is not touched. A request whose approval fails is tried again later, each time after twice as long, for as long as it waits. The
 * contract checks every rule again.
 *
 * @throws SERVICE_UNREACHABLE, SERVICE_PROTOCOL where the chain cannot be asked; what is wrong with a request is its own outcome
 */
export async function* answerRequests(
  owner: Owner,
  { kept, memory, signal }: AnswerOptions,
): AsyncGenerator<Answer, void, undefined> {
  const { chain } = owner;
  await readOn(owner, memory);
  let consents = await inForce(chain, memory);
  for (const request of consents.length === 0 ? [] : await stillWaiting(owner, memory)) {
    if (signal?.aborted) return;
    const { requestId, recordId, requester, purpose } = request;
    const waiting = memory.waiting.get(requestId);
    if (waiting === undefined || memory.now() < waiting.notBefore) continue;
    const hospitalId = hex32((await ask(chain, () => chain.hospitals.member(requester))).hospitalId);
    const asked = { recordId, requester, hospitalId, purpose };
    for (const standing of consents.filter(({ consent }) => covers(consent, asked))) {
      const { consentId } = standing;
      if (waiting.left.has(consentId)) continue;
      const outcome = await answer(owner, request, standing, kept.get(consentId));
      if (outcome.kind === "left") waiting.left.add(consentId);
      yield { requestId, recordId, requester, purpose, consentId, ...outcome };
      if (outcome.kind === "left") continue;
      if (outcome.kind === "approved") {
        memory.waiting.delete(requestId);
        consents = await inForce(chain, memory); // this one may be used up
      } else {
        const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** waiting.failures);
        waiting.failures += 1;
        waiting.notBefore = memory.now() + pause;
      }
      break;
    }
  }
}

/** Reads what came since the last look. */
async function readOn(owner: Owner, { blocks, consents, waiting, early }: AnswerMemory): Promise<void> {
  const { chain, memberId, fragmentStore } = owner;
  const span = await blocks.span(chain);
  for (const given of await consentsGivenIn(chain, memberId, span)) {
    if (!consents.has(given.consentId)) consents.set(given.consentId, given);
  }
  const delivered = await deliveredIn(chain, memberId, span);
  for (const log of delivered.early) early.set(log.requestId, log);
  const now = await chainTime(chain, 0);
  for (const [requestId, log] of early) if (expiryOf(log) <= now) early.delete(requestId);
  for (const [requestId, { log }] of waiting) {
    if (expiryOf(log) > now) continue;
    waiting.delete(requestId);
    await fragmentStore.endApproval(requestId);
  }
  const own = [...delivered.own, ...(await ofOwner(chain, memberId, [...early.values()]))];
  for (const log of own) {
    early.delete(log.requestId);
    if (waiting.has(log.requestId) || expiryOf(log) <= now) continue;
    waiting.set(log.requestId, { log, left: new Set(), failures: 0, notBefore: Number.NEGATIVE_INFINITY });
  }
  blocks.read(span.to);
}

/** States of a consent that it does not leave. */
const OVER: ReadonlySet<ConsentStanding["state"]> = new Set(["revoked", "expired"]);

/** The consents by which something can be approved now. */
async function inForce(chain: Chain, { consents }: AnswerMemory): Promise<ConsentStanding[]> {
  const all = await Promise.all([...consents.values()].map((given) => standingOf(chain, given)));
  for (const { consentId, state } of all) if (OVER.has(state)) consents.delete(consentId);
  return all.filter(({ state }) => state === "in force");
}

/** The requests that wait still, the oldest first. What is kept on the device of the approval of any other is of no use, and removed. */
async function stillWaiting({ chain, fragmentStore }: Owner, { waiting }: AnswerMemory): Promise<ListedRequest[]> {
  const requests = await standings(chain, inOrder([...waiting.values()].map(({ log }) => log)));
  for (const { requestId, state } of requests) if (state !== "Pending") waiting.delete(requestId);
  await forgetSettled(fragmentStore, requests);
  return requests.filter(({ state }) => state === "Pending");
}

type Outcome =
  | { readonly kind: "approved"; readonly approval: Approval }
  | { readonly kind: "left"; readonly reason: string }
  | { readonly kind: "failed"; readonly error: MedexError };

async function answer(
  owner: Owner,
  { requestId, recordId }: ListedRequest,
  { consent }: ConsentStanding,
  kept: KeptConsent | undefined,
): Promise<Outcome> {
  if (kept === undefined || !isOf(kept, consent)) {
    return {
      kind: "left",
      reason: "the consent was not signed on this device: sign it here, or approve the request yourself",
    };
  }
  try {
    const covered =
      classesOf(kept.data).length === 0
        ? { features: undefined, classes: [] }
        : await coveredData(kept.data, ownPieces(owner, recordId, await openOwnSecrets(owner, recordId)));
    if ("reason" in covered) return { kind: "left", reason: covered.reason };
    const { features } = covered;
    const classes = covered.classes.map((name) => classDigest(kept.salt, name));
    const approval = await approveRequest(owner, requestId, {
      ...(features !== undefined && { features }),
      consent: { consent, classes },
    });
    return { kind: "approved", approval };
  } catch (error) {
    if (!MedexError.is(error)) throw error;
    return error.retriable ? { kind: "failed", error } : { kind: "left", reason: `${error.message} [${error.code}]` };
  }
}

/** Whether what is kept is what the consent on chain commits to. */
function isOf({ salt, document, data }: KeptConsent, consent: ConsentStanding["consent"]): boolean {
  const digests = classesOf(data).map((name) => classDigest(salt, name));
  return (
    documentDigest(salt, document) === consent.document &&
    digests.length === consent.classes.length &&
    digests.every((digest, at) => digest === consent.classes[at])
  );
}
