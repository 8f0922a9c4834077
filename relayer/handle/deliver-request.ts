import { chainTime, requestStateOf } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { encodeCall } from "@medexchain/evm";
import { chainOf } from "../chains/relay-chain.ts";
import type { Job } from "../database/jobs.ts";
import type { JobOutcome } from "../observe/observer.ts";
import { laneProofs } from "../prove/lane-proofs.ts";
import { grantOf } from "../rpc/views.ts";
import { batchOf } from "../submit/step.ts";
import { type HandlerContext, payloadOf } from "./context.ts";
import { deliverProven } from "./deliver-proven.ts";
import { importRequester } from "./import-requester.ts";

/** M1: carries a request from the requester's chain to the owner's, with the requester's certificate if it is needed there. */
export async function deliverRequest(context: HandlerContext, job: Job): Promise<JobOutcome> {
  const { requestId } = job;
  const { request, signature } = await payloadOf(context, job, "AccessRequested");
  const source = chainOf(context.chains, job.chainId);
  const destination = chainOf(context.chains, request.destinationChainId);
  const { chain, submitter } = destination;
  const isDone = async () => {
    const { state } = await grantOf(chain, requestId);
    return requestStateOf(state) !== "None";
  };

  const notDoneAt = performance.now();
  if (await isDone()) {
    // It may have got there before it was filed here; then its response had nowhere to go.
    const response = { kind: "deliver-response", chainId: request.destinationChainId, requestId } as const;
    await context.retry(response);
    return "already-done";
  }
  const isDead = async (maxAgeMs?: number) => (await chainTime(chain, maxAgeMs)) >= request.expiry;
  if (await isDead()) return expired(context, job);
  await importRequester(context.imports, { source, destination, requester: request.requester, requestId });
  try {
    const { policy } = await laneProofs(destination, job.chainId);
    if (policy !== "attested") {
      return await deliverProven(context.prover, {
        source,
        destination,
        requestId,
        sender: "requests",
        message: requestId,
        recipient: "grants",
        action: "deliverRequestProven",
        item: { request, signature },
        isDone,
      });
    }
    return await submitter.submit({
      requestId,
      action: "deliverRequest",
      to: chain.deployment.grants,
      data: () => chain.grants.interface.encodeFunctionData("deliverRequest", [job.chainId, request, signature]),
      isDone,
      notDoneAt,
      batch: batchOf(`deliverRequests ${job.chainId}`, "deliverRequests", { request, signature }, (items) =>
        encodeCall(chain.grants.interface, "deliverRequests", [job.chainId, items]),
      ),
    });
  } catch (error) {
    // It expired on the way.
    if (MedexError.is(error, "CHAIN_REVERTED") && (await isDead(0))) return expired(context, job);
    throw error;
  }
}

/** What never arrived needs no end there; the sweep ends it on the requester's chain. */
async function expired(context: HandlerContext, { requestId }: Job): Promise<JobOutcome> {
  await context.markEnded("destination", requestId);
  return "expired";
}
