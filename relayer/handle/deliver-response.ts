import {
  type AccessResponse,
  type Hex32,
  requestStateOf,
  responseDigestOf,
  signResponse,
} from "../../offchain/chain/index.ts";
import { MedexError } from "../../offchain/errors.ts";
import { ask, chainOf, type RelayChain } from "../chains.ts";
import type { AttestedDigest, StoredAttestation } from "../database/attestations.ts";
import type { Job } from "../database/jobs.ts";
import type { JobOutcome } from "../observer.ts";
import { batchOf } from "../submit/step.ts";
import { collectAttestations } from "./attest.ts";
import { type HandlerContext, payloadOf } from "./context.ts";

/** M5, M6: attests the owner's chain's response and carries it to the requester's chain. */
export async function deliverResponse(context: HandlerContext, job: Job): Promise<JobOutcome> {
  const { requestId } = job;
  const { destinationChainId } = await payloadOf(context, job, "ResponseReady");
  const destination = chainOf(context.chains, destinationChainId);
  const { chain, submitter } = destination;
  const stateHere = async () => {
    const { state } = await ask(chain, () => chain.requests.status(requestId));
    return requestStateOf(state);
  };
  const isDone = async () => {
    const state = await stateHere();
    return state !== "Pending" && state !== "None";
  };

  const finish = async (outcome: JobOutcome): Promise<JobOutcome> => {
    await context.markEnded("source", requestId);
    return outcome;
  };
  const state = await stateHere();
  if (state === "None") {
    throw new MedexError(
      "REQUEST_NOT_FILED",
      `chain ${destinationChainId} does not know request ${requestId}: it was carried past AccessRequests, and has to be filed there`,
    );
  }
  if (state !== "Pending") return finish("already-done");

  const { response, attested, own } = await attestResponse(context, job, destinationChainId);
  const attestations = await collectAttestations(context.database, destination, attested, own, false);
  const { interface: abi } = chain.requests;
  const outcome = await submitter.submit({
    requestId,
    action: "deliverResponse",
    to: chain.deployment.requests,
    data: abi.encodeFunctionData("deliverResponse", [job.chainId, response, attestations]),
    isDone,
    batch: batchOf(`deliverResponses ${job.chainId}`, "deliverResponses", { response, attestations }, (items) =>
      abi.encodeFunctionData("deliverResponses", [job.chainId, items]),
    ),
  });
  return finish(outcome);
}

/** Reads what the owner's chain has decided, and signs it for the requester's chain. */
export async function attestResponse(
  { chains, account }: HandlerContext,
  { chainId, requestId }: Pick<Job, "chainId" | "requestId">,
  destinationChainId: bigint,
): Promise<{ response: AccessResponse; attested: AttestedDigest; own: StoredAttestation }> {
  const source = chainOf(chains, chainId);
  const { chain } = chainOf(chains, destinationChainId);
  const response = await readResponse(source, requestId);
  const requests = { chainId: destinationChainId, address: chain.deployment.requests };
  const grants = { chainId, address: source.chain.deployment.grants };
  const signature = await signResponse(account, requests, grants, response);
  const digest = responseDigestOf(requests, grants, response);
  return {
    response,
    attested: { chainId: destinationChainId, digest, requestId },
    own: { relayer: account.address, signature },
  };
}

/** The response as the chain has it now, not as an event had it: this is what we put our name to. */
async function readResponse({ chain }: RelayChain, requestId: Hex32): Promise<AccessResponse> {
  const response = await ask(chain, () => chain.grants.responseOf(requestId));
  // ethers types every hex string as `string`; these are bytes32 in the ABI.
  return {
    requestId: response.requestId as Hex32,
    decision: response.decision,
    decidedAt: response.decidedAt,
    contents: response.contents as Hex32,
    reEncryption: response.reEncryption as Hex32,
    privateFragment: response.privateFragment as Hex32,
  };
}
