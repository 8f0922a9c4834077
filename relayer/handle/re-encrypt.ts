import { hexToBytes } from "@noble/hashes/utils.js";
import { findRecord, type Hex32, requestStateOf, toHex32 } from "../../offchain/chain/index.ts";
import { MedexError } from "../../offchain/errors.ts";
import { ask, chainOf, chainTime } from "../chains.ts";
import type { Job } from "../database/jobs.ts";
import type { JobOutcome } from "../observer.ts";
import { type HandlerContext, payloadOf } from "./context.ts";

/** A sealed re-encryption key is under 1 KiB; whoever publishes more wants memory, not a re-encryption. */
const MAX_SEALED_REKEY_BYTES = 16_384;

const bytesOf = (hex: Hex32): Uint8Array => hexToBytes(hex.slice(2));

/** M3, M4: re-encrypts the capsule of an authorised request, publishes `C_DU`, and records its digest. */
export async function reEncryptCapsule(context: HandlerContext, job: Job): Promise<JobOutcome> {
  const { requestId } = job;
  const { chain, submitter } = chainOf(context.chains, job.chainId);
  const { recordId, sealedRekey } = await payloadOf(context, job, "ReEncryptionRequested");
  const isDone = async () => {
    const { state } = await ask(chain, () => chain.grants.grant(requestId));
    return requestStateOf(state) !== "Authorized";
  };
  const isDead = async () => {
    const { expiry } = await ask(chain, () => chain.grants.grant(requestId));
    return (await chainTime(chain)) >= expiry;
  };

  if (await isDone()) return "already-done";
  if (await isDead()) return "expired"; // the sweep ends it
  const { capsule } = await findRecord(chain, recordId);
  const [capsuleBytes, sealedReKey] = await Promise.all([
    context.store.get(bytesOf(capsule)),
    context.store.get(bytesOf(sealedRekey), { maxBytes: MAX_SEALED_REKEY_BYTES }),
  ]);
  const started = performance.now();
  const reEncryption = await context.reEncryptor.run({
    requestId: bytesOf(requestId),
    capsule: capsuleBytes,
    sealedReKey,
  });
  context.observe({ type: "re-encrypted", requestId, ms: Math.round(performance.now() - started) });
  const { digest } = await context.store.put(reEncryption);
  try {
    return await submitter.submit({
      requestId,
      action: "submitReEncryption",
      to: chain.deployment.grants,
      data: chain.grants.interface.encodeFunctionData("submitReEncryption", [requestId, toHex32(digest), []]),
      isDone,
    });
  } catch (error) {
    if (MedexError.is(error, "CHAIN_REVERTED") && (await isDead())) return "expired";
    throw error;
  }
}
