import { requestStateOf } from "@medexchain/chain";
import { chainOf } from "../chains/relay-chain.ts";
import type { Job } from "../database/jobs.ts";
import type { JobOutcome } from "../observe/observer.ts";
import { grantOf, statusOf } from "../rpc/views.ts";
import type { HandlerContext } from "./context.ts";

/** Ends a request on the owner's chain, from its expiry on. Its response then takes the usual way back. */
export async function expireGrant(context: HandlerContext, { chainId, requestId }: Job): Promise<JobOutcome> {
  const { chain, submitter } = chainOf(context.chains, chainId);
  // A request that never arrived has nothing to end.
  const isDone = async () => {
    const { state } = await grantOf(chain, requestId);
    return !["Pending", "Authorized"].includes(requestStateOf(state));
  };
  const outcome = (await isDone())
    ? "already-done"
    : await submitter.submit({
        requestId,
        action: "AccessGrants.expire",
        to: chain.deployment.grants,
        data: () => chain.grants.interface.encodeFunctionData("expire", [requestId]),
        isDone,
      });
  await context.markEnded("destination", requestId);
  return outcome;
}

/** Ends a request on the requester's chain, from `RESPONSE_WINDOW` after its expiry on. */
export async function expireRequest(context: HandlerContext, { chainId, requestId }: Job): Promise<JobOutcome> {
  const { chain, submitter } = chainOf(context.chains, chainId);
  const isDone = async () => {
    const { state } = await statusOf(chain, requestId);
    return requestStateOf(state) !== "Pending";
  };
  const outcome = (await isDone())
    ? "already-done"
    : await submitter.submit({
        requestId,
        action: "AccessRequests.expire",
        to: chain.deployment.requests,
        data: () => chain.requests.interface.encodeFunctionData("expire", [requestId]),
        isDone,
      });
  await context.markEnded("source", requestId);
  return outcome;
}
