/** The thread that re-encrypts: one mcl instance, and the only place where a re-encryption key is ever opened. */

import { MedexError } from "@medexchain/core";
import {
  type CheckedCiphertext,
  checkCiphertext,
  encodeReEncryption,
  initCurve,
  openCheckedReKey,
  parseCapsule,
  reEncryptChecked,
} from "@medexchain/pre";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { workerData } from "piscina";
import type { ReEncryptionAnswer, ReEncryptionTask, WorkerSecrets } from "./messages.ts";

// piscina types worker data as any; pool.ts gives it this.
const { sealing }: WorkerSecrets = workerData;
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

/** Opens the sealed key, checks every group element, and re-encrypts. */
export default async function reEncryptOne(task: ReEncryptionTask): Promise<ReEncryptionAnswer> {
  try {
    const capsule = checkedCapsule(task.capsule);
    // rk2' and rk3' are published as C3 and C4; rk1' is what must not stay.
    using reKey = await openCheckedReKey(task.sealedReKey, task.requestId, sealing);
    return {
      ok: true,
      reEncryption: encodeReEncryption({ requestId: task.requestId, ...reEncryptChecked(capsule, reKey) }),
    };
  } catch (error) {
    if (!MedexError.is(error)) throw error;
    return { ok: false, code: error.code, message: error.message };
  }
}
