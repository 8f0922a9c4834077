import { hexToBytes } from "@noble/hashes/utils.js";
import {
  findRecord,
  type Hex32,
  reEncryptionDigestOf,
  requestStateOf,
  signReEncryption,
  toHex32,
} from "../../offchain/chain/index.ts";
import { MedexError } from "../../offchain/errors.ts";
import { ask, chainOf, chainTime } from "../chains.ts";
import type { AttestedDigest, StoredAttestation } from "../database/attestations.ts";
import type { Job } from "../database/jobs.ts";
import type { JobOutcome } from "../observer.ts";
import { batchOf } from "../submit/step.ts";
import { collectAttestations } from "./attest.ts";
import { type HandlerContext, payloadOf } from "./context.ts";

/** A sealed re-encryption key is under 1 KiB; whoever publishes more wants memory, not a re-encryption. */
const MAX_SEALED_REKEY_BYTES = 16_384;

const bytesOf = (hex: Hex32): Uint8Array => hexToBytes(hex.slice(2));

/** M3, M4: re-encrypts the capsule of an authorised request, publishes `C_DU`, and records its digest. */
export async function reEncryptCapsule(context: HandlerContext, job: Job): Promise<JobOutcome> {
  const { requestId } = job;
  const here = chainOf(context.chains, job.chainId);
  const { chain, submitter } = here;
  const isDone = async () => {
    const { state } = await ask(chain, () => chain.grants.grant(requestId));
    return requestStateOf(state) !== "Authorized";
  };
  const { state, expiry } = await ask(chain, () => chain.grants.grant(requestId));
  const isDead = async () => (await chainTime(chain)) >= expiry;

  if (requestStateOf(state) !== "Authorized") return "already-done";
  if (await isDead()) return "expired"; // the sweep ends it
  const { reEncryption, attested, own } = await attestReEncryption(context, job);
  const attestations = await collectAttestations(context.database, here, attested, own, true);
  const { interface: abi } = chain.grants;
  try {
    return await submitter.submit({
      requestId,
      action: "submitReEncryption",
      to: chain.deployment.grants,
      data: abi.encodeFunctionData("submitReEncryption", [requestId, reEncryption, attestations]),
      isDone,
      batch: batchOf("submitReEncryptions", "submitReEncryptions", { requestId, reEncryption, attestations }, (items) =>
        abi.encodeFunctionData("submitReEncryptions", [items]),
      ),
    });
  } catch (error) {
    if (MedexError.is(error, "CHAIN_REVERTED") && (await isDead())) return "expired";
    throw error;
  }
}

/** Re-encrypts, publishes, and signs the digest: the result depends on the inputs only, so every relayer signs the same. */
export async function attestReEncryption(
  context: HandlerContext,
  job: Pick<Job, "chainId" | "requestId">,
): Promise<{ reEncryption: Hex32; attested: AttestedDigest; own: StoredAttestation }> {
  const { store, account, observe, reEncryptor } = context;
  const { chainId, requestId } = job;
  const { chain } = chainOf(context.chains, chainId);
  const { recordId, sealedRekey } = await payloadOf(context, job, "ReEncryptionRequested");
  const [capsule, sealedReKey] = await Promise.all([
    context.capsules.get(`${chainId} ${recordId}`, async () => {
      const record = await findRecord(chain, recordId);
      return store.get(bytesOf(record.capsule));
    }),
    store.get(bytesOf(sealedRekey), { maxBytes: MAX_SEALED_REKEY_BYTES }),
  ]);
  const started = performance.now();
  const bytes = await reEncryptor.run({ requestId: bytesOf(requestId), capsule, sealedReKey });
  observe({ type: "re-encrypted", requestId, ms: Math.round(performance.now() - started) });
  const reEncryption = toHex32((await store.put(bytes)).digest);
  const grants = { chainId, address: chain.deployment.grants };
  return {
    reEncryption,
    attested: { chainId, digest: reEncryptionDigestOf(grants, requestId, reEncryption), requestId },
    own: { relayer: account.address, signature: await signReEncryption(account, grants, requestId, reEncryption) },
  };
}
