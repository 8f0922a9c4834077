import { type AccessResponse, type Hex32, requestStateOf, signResponse } from "../../offchain/chain/index.ts";
import { MedexError } from "../../offchain/errors.ts";
import { ask, chainOf, type RelayChain } from "../chains.ts";
import type { Job } from "../database/jobs.ts";
import { markEnded } from "../database/requests.ts";
import type { JobOutcome } from "../observer.ts";
import { type HandlerContext, payloadOf } from "./context.ts";

/** M5, M6: attests the owner's chain's response and carries it to the requester's chain. */
export async function deliverResponse(context: HandlerContext, job: Job): Promise<JobOutcome> {
  const { requestId } = job;
  const { destinationChainId } = await payloadOf(context, job, "ResponseReady");
  const source = chainOf(context.chains, job.chainId);
  const { chain, submitter } = chainOf(context.chains, destinationChainId);
  const stateHere = async () => {
    const { state } = await ask(chain, () => chain.requests.status(requestId));
    return requestStateOf(state);
  };
  const isDone = async () => {
    const state = await stateHere();
    return state !== "Pending" && state !== "None";
  };

  const finish = async (outcome: JobOutcome): Promise<JobOutcome> => {
    await markEnded(context.database, requestId, "source");
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
  await requireOneAttestation(chain);

  const response = await readResponse(source, requestId);
  const { account } = context;
  const signature = await signResponse(
    account,
    { chainId: destinationChainId, address: chain.deployment.requests },
    { chainId: job.chainId, address: source.chain.deployment.grants },
    response,
  );
  const attestations = [{ relayer: account.address, signature }];
  const outcome = await submitter.submit({
    requestId,
    action: "deliverResponse",
    to: chain.deployment.requests,
    data: chain.requests.interface.encodeFunctionData("deliverResponse", [job.chainId, response, attestations]),
    isDone,
  });
  return finish(outcome);
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

/** This relayer attests alone. A chain that wants more would refuse it, after it had paid for nothing else. */
async function requireOneAttestation(chain: RelayChain["chain"]): Promise<void> {
  const threshold = await ask(chain, () => chain.relayers.threshold());
  if (threshold <= 1n) return;
  throw new MedexError(
    "ATTESTATIONS_MISSING",
    `chain ${chain.deployment.chainId} wants ${threshold} attestations and this relayer has its own; lower RelayerSet's threshold to 1`,
  );
}
