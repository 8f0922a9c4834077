import { MedexError } from "@medexchain/core";
import { type ErrorDescription, Interface, isError } from "ethers";
import { z } from "zod";
import { ABIS } from "./abis.ts";
import type { Deployment } from "./deployment.ts";

/** Every custom error of the suite: a call to one contract can surface another's error. */
const ERRORS = new Interface(
  Object.values(ABIS)
    .flat()
    .filter((fragment) => fragment.type === "error"),
);

/** The suite's custom error in a failed call's return data, or undefined. */
export function decodeRevert(data: string | null | undefined): ErrorDescription | undefined {
  if (!data || data === "0x") return undefined;
  return ERRORS.parseError(data) ?? undefined;
}

/** A call that reverted. Whoever waits for it to pass may tell one refusal from another. */
export class ContractRefusal extends MedexError {
  readonly chainId: bigint;
  /** Name of the suite's custom error; undefined where the call reverted without one, which proves nothing about the contracts. */
  readonly refusal: string | undefined;

  /** @param reason for people, where there is no custom error */
  constructor(
    { chainId }: Deployment,
    revert: ErrorDescription | undefined,
    reason: string,
    options?: { cause: unknown },
  ) {
    const said = revert ? `${revert.name}(${revert.args.join(", ")})` : reason;
    super("CHAIN_REVERTED", `chain ${chainId} refused the call: ${said}`, options);
    this.chainId = chainId;
    this.refusal = revert?.name;
  }
}

/**
 * What an error of ethers means: CHAIN_REVERTED (a `ContractRefusal`) with the contract's own error, SERVICE_UNREACHABLE with the URL, or
 * SERVICE_PROTOCOL when the node answers, but not the question. A MedexError, or an error that says none of these, is returned as it is.
 */
export function chainError(error: unknown, deployment: Deployment): unknown {
  if (error instanceof MedexError) return error;
  const { chainId } = deployment;
  if (isTurnedAway(error)) {
    return new MedexError(
      "SERVICE_UNREACHABLE",
      `chain ${chainId} at ${new URL(deployment.rpcUrl).origin} takes no more calls for now: wait, or use a node with a higher limit`,
      { cause: error },
    );
  }
  if (isError(error, "CALL_EXCEPTION")) {
    const revert = decodeRevert(error.data);
    const passing = revert && passingRefusal(revert, deployment);
    if (passing) return passing;
    const failed = revert ? undefined : nodeFailure(error, deployment);
    if (failed) return failed;
    return new ContractRefusal(deployment, revert, error.reason ?? "no reason given", { cause: error });
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

const nodeErrorSchema = z.object({ error: z.object({ code: z.number(), data: z.unknown().optional() }) });
/** EIP-1474: resource not found, resource unavailable, limit exceeded. */
const TURNED_AWAY = [-32001, -32002, -32005];

/**
 * Whether a node did not look at a call at all. ethers reports that of `eth_call` and `eth_estimateGas` as it does a revert without
 * a reason, which would be final.
 */
export function isTurnedAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const told = "info" in error ? error.info : error;
  const parsed = nodeErrorSchema.safeParse(told).data ?? nodeErrorSchema.safeParse(error).data;
  return parsed !== undefined && TURNED_AWAY.includes(parsed.error.code) && parsed.error.data === undefined;
}

/** A refusal that is no fault of the call: it succeeds when a lane is resumed, or the hour is over. Undefined for any other. */
export function passingRefusal(revert: ErrorDescription, { chainId }: Deployment): MedexError | undefined {
  switch (revert.name) {
    case "LanesPaused":
      return new MedexError("LANE_PAUSED", `chain ${chainId} has paused the lane; have it resumed by the lane manager`);
    case "RequestRateExceeded":
      return new MedexError(
        "REQUEST_RATE_EXCEEDED",
        `chain ${chainId} takes no more requests of this hospital in this hour; wait, or have the limit raised`,
      );
    default:
      return undefined;
  }
}
