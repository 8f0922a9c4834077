/** The thread that re-encrypts: one mcl instance, and the only place where a re-encryption key is ever opened. */
import { workerData } from "piscina";
import { MedexError } from "../../offchain/errors.ts";
import { encodeReEncryption, initCurve, openReKey, parseCapsule, reEncrypt } from "../../offchain/pre/index.ts";
import type { ReEncryptionAnswer, ReEncryptionTask, WorkerSecrets } from "./messages.ts";

// piscina types worker data as any; pool.ts gives it this.
const { sealing }: WorkerSecrets = workerData;
await initCurve();

/** Opens the sealed key, checks every group element, and re-encrypts. */
export default async function reEncryptOne(task: ReEncryptionTask): Promise<ReEncryptionAnswer> {
  try {
    const capsule = parseCapsule(task.capsule);
    const reKey = await openReKey(task.sealedReKey, task.requestId, sealing);
    try {
      return {
        ok: true,
        reEncryption: encodeReEncryption({ requestId: task.requestId, ...reEncrypt(capsule, reKey) }),
      };
    } finally {
      // rk2' and rk3' are published as C3 and C4; rk1' is what must not stay.
      reKey.rk1.fill(0);
    }
  } catch (error) {
    if (!MedexError.is(error)) throw error;
    return { ok: false, code: error.code, message: error.message };
  }
}
