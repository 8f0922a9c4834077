import { type Decision, type Hex32, type SignedAuthorization, signAuthorization } from "@medexchain/chain";
import type { Signer } from "ethers";
import { approvalCall } from "./approval-call.ts";
import type { Owner } from "./owner.ts";
import { type ApprovalStep, type ApproveOptions, prepareApproval, type SentApproval } from "./prepare-approval.ts";
import { startStopwatch } from "./stopwatch.ts";

/** What became of an approval. */
export interface Approval {
  /** `Granted`, or why Algorithm₁ refused. */
  readonly decision: Decision;
  readonly transactionHash: string;
  /** What went out; absent when Algorithm₁ refused, as then nothing did. */
  readonly sent?: SentApproval;
  /** Milliseconds. */
  readonly timings: Readonly<Partial<Record<ApprovalStep, number>>>;
}

/** An approval that waits for somebody to carry it to the chain. */
export interface SignedApproval {
  /** Absent where Algorithm₁ would refuse it now: then nothing is signed. */
  readonly authorization?: SignedAuthorization;
  /** What Algorithm₁ would decide now; it decides when the approval is carried. */
  readonly foreseen: Decision;
  /** What went out; absent where Algorithm₁ would refuse, as then nothing did. */
  readonly sent?: SentApproval;
  /** Milliseconds. */
  readonly timings: Readonly<Partial<Record<ApprovalStep, number>>>;
}

/**
 * Approves a request (M2): re-encrypts the private features under the doctor's BFV key and sends them on a restricted channel, has
 * the firewall check the re-encryption key and deal it to the relayers, and authorises on the owner's chain, where Algorithm₁ decides.
 *
 * One that broke off goes on where it was: what it had encrypted, published and sealed is kept beside the fragments until it is through.
 *
 * Algorithm₁ is asked first: where it would refuse, the refusal is put on record and nothing else leaves the device, as whoever
 * holds the sealed key and the message needs no further permission.
 *
 * @throws REQUEST_UNKNOWN, REQUEST_EXPIRED, REQUEST_ALREADY_GRANTED, REQUEST_DENIED (by the owner, or refused), APPROVAL_ELSEWHERE, CERTIFICATE_INVALID, PRE_PUBLIC_KEY_INVALID, FRAGMENT_INVALID (the
 *   stored fragment is not the anchored one), FEATURE_MISSING, CAPSULE_INVALID, PRE_DEALING_INVALID, RELAYERS_UNREADY, RELAYERS_CHANGED (approve again: what was made is
 *   kept), SERVICE_UNREACHABLE, CHAIN_REVERTED
 */
export async function approveRequest(owner: Owner, requestId: Hex32, options: ApproveOptions = {}): Promise<Approval> {
  const watch = startStopwatch<ApprovalStep>();
  const { authorization, sent } = await prepareApproval(owner, requestId, options, watch);
  const call = await approvalCall(owner.chain, requestId, options.consent);
  const { decision, transactionHash } = await call.send(authorization);
  watch.lap("authorize");
  if (sent) await owner.fragmentStore.endApproval(requestId);
  return { decision, transactionHash, ...(sent && { sent }), timings: watch.timings };
}

/**
 * As `approveRequest`, but signs the approval for another to carry (`carryApprovals`) instead of sending it. Whoever has it can do no more with
 * it than to approve this request, once, while the relayers are those of now. What was made is kept beside the fragments as of one that
 * broke off: to approve the request again, or anew, takes it up. Where Algorithm₁ would refuse, nothing is signed.
 *
 * @param account the owner's
 * @throws as `approveRequest`
 */
export async function signApproval(
  owner: Owner,
  account: Signer,
  requestId: Hex32,
  options: Omit<ApproveOptions, "consent"> = {},
): Promise<SignedApproval> {
  const watch = startStopwatch<ApprovalStep>();
  const { authorization, ...prepared } = await prepareApproval(owner, requestId, options, watch);
  if (prepared.foreseen !== "Granted") return { ...prepared, timings: watch.timings };
  const { chainId, grants: address } = owner.chain.deployment;
  const signature = await signAuthorization(account, { chainId, address }, authorization);
  return { authorization: { ...authorization, signature }, ...prepared, timings: watch.timings };
}
