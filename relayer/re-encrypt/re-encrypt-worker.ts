/** The thread that re-encrypts: one mcl instance, and the only place where a share is ever opened. */

import { MedexError } from "@medexchain/core";
import {
  type CheckedCiphertext,
  checkCiphertext,
  encodeDispute,
  encodePartial,
  initCurve,
  isCommittedPartial,
  isCommittedShare,
  openShare,
  parseCapsule,
  parseSealedReKey,
  parseSealedShares,
  partialReEncrypt,
  provePartial,
  type SealedReKey,
  type SealedShares,
  type Share,
} from "@medexchain/pre";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { workerData } from "piscina";
import type { PartialAnswer, PartialTask, WorkerSecrets } from "./messages.ts";

// piscina types worker data as any; pool.ts gives it this.
const { sealing }: WorkerSecrets = workerData;
/** What the nonces of proofs are derived from. */
const proofSecret = hkdf(sha256, sealing.seed, undefined, utf8ToBytes("medexchain/v1/relayer-proof"), 32);
await initCurve();

/** A burst of requests is often for few records: a capsule that was checked is not checked again. By its SHA-256. */
const checked = new Map<string, CheckedCiphertext>();
const MAX_CHECKED = 32;

function checkedCapsule(bytes: Uint8Array): CheckedCiphertext {
  const digest = bytesToHex(sha256(bytes));
  const known = checked.get(digest);
  if (known) return known;
  const capsule = checkCiphertext(parseCapsule(bytes));
  checked.set(digest, capsule);
  const [oldest] = checked.keys();
  if (checked.size > MAX_CHECKED && oldest !== undefined) checked.delete(oldest);
  return capsule;
}

/** Opens this relayer's share, makes its partial, and compares it with what the firewall committed to. */
export default async function makePartial(task: PartialTask): Promise<PartialAnswer> {
  try {
    const ciphertext = checkedCapsule(task.capsule);
    const sealed = parseSealedReKey(task.sealedReKey);
    const shares = parseSealedShares(task.shares);
    checkGroup(task, sealed, shares);
    const share = await openOwn(task.index, shares);
    try {
      return answer(task, share, ciphertext, sealed, shares);
    } finally {
      share.share.fill(0);
    }
  } catch (error) {
    if (!MedexError.is(error)) throw error;
    return { ok: false, ...told(error) };
  }
}

const told = ({ code, message }: MedexError) => ({ code, message });

function answer(
  { requestId, epoch, index }: PartialTask,
  share: Share,
  ciphertext: CheckedCiphertext,
  { indices, digests, form }: SealedReKey,
  { commitments }: SealedShares,
): PartialAnswer {
  const context = { requestId, epoch, ...(form && { form }) };
  const committed = { commitments, indices, digests };
  const partial = partialReEncrypt(share, ciphertext);
  const published = { ...context, ...partial };
  if (isCommittedPartial(partial, committed, context)) return { ok: true, partial: encodePartial(published) };
  if (!isCommittedShare(share, committed)) throw wrongShare(`what was sealed to relayer ${index} is not its share`);
  const proof = provePartial(share, partial, { ...context, ciphertext, commitments: committed }, proofSecret);
  return {
    ok: false,
    ...told(wrongShare(`it commits to another partial of relayer ${index} than its share makes`)),
    dispute: encodeDispute({ ...published, proof }),
  };
}

async function openOwn(index: number, shares: SealedShares): Promise<Share> {
  try {
    return await openShare(shares, index, sealing);
  } catch (cause) {
    if (!MedexError.is(cause, "SEALED_REKEY_INVALID")) throw cause;
    // Who is to blame cannot be told: the key may be another than that which is on-chain.
    throw new MedexError(
      "SHARE_MISSING",
      `${cause.message}; is this relayer's sealing key the one that it set on-chain?`,
      { cause },
    );
  }
}

/** @throws DEALING_INVALID unless both objects are for the request, and for relayers whom the chain had in its epoch, enough of them */
function checkGroup(task: PartialTask, sealed: SealedReKey, shares: SealedShares): void {
  const id = bytesToHex(task.requestId);
  const isFor = ({ requestId, epoch }: SealedReKey | SealedShares) =>
    bytesToHex(requestId) === id && epoch === task.epoch;
  if (!isFor(sealed) || !isFor(shares)) throw wrongDealing(`it is not for this request and epoch ${task.epoch}`);
  const isOfGroup =
    sealed.threshold === task.threshold &&
    shares.commitments.length === task.threshold &&
    sealed.indices.every((index) => task.indices.includes(index)) &&
    shares.sealed.map(({ index }) => index).join() === sealed.indices.join();
  if (!isOfGroup) {
    throw wrongDealing(
      `the relayers of epoch ${task.epoch} are ${task.indices.join()}, of whom ${task.threshold} re-encrypt; it is for others`,
    );
  }
}

const wrongDealing = (problem: string): MedexError =>
  new MedexError(
    "DEALING_INVALID",
    `the sealed re-encryption key is wrong, by the fault of the owner's device and firewall: ${problem}; the owner must seal anew, or the doctor ask anew`,
  );

/** What is wrong with this relayer's part alone: those of others may be right. */
const wrongShare = (problem: string): MedexError =>
  new MedexError(
    "SHARE_INVALID",
    `a part of the sealed re-encryption key is wrong, by the fault of the owner's device and firewall: ${problem}; other relayers go on without it`,
  );
