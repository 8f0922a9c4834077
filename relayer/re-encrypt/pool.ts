import { MedexError, siblingModule } from "@medexchain/core";
import type { RelayerKeyPair } from "@medexchain/pre";
import { Piscina } from "piscina";
import type { PartialAnswer, PartialTask, WorkerSecrets } from "./messages.ts";

/** A pairing takes milliseconds: a thread that is silent for so long is stuck, and is ended. */
const TASK_TIMEOUT_MS = 30_000;

/** Tasks that a thread is given at once: one that it does, and one that it finds when that is done. */
const AHEAD = 2;

export interface ReEncryptor {
  /**
   * Makes this relayer's partial of one re-encryption (docs/design.md §3, threshold).
   *
   * @returns the partial as DAG-CBOR, to whose digest the firewall committed
   * @throws CAPSULE_INVALID, SEALED_REKEY_INVALID when an input is not what it should be; DEALING_INVALID when the dealing is for others, or for
   *   something else; SHARE_INVALID when what was dealt to this relayer is wrong, as `DisputedShare` where that is proven; SHARE_MISSING when
   *   there is no share that this relayer's key opens; RE_ENCRYPTION_WORKER_FAILED when the thread died or was stuck
   */
  run(task: PartialTask): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** A share that is not what was committed to, and the proof of it. */
export class DisputedShare extends MedexError {
  /** DAG-CBOR, see `encodeDispute`. */
  readonly evidence: Uint8Array;

  constructor(message: string, evidence: Uint8Array) {
    super("SHARE_INVALID", message);
    this.evidence = evidence;
  }
}

/**
 * Starts the threads that re-encrypt.
 *
 * @param threads how many
 * @param sealing the key pair to which firewalls seal this relayer's shares; each thread holds it
 */
export function startReEncryptor(threads: number, sealing: RelayerKeyPair): ReEncryptor {
  const workerData: WorkerSecrets = { sealing };
  const pool = new Piscina<PartialTask, PartialAnswer>({
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
      if (answer.ok) return answer.partial;
      if (answer.dispute) throw new DisputedShare(answer.message, answer.dispute);
      throw new MedexError(answer.code, answer.message);
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
