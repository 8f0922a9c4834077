/**
 * What becomes of a job whose attempt has failed (docs/resilience.md, "What is final"). Little is final: what a contract refuses may be
 * the answer of a node that is a block behind, so a refusal counts when it is seen again; and whatever else fails can pass.
 */
import { ContractRefusal } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import type { Job, ParkedBy } from "../database/jobs.ts";
import type { SecondOpinion } from "../rpc/confirm-refusal.ts";

/** Content that is there, is what the chain names by its hash, and is wrong: no retry makes it right. */
const POISON: ReadonlySet<string> = new Set([
  "SEALED_REKEY_INVALID",
  "DEALING_INVALID",
  "CAPSULE_INVALID",
  "CONTENT_INVALID",
]);

/** What is wrong with one relayer's part of a re-encryption: those who share its database may do the job all the same. */
const OWN_PART: ReadonlySet<string> = new Set(["SHARE_MISSING", "SHARE_INVALID"]);

/** What is waited for however long it takes: its lane's, or its hospital's, turn, its owner, or the time at which it was decided. */
const HELD: ReadonlySet<string> = new Set([
  "LANE_PAUSED",
  "REQUEST_RATE_EXCEEDED",
  "CLOCKS_DIFFER",
  "RELAYERS_CHANGED",
]);

/** What a person must set right on the chain. It is tried again now and then, as a refusal is. */
const BROKEN_LANE: ReadonlySet<string> = new Set(["CLIENT_FROZEN", "CLIENT_EXPIRED", "CLIENT_MISSING"]);

/** After so long at the same head a node has caught up, or is the only one there is. */
const SAME_HEAD_MS = 30_000;

/** A contract's refusal as it was first seen. */
export interface SeenRefusal {
  /** Name of the custom error. */
  readonly name: string;
  /** Head of the chain that refused; null where the node did not say. */
  readonly block: number | null;
  readonly at: Date;
}

export type Verdict =
  | { readonly state: "pending"; readonly refusal?: SeenRefusal | undefined }
  | { readonly state: "held" }
  | { readonly state: "parked"; readonly parkedBy: ParkedBy };

/** Whether an error is one that no retry, and no other node, makes go away. */
export const isPoison = (error: unknown): boolean => MedexError.is(error) && POISON.has(error.code);

/** Whether an error is one that this relayer does not make go away by trying again, though others may do the job. */
export const isOwnPart = (error: unknown): boolean => MedexError.is(error) && OWN_PART.has(error.code);

/**
 * Judges a failure.
 *
 * @param job as it was before the attempt, with the refusal that was seen then
 * @param headOf the head of a chain now; undefined where the node does not say
 * @param confirm what the chain's other nodes say of a refusal
 */
export async function judge(
  error: unknown,
  job: Pick<Job, "refusal">,
  headOf: (chainId: bigint) => Promise<number | undefined>,
  confirm: (refusal: ContractRefusal) => Promise<SecondOpinion>,
): Promise<Verdict> {
  if (isPoison(error)) return { state: "parked", parkedBy: "poison" };
  if (MedexError.is(error) && HELD.has(error.code)) return { state: "held" };
  if (MedexError.is(error) && BROKEN_LANE.has(error.code)) return { state: "parked", parkedBy: "refusal" };
  const before = job.refusal ?? undefined;
  // One that reverted without an error of ours may be the node's fault as well.
  if (!(error instanceof ContractRefusal) || error.refusal === undefined) return { state: "pending", refusal: before };
  const opinion = await confirm(error);
  if (opinion === "agreed") return { state: "parked", parkedBy: "refusal" };
  if (opinion === "differ") return { state: "pending" }; // by another node's word; the one that refuses comes last now
  const block = (await headOf(error.chainId)) ?? null;
  const now = new Date();
  if (before?.name !== error.refusal) return { state: "pending", refusal: { name: error.refusal, block, at: now } };
  const later = block !== null && before.block !== null && block > before.block;
  const settled = now.getTime() - before.at.getTime() >= SAME_HEAD_MS;
  return later || settled ? { state: "parked", parkedBy: "refusal" } : { state: "pending", refusal: before };
}
