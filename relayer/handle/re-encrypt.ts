import {
  chainTime,
  findRecord,
  fromHex32,
  type Hex32,
  reEncryptionDigestOf,
  requestStateOf,
  toHex32,
} from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { encodeCall } from "@medexchain/evm";
import { CONTENT_LIMITS } from "@medexchain/ipfs";
import { chainOf, type RelayChain } from "../chains/relay-chain.ts";
import type { Job } from "../database/jobs.ts";
import type { JobOutcome } from "../observe/observer.ts";
import { agreedGrantOf, agreedRecordOf, grantOf } from "../rpc/views.ts";
import { batchOf } from "../submit/step.ts";
import { collectAttestations, type Statement, sinceOfOpen } from "./attest.ts";
import { type HandlerContext, payloadOf } from "./context.ts";

/** M3, M4: re-encrypts the capsule of an authorised request, publishes `C_DU`, and records its digest. */
export async function reEncryptCapsule(context: HandlerContext, job: Job): Promise<JobOutcome> {
  const { requestId } = job;
  const here = chainOf(context.chains, job.chainId);
  const { chain, submitter } = here;
  const isDone = async () => {
    const { state } = await grantOf(chain, requestId);
    return !["None", "Pending", "Authorized"].includes(requestStateOf(state));
  };
  const { state, expiry } = await grantOf(chain, requestId);
  const isDead = async (maxAgeMs?: number) => (await chainTime(chain, maxAgeMs)) >= expiry;

  const stateNow = requestStateOf(state);
  if (stateNow === "None" || stateNow === "Pending") {
    // What asked for this was the approval: a node that does not show it is behind.
    throw new MedexError(
      "REQUEST_UNKNOWN",
      `chain ${job.chainId} does not show the approval of request ${requestId} yet`,
    );
  }
  if (stateNow !== "Authorized") return "already-done";
  if (await isDead()) return "expired"; // the sweep ends it
  const { reEncryption, statement } = await reEncryptionFor(context, job, expiry);
  const attestations = await collectAttestations(context, here, statement, true);
  const { interface: abi } = chain.grants;
  try {
    return await submitter.submit({
      requestId,
      action: "submitReEncryption",
      to: chain.deployment.grants,
      data: () => abi.encodeFunctionData("submitReEncryption", [requestId, reEncryption, attestations]),
      isDone,
      batch: batchOf("submitReEncryptions", "submitReEncryptions", { requestId, reEncryption, attestations }, (items) =>
        encodeCall(abi, "submitReEncryptions", [items]),
      ),
    });
  } catch (error) {
    if (MedexError.is(error, "CHAIN_REVERTED") && (await isDead(0))) return "expired";
    throw error;
  }
}

/**
 * Re-encrypts and publishes, and says what is to be signed: the result depends on the inputs only, so every relayer signs the same.
 *
 * @param expiry of the request, with which the attestation expires
 */
export async function reEncryptionFor(
  context: HandlerContext,
  job: Pick<Job, "chainId" | "requestId">,
  expiry: bigint,
): Promise<{ reEncryption: Hex32; statement: Statement }> {
  const { store, account, blsKey, observe, reEncryptor, closing: signal } = context;
  const { chainId, requestId } = job;
  const here = chainOf(context.chains, chainId);
  const { recordId, sealedRekey } = await payloadOf(context, job, "ReEncryptionRequested");
  await bearOut(here, requestId, recordId, sealedRekey);
  const [capsule, sealedReKey] = await Promise.all([
    context.capsules.get(`${chainId} ${recordId}`, async () =>
      store.get(fromHex32(await capsuleOf(here, recordId)), { maxBytes: CONTENT_LIMITS.capsule, signal }),
    ),
    store.get(fromHex32(sealedRekey), { maxBytes: CONTENT_LIMITS.sealedReKey, signal }),
  ]);
  const started = performance.now();
  const bytes = await reEncryptor.run({ requestId: fromHex32(requestId), capsule, sealedReKey });
  observe({ type: "re-encrypted", requestId, ms: Math.round(performance.now() - started) });
  const reEncryption = toHex32((await store.put(bytes, { maxBytes: CONTENT_LIMITS.reEncryption, signal })).digest);
  const grants = { chainId, address: here.chain.deployment.grants };
  return {
    reEncryption,
    statement: {
      chainId,
      requestId,
      account,
      blsKey,
      subject: `re-encryption of request ${requestId}`,
      since: sinceOfOpen(expiry),
      digest: (terms) => reEncryptionDigestOf(grants, requestId, reEncryption, terms),
    },
  };
}

/** Where a chain has several nodes, one of them must not choose the inputs: what its event said has to be in the state of others. */
async function bearOut(here: RelayChain, requestId: Hex32, recordId: Hex32, sealedRekey: Hex32): Promise<void> {
  if (here.config.fallbackRpcUrls.length === 0) return;
  const grant = await agreedGrantOf(here, requestId);
  if (grant.recordId === recordId && (grant.key === sealedRekey || requestStateOf(grant.state) !== "Authorized"))
    return;
  throw differs(here, `request ${requestId}`);
}

/** The digest of a record's capsule: from a log, which its commitment proves, which several nodes name where there are several. */
async function capsuleOf(here: RelayChain, recordId: Hex32): Promise<Hex32> {
  const { contents, capsule } = await findRecord(here.chain, recordId);
  if (here.config.fallbackRpcUrls.length > 0 && (await agreedRecordOf(here, recordId)).contents !== contents) {
    throw differs(here, `record ${recordId}`);
  }
  return capsule;
}

function differs({ chain }: RelayChain, what: string): MedexError {
  return new MedexError(
    "SERVICE_PROTOCOL",
    `chain ${chain.deployment.chainId}: its nodes disagree about ${what}; check them`,
  );
}
