import { Piscina } from "piscina";
import { MedexError } from "../../offchain/errors.ts";
import type { SealingKeyPair } from "../../offchain/pre/index.ts";
import type { ReEncryptionAnswer, ReEncryptionTask, WorkerSecrets } from "./messages.ts";

/** A pairing takes milliseconds: a thread that is silent for so long is stuck, and is ended. */
const TASK_TIMEOUT_MS = 30_000;

/** Tasks that may wait for a thread: more than jobs can run at once. Beyond it a task is refused, and its job tried again. */
const MAX_QUEUE = 2_048;

export interface ReEncryptor {
  /**
   * Re-encrypts one capsule (ReEnc; DESIGN §3).
   *
   * @returns `C_DU` as DAG-CBOR
   * @throws CAPSULE_INVALID, SEALED_REKEY_INVALID when an input is not what it should be; RE_ENCRYPTION_WORKER_FAILED when the
   *   thread died or was stuck
   */
  run(task: ReEncryptionTask): Promise<Uint8Array>;
  close(): Promise<void>;
}

/**
 * Starts the threads that re-encrypt.
 *
 * @param threads how many
 * @param sealing the key pair to which owners seal; each thread holds it
 */
export function startReEncryptor(threads: number, sealing: SealingKeyPair): ReEncryptor {
  const workerData: WorkerSecrets = { sealing };
  const pool = new Piscina<ReEncryptionTask, ReEncryptionAnswer>({
    filename: new URL("./worker.ts", import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
    maxQueue: MAX_QUEUE,
    workerData,
  });
  return {
    run: async (task) => {
      const answer = await pool.run(task, { signal: AbortSignal.timeout(TASK_TIMEOUT_MS) }).catch((cause: unknown) => {
        throw new MedexError(
          "RE_ENCRYPTION_WORKER_FAILED",
          "a re-encryption thread died or was stuck; it is replaced",
          {
            cause,
          },
        );
      });
      if (!answer.ok) throw new MedexError(answer.code, answer.message);
      return answer.reEncryption;
    },
    close: () => pool.close(),
  };
}
