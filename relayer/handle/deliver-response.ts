import {
  type AccessResponse,
  chainTime,
  decisionOf,
  type Hex32,
  hex32,
  noAttestations,
  requestStateOf,
  responseDigestOf,
  responseMessage,
} from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { encodeCall } from "@medexchain/evm";
import { chainOf, type RelayChain } from "../chains/relay-chain.ts";
import type { Job } from "../database/jobs.ts";
import type { JobOutcome } from "../observe/observer.ts";
import { laneProofs } from "../prove/lane-proofs.ts";
import { agreedResponseOf, grantOf, statusOf } from "../rpc/views.ts";
import { batchOf } from "../submit/step.ts";
import { collectAttestations, type Statement } from "./attest.ts";
import { type HandlerContext, payloadOf } from "./context.ts";
import { deliverProven } from "./deliver-proven.ts";

/** M5, M6: attests the owner's chain's response, or proves it, or both, as the lane asks, and carries it to the requester's chain. */
export async function deliverResponse(context: HandlerContext, job: Job): Promise<JobOutcome> {
  const { requestId } = job;
  const { destinationChainId } = await payloadOf(context, job, "ResponseReady");
  const destination = chainOf(context.chains, destinationChainId);
  const { chain, submitter } = destination;
  /** Where a request stands there; `Unanswered` where it was ended for want of an answer, which still holds if it was given in time. */
  const stateHere = async () => {
    const { state, respondedAt } = await statusOf(chain, requestId);
    const name = requestStateOf(state);
    return name === "Expired" && respondedAt === 0n ? "Unanswered" : name;
  };

  const finish = async (outcome: JobOutcome): Promise<JobOutcome> => {
    await context.markEnded("source", requestId);
    return outcome;
  };
  const notDoneAt = performance.now();
  const state = await stateHere();
  if (state === "None") {
    // It can be filed until it expires; from then on it has nobody to answer to.
    const { expiry } = await grantOf(chainOf(context.chains, job.chainId).chain, requestId);
    if (expiry !== 0n && (await chainTime(chain)) >= expiry) return finish("expired");
    throw new MedexError(
      "REQUEST_NOT_FILED",
      `chain ${destinationChainId} does not know request ${requestId}: the request must be filed with AccessRequests there`,
    );
  }
  if (state !== "Pending" && state !== "Unanswered") return finish("already-done");

  const { response, statement } = await responseFor(context, job, destinationChainId);
  const isInTime = decisionOf(response.decision) !== "Expired";
  if (state === "Unanswered" && !isInTime) return finish("already-done");
  const isDone = async () => {
    const now = await stateHere();
    return now !== "Pending" && now !== "None" && !(now === "Unanswered" && isInTime);
  };
  const { policy } = await laneProofs(destination, job.chainId);
  const attestations =
    policy === "proven" ? noAttestations(0n) : await collectAttestations(context, destination, statement);
  if (policy !== "attested") {
    const outcome = await deliverProven(context.prover, {
      source: chainOf(context.chains, job.chainId),
      destination,
      requestId,
      sender: "grants",
      message: hex32(responseMessage(response)),
      recipient: "requests",
      action: "deliverResponseProven",
      item: { response, attestations },
      isDone,
    });
    return finish(outcome);
  }
  const { interface: abi } = chain.requests;
  const outcome = await submitter.submit({
    requestId,
    action: "deliverResponse",
    to: chain.deployment.requests,
    data: () => abi.encodeFunctionData("deliverResponse", [job.chainId, response, attestations]),
    isDone,
    notDoneAt,
    batch: batchOf(`deliverResponses ${job.chainId}`, "deliverResponses", { response, attestations }, (items) =>
      encodeCall(abi, "deliverResponses", [job.chainId, items]),
    ),
  });
  return finish(outcome);
}

/** Reads what the owner's chain has decided, and what is to be signed of it for the requester's chain. */
export async function responseFor(
  { chains, account, blsKey }: Pick<HandlerContext, "chains" | "account" | "blsKey">,
  { chainId, requestId }: Pick<Job, "chainId" | "requestId">,
  destinationChainId: bigint,
): Promise<{ response: AccessResponse; statement: Statement }> {
  const source = chainOf(chains, chainId);
  const { chain } = chainOf(chains, destinationChainId);
  const response = await readResponse(source, requestId);
  const requests = { chainId: destinationChainId, address: chain.deployment.requests };
  const grants = { chainId, address: source.chain.deployment.grants };
  return {
    response,
    statement: {
      chainId: destinationChainId,
      requestId,
      account,
      blsKey,
      subject: `answer to request ${requestId}`,
      since: response.decidedAt,
      digest: (terms) => responseDigestOf(requests, grants, response, terms),
    },
  };
}

/** The response as the chain has it now, not as an event had it: this is what we put our name to. */
async function readResponse(source: RelayChain, requestId: Hex32): Promise<AccessResponse> {
  const response = await agreedResponseOf(source, requestId);
  return {
    requestId: hex32(response.requestId),
    decision: response.decision,
    decidedAt: response.decidedAt,
    contents: hex32(response.contents),
    reEncryption: hex32(response.reEncryption),
    privateFragment: hex32(response.privateFragment),
  };
}
