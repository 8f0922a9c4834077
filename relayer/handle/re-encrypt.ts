import { chainTime, type Hex32, noAttestations, reEncryptionDigestOf, requestStateOf } from "@medexchain/chain";
import type { GrantStructOutput } from "@medexchain/contracts";
import { MedexError } from "@medexchain/core";
import { encodeCall } from "@medexchain/evm";
import { chainOf } from "../chains/relay-chain.ts";
import type { Job } from "../database/jobs.ts";
import type { JobOutcome } from "../observe/observer.ts";
import { agreedGrantOf, grantOf } from "../rpc/views.ts";
import { batchOf } from "../submit/step.ts";
import { collectAttestations, type Statement, sinceOfOpen } from "./attest.ts";
import type { HandlerContext } from "./context.ts";
import { quorumSince } from "./group.ts";
import { type PartialDigests, publishPartial } from "./partial.ts";
import { confirmPublished } from "./published.ts";

/** M3, M4: publishes this relayer's partial of an authorised request, and has it granted when so many are out as must. */
export async function reEncryptCapsule(context: HandlerContext, job: Job): Promise<JobOutcome> {
  const { requestId } = job;
  const here = chainOf(context.chains, job.chainId);
  const { chain, submitter } = here;
  const isDone = async () => {
    const { state } = await grantOf(chain, requestId);
    return !["None", "Pending", "Authorized"].includes(requestStateOf(state));
  };
  const notDoneAt = performance.now();
  const approved = await agreedGrantOf(here, requestId);
  const { state, expiry } = approved;
  const isDead = async (maxAgeMs?: number) => (await chainTime(chain, maxAgeMs)) >= expiry;

  const stateNow = requestStateOf(state);
  if (stateNow === "None" || stateNow === "Pending") {
    // What asked for this was the approval: a node that does not show it is behind.
    throw new MedexError(
      "REQUEST_UNKNOWN",
      `chain ${job.chainId} does not show the approval of request ${requestId} yet`,
    );
  }
  if (stateNow !== "Authorized") return "already-done"; // what is still to be published is with `attestForOthers`
  if (await isDead()) return "expired"; // the sweep ends it
  const { statement, digests, grant } = await reEncryptionFor(context, job, approved);
  const quorum = await quorumSince(here, grant.relayerEpoch, requestId, digests);
  const published = confirmPublished(context, requestId, digests);
  const attestations =
    quorum.threshold <= 1
      ? noAttestations(grant.relayerEpoch)
      : await collectAttestations(context, here, statement, { sends: true, quorum, confirmation: published });
  const { interface: abi } = chain.grants;
  try {
    return await submitter.submit({
      requestId,
      action: "submitReEncryption",
      to: chain.deployment.grants,
      data: () => abi.encodeFunctionData("submitReEncryption", [requestId, attestations]),
      isDone,
      notDoneAt,
      batch: batchOf("submitReEncryptions", "submitReEncryptions", { requestId, attestations }, (items) =>
        encodeCall(abi, "submitReEncryptions", [items]),
      ),
    });
  } catch (error) {
    if (MedexError.is(error, "CHAIN_REVERTED") && (await isDead(0))) return "expired";
    throw error;
  }
}

/** A re-encryption of which this relayer's part is out. */
export interface ReEncryption {
  /** As the chain has it; where it has several nodes, as most of them do. */
  readonly grant: GrantStructOutput;
  /** That this relayer's partial is out. */
  readonly statement: Statement;
  readonly digests: PartialDigests;
}

/**
 * Publishes this relayer's partial, and says what is to be signed of it. What is re-encrypted, and for whom, is taken from the chain's state, so
 * that neither one node nor an approval that was sealed anew since has it say another thing.
 *
 * @param approved the grant, where it was just read from as many nodes as must agree
 */
export async function reEncryptionFor(
  context: HandlerContext,
  job: Pick<Job, "chainId" | "requestId">,
  approved?: GrantStructOutput,
): Promise<ReEncryption> {
  const { account, blsKey } = context;
  const { chainId, requestId } = job;
  const here = chainOf(context.chains, chainId);
  const grant = approved ?? (await agreedGrantOf(here, requestId));
  const digests = await publishPartial(context, job, grant);
  const sealedRekey = grant.key as Hex32; // bytes32 in the ABI
  const grants = { chainId, address: here.chain.deployment.grants };
  return {
    grant,
    digests,
    statement: {
      chainId,
      requestId,
      account,
      blsKey,
      subject: `re-encryption of request ${requestId}`,
      since: sinceOfOpen(grant.expiry),
      epoch: grant.relayerEpoch,
      digest: (terms) => reEncryptionDigestOf(grants, requestId, sealedRekey, terms),
    },
  };
}
