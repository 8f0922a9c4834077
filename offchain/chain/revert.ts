import { qbftClientAbi, studyRegistryAbi } from "@medexchain/contracts";
import { MedexError } from "@medexchain/core";
import { NodeRefusal } from "@medexchain/evm";
import { type ErrorDescription, Interface, isError } from "ethers";
import { z } from "zod";
import { ABIS } from "./abis.ts";
import type { Deployment } from "./deployment.ts";
import { refusalText } from "./refusals.ts";

/** Every custom error of the suite: a call to one contract can surface another's error. */
const ERRORS = new Interface(
  [...Object.values(ABIS), qbftClientAbi, studyRegistryAbi].flat().filter((fragment) => fragment.type === "error"),
);

/** The suite's custom error in a failed call's return data, or undefined. */
export function decodeRevert(data: string | null | undefined): ErrorDescription | undefined {
  if (!data || data === "0x") return undefined;
  return ERRORS.parseError(data) ?? undefined;
}

const revertData = (data: unknown): string | undefined => (typeof data === "string" ? data : undefined);

/** A call as it was made, so that another node can be asked about it. */
export interface RefusedCall {
  readonly from: string;
  readonly to: string;
  readonly data: string;
}

/** A call that reverted. Whoever waits for it to pass may tell one refusal from another. */
export class ContractRefusal extends MedexError {
  readonly chainId: bigint;
  /** Name of the suite's custom error; undefined where the call reverted without one, which proves nothing about the contracts. */
  readonly refusal: string | undefined;
  /** Set by whoever knows it. Not printed: it is the caller's own data. */
  call: RefusedCall | undefined;

  /** @param reason for people, where there is no custom error */
  constructor(
    { chainId }: Deployment,
    revert: ErrorDescription | undefined,
    reason: string,
    options?: { cause: unknown },
  ) {
    const said = revert ? refusalText(revert) : reason;
    super("CHAIN_REVERTED", `chain ${chainId} refused the call: ${said}`, options);
    this.chainId = chainId;
    this.refusal = revert?.name;
  }
}

/**
 * What an error of ethers means: CHAIN_REVERTED (a `ContractRefusal`) with what the contract's own error means, ACCOUNT_UNFUNDED,
 * SERVICE_UNREACHABLE with the URL, or SERVICE_PROTOCOL when the node answers, but not the question. A MedexError, or an error that says
 * none of these, is returned as it is.
 *
 * @param account who sent the call, where it is known
 */
export function chainError(error: unknown, deployment: Deployment, account?: string): unknown {
  if (error instanceof MedexError) return error;
  const { chainId } = deployment;
  if (isTurnedAway(error)) {
    return new MedexError(
      "SERVICE_UNREACHABLE",
      `chain ${chainId} at ${new URL(deployment.rpcUrl).origin} has reached its limit of calls: wait, or use a node with a higher limit`,
      { cause: error },
    );
  }
  if (isUnfunded(error)) {
    const who = account === undefined ? "the account" : `the account ${account}`;
    return new MedexError(
      "ACCOUNT_UNFUNDED",
      `${who} cannot pay for a transaction on chain ${chainId}: send it some of the chain's currency`,
      { cause: error },
    );
  }
  const isCall = isError(error, "CALL_EXCEPTION");
  // A node that carries out a transaction as it takes it tells of its revert in the answer to sending it, which ethers knows of calls only.
  const sent = isError(error, "UNKNOWN_ERROR") ? decodeRevert(revertData(nodeErrorOf(error)?.data)) : undefined;
  if (isCall || sent) {
    const revert = isCall ? decodeRevert(error.data) : sent;
    const passing = revert && passingRefusal(revert, deployment);
    if (passing) return passing;
    const failed = revert ? undefined : nodeFailure(error, deployment);
    if (failed) return failed;
    const reason = isCall ? error.reason : undefined;
    return new ContractRefusal(deployment, revert, reason ?? "no reason given", { cause: error });
  }
  const unreachable =
    isError(error, "NETWORK_ERROR") ||
    isError(error, "TIMEOUT") ||
    isError(error, "SERVER_ERROR") ||
    (error instanceof Error && "code" in error && (error.code === "ECONNREFUSED" || error.code === "ECONNRESET"));
  if (unreachable) {
    return new MedexError(
      "SERVICE_UNREACHABLE",
      `chain ${chainId} does not answer at ${new URL(deployment.rpcUrl).origin}: check that the node is up, and the rpcUrl`,
      { cause: error },
    );
  }
  return nodeFailure(error, deployment) ?? error;
}

const failureSchema = z.object({
  error: z.object({ code: z.number(), message: z.string(), data: z.unknown().optional() }),
});
/** How nodes say that it is the call itself that failed. */
const OF_THE_CALL = /revert|out of gas|invalid opcode|invalid jump|stack (under|over)flow/i;

/**
 * The failure of a node that answers, but has not done what it was asked: an error of its own (-32603, "header not found"), an answer
 * that cannot be decoded, or none in JSON. ethers reports the first, of `eth_call` and `eth_estimateGas`, as it does a revert without a
 * reason. Undefined for any other error.
 */
function nodeFailure(error: unknown, { chainId, rpcUrl }: Deployment): MedexError | undefined {
  if (!(error instanceof Error)) return undefined;
  const node = `chain ${chainId}: the node at ${new URL(rpcUrl).origin}`;
  const failure = (what: string) => new MedexError("SERVICE_PROTOCOL", `${node} ${what}`, { cause: error });
  // Only `JSON.parse` of an answer throws one here.
  if (error instanceof SyntaxError) {
    return failure("does not answer in JSON (a web page, perhaps): check the rpcUrl, and any proxy on the way");
  }
  const told = "info" in error ? error.info : error;
  const answered = failureSchema.safeParse(told).data ?? failureSchema.safeParse(error).data;
  const mayBeTheNode = isError(error, "CALL_EXCEPTION") || isError(error, "UNKNOWN_ERROR");
  if (mayBeTheNode && answered && answered.error.data === undefined && !OF_THE_CALL.test(answered.error.message)) {
    return failure(`failed with error ${answered.error.code}: check that it is in sync, and its log`);
  }
  if (isError(error, "BAD_DATA")) return failure("gave an answer that cannot be decoded: check that it is in sync");
  return undefined;
}

/**
 * Whether the sender has too little to pay. Nodes say so in words only, and not in the same: go-ethereum and Besu "insufficient funds" or
 * "upfront cost exceeds account balance", Hardhat that the sender "doesn't have enough funds".
 */
function isUnfunded(error: unknown): boolean {
  if (isError(error, "INSUFFICIENT_FUNDS")) return true;
  return (
    error instanceof Error &&
    (isError(error, "UNKNOWN_ERROR") || isError(error, "CALL_EXCEPTION")) &&
    /insufficient funds|have enough funds|upfront cost exceeds account balance/i.test(nodeMessageOf(error))
  );
}

/** What the node said, where it was not a contract's refusal. */
function nodeMessageOf(error: Error): string {
  const told = [error, "info" in error ? error.info : undefined];
  const parsed = told.map((part) => nodeMessageSchema.safeParse(part).data).find((part) => part !== undefined);
  return parsed === undefined || typeof parsed.error.data === "string" ? "" : parsed.error.message;
}

const nodeMessageSchema = z.object({ error: z.object({ message: z.string(), data: z.unknown().optional() }) });
const nodeErrorSchema = z.object({ error: z.object({ code: z.number(), data: z.unknown().optional() }) });
/** EIP-1474: resource not found, resource unavailable, limit exceeded. */
const TURNED_AWAY = [-32001, -32002, -32005];

/** The error that a node answered with, in an error of ours or of ethers, which hides it in one of two places. */
export function nodeErrorOf(error: unknown): { readonly code: number; readonly data?: unknown } | undefined {
  if (error instanceof NodeRefusal) return error.answered;
  if (!(error instanceof Error)) return undefined;
  const told = "info" in error ? error.info : error;
  return (nodeErrorSchema.safeParse(told).data ?? nodeErrorSchema.safeParse(error).data)?.error;
}

/**
 * Whether a node did not look at a call at all. ethers reports that of `eth_call` and `eth_estimateGas` as it does a revert without
 * a reason, which would be final.
 */
export function isTurnedAway(error: unknown): boolean {
  const answered = nodeErrorOf(error);
  return answered !== undefined && TURNED_AWAY.includes(answered.code) && answered.data === undefined;
}

/** A refusal that is no fault of the call: it succeeds when a lane is resumed, or with time. Undefined for any other. */
export function passingRefusal(revert: ErrorDescription, { chainId }: Deployment): MedexError | undefined {
  switch (revert.name) {
    case "LanesPaused":
      return new MedexError("LANE_PAUSED", `chain ${chainId} has paused the lane; have it resumed by the lane manager`);
    case "RequestRateExceeded":
      return new MedexError(
        "REQUEST_RATE_EXCEEDED",
        `chain ${chainId} accepts no more requests from this hospital in this hour; wait, or ask the registrar to raise the limit`,
      );
    case "RequestRateMemberExceeded":
      return new MedexError(
        "REQUEST_RATE_EXCEEDED",
        `chain ${chainId} takes no more requests of this doctor in this hour; wait, or have the hospital raise the limit of its members`,
      );
    case "AccessRequestsFutureResponse":
      return new MedexError(
        "CLOCKS_DIFFER",
        `chain ${chainId}: by its clock the answer is yet to be decided; wait, or have the clocks of both chains' validators set`,
      );
    case "ProvenLanesFrozen":
    case "QbftClientFrozen":
      return new MedexError(
        "CLIENT_FROZEN",
        `chain ${chainId}: the lane's light client is frozen, as the other chain's validators contradicted themselves; have the lane manager look at it, and set another`,
      );
    case "QbftClientExpired":
      return new MedexError(
        "CLIENT_EXPIRED",
        `chain ${chainId}: the lane's light client was shown no header for too long; have the lane manager set another`,
      );
    case "QbftClientFutureHeader":
      return new MedexError(
        "CLOCKS_DIFFER",
        `chain ${chainId}: by its clock the other chain's block is yet to be made; wait, or have the clocks of both chains' validators set`,
      );
    // What was made ready for an earlier policy, client or header of the lane.
    case "ProvenLanesUnproven":
    case "MailboxNeedlessAttestations":
    case "MailboxUnprovenMessage":
    case "QbftClientOldHeader":
    case "QbftClientUnknownBlock":
      return new MedexError(
        "PROOF_PENDING",
        `chain ${chainId} wants a proof of what the other chain said that it was not given (${revert.name}); it will be made anew`,
      );
    default:
      return undefined;
  }
}
