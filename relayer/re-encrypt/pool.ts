import { MedexError, siblingModule } from "@medexchain/core";
import type { SealingKeyPair } from "@medexchain/pre";
import { Piscina } from "piscina";
import type { ReEncryptionAnswer, ReEncryptionTask, WorkerSecrets } from "./messages.ts";

/** A pairing takes milliseconds: a thread that is silent for so long is stuck, and is ended. */
const TASK_TIMEOUT_MS = 30_000;

/** Tasks that a thread is given at once: one that it does, and one that it finds when that is done. */
const AHEAD = 2;

export interface ReEncryptor {
  /**
   * Re-encrypts one capsule (ReEnc; docs/design.md §3).
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
    filename: siblingModule(import.meta.url, "re-encrypt-worker").href,
    minThreads: threads,
    maxThreads: threads,
    workerData,
  });
  const places = limitTo(threads * AHEAD);
  return {
    run: async (task) => {
      const answer = await places(() => pool.run(task, { signal: AbortSignal.timeout(TASK_TIMEOUT_MS) })).catch(
        (cause: unknown) => {
          const message = "a re-encryption thread died or was stuck; it is replaced";
          throw new MedexError("RE_ENCRYPTION_WORKER_FAILED", message, { cause });
        },
      );
      if (!answer.ok) throw new MedexError(answer.code, answer.message);
      return answer.reEncryption;
    },
    close: () => pool.close(),
  };
}

/** Runs at most so many at once, the others in their order: time counts against a task when it is a thread's, not while it waits. */
function limitTo(most: number): <T>(run: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (run) => {
    if (running >= most) await new Promise<void>((start) => waiting.push(start));
    else running += 1;
    try {
      return await run();
    } finally {
      // Whoever is next takes over the place.
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
