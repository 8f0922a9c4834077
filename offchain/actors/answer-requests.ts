/** Answers requests by the consents that their owner gave, with nobody at hand. */
import { ask, type Hex32, hex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import type { ConsentedData } from "@medexchain/fhir";
import { type Approval, approveRequest } from "./approve-request.ts";
import { classDigest, classesOf, coveredData, documentDigest } from "./consented-data.ts";
import { type ListedRequest, listDelivered } from "./list-requests.ts";
import { openOwnSecrets, ownPieces } from "./own-pieces.ts";
import type { Owner } from "./owner.ts";
import { type ConsentStanding, covers, listConsents } from "./standing-consents.ts";

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
    /** The next look may succeed. */
    | { readonly kind: "failed"; readonly error: MedexError }
  );

export interface AnswerOptions {
  /** By the consents' ids. */
  readonly kept: ReadonlyMap<Hex32, KeptConsent>;
  /** The block in which the contracts were deployed, or a later one. */
  readonly from: number;
  /** Of what was left before, so that it is not looked at again. Grows. */
  readonly left: Set<string>;
  readonly signal?: AbortSignal;
}

/**
 * Looks once at all requests that wait for an owner, and approves those that a consent in force covers, the oldest first. What no consent
 * names is not touched. The contract checks every rule again.
 *
 * @throws SERVICE_UNREACHABLE, SERVICE_PROTOCOL where the chain cannot be asked; what is wrong with a request is its own outcome
 */
export async function* answerRequests(
  owner: Owner,
  { kept, from, left, signal }: AnswerOptions,
): AsyncGenerator<Answer, void, undefined> {
  const { chain, memberId } = owner;
  const inForce = async () => (await listConsents(chain, memberId, from)).filter(({ state }) => state === "in force");
  let consents = await inForce();
  for (const request of consents.length === 0 ? [] : await listDelivered(chain, memberId, from)) {
    if (signal?.aborted) return;
    if (request.state !== "Pending") continue;
    const { requestId, recordId, requester, purpose } = request;
    const hospitalId = hex32((await ask(chain, () => chain.hospitals.member(requester))).hospitalId);
    const asked = { recordId, requester, hospitalId, purpose };
    for (const standing of consents.filter(({ consent }) => covers(consent, asked))) {
      const { consentId } = standing;
      const key = `${requestId} ${consentId}`;
      if (left.has(key)) continue;
      const outcome = await answer(owner, request, standing, kept.get(consentId));
      if (outcome.kind === "left") left.add(key);
      yield { requestId, recordId, requester, purpose, consentId, ...outcome };
      if (outcome.kind !== "approved") continue;
      consents = await inForce(); // this one may be used up
      break;
    }
  }
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
