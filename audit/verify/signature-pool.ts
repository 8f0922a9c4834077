/** Signatures are most of an audit's work: they are checked on all processors while the replay goes on. */
import { availableParallelism } from "node:os";
import { setImmediate } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { MedexError } from "../../offchain/errors.ts";
import type { SignatureToCheck } from "./signature-worker.ts";
import { signatureVerifier } from "./signatures.ts";

const BATCH = 256;
/** Signatures under way, above which the replay waits: enough that the threads have work while contracts and sides are compared. */
const MOST_UNDER_WAY = 128 * BATCH;
const MOST_THREADS = 4;

export interface SignaturePool extends AsyncDisposable {
  /** Checks it some time before `settle` ends; `failed` is called if it is not the account's. */
  check(signature: SignatureToCheck, failed: () => void): void;
  /** Lets other things happen, and waits while much is under way. Throws the signal's reason where it is aborted. */
  pace(): Promise<void>;
  /** Waits until everything is checked. Throws SERVICE_PROTOCOL where a thread died: what it had is not checked. */
  settle(): Promise<void>;
}

interface Waiting {
  readonly signature: SignatureToCheck;
  readonly failed: () => void;
}

interface Thread {
  readonly worker: Worker;
  /** Batches that it has, oldest first. */
  readonly sent: (readonly Waiting[])[];
}

/** A pool that starts its threads with the first full batch: a short history is checked here. */
export function signaturePool(signal?: AbortSignal): SignaturePool {
  const count = Math.min(MOST_THREADS, Math.max(1, availableParallelism()));
  // By account, so that a signature that is met twice is met by the same thread.
  const buffers: Waiting[][] = Array.from({ length: count }, () => []);
  const threads: (Thread | undefined)[] = Array.from({ length: count }, () => undefined);
  let underWay = 0;
  let death: Error | undefined;
  let progress = Promise.withResolvers<void>();
  const moved = () => {
    progress.resolve();
    progress = Promise.withResolvers<void>();
  };

  const start = (): Thread => {
    const worker = new Worker(new URL("./signature-worker.ts", import.meta.url));
    const thread: Thread = { worker, sent: [] };
    worker.on("message", (held: readonly boolean[]) => {
      const batch = thread.sent.shift() ?? [];
      for (const [at, { failed }] of batch.entries()) if (held[at] !== true) failed();
      underWay -= batch.length;
      moved();
    });
    worker.on("error", (error) => {
      death = error;
      moved();
    });
    return thread;
  };
  const send = (at: number) => {
    const batch = buffers[at]?.splice(0) ?? [];
    if (batch.length === 0) return;
    const thread = threads[at] ?? start();
    threads[at] = thread;
    thread.sent.push(batch);
    underWay += batch.length;
    thread.worker.postMessage(batch.map(({ signature }) => signature));
  };
  const until = async (most: number) => {
    while (underWay > most) {
      signal?.throwIfAborted();
      if (death) {
        throw new MedexError("SERVICE_PROTOCOL", "audit: a thread that checks signatures ended early: run it again", {
          cause: death,
        });
      }
      await progress.promise;
    }
  };

  return {
    check([account, digest, signature], failed) {
      const at = Number.parseInt(account.slice(-4), 16) % count;
      const buffer = buffers[at];
      if (!buffer) throw new RangeError(`not an account: ${account}`);
      // Copies: a row's bytes may be a view of a larger buffer, which would be sent whole.
      buffer.push({ signature: [account, Uint8Array.from(digest), Uint8Array.from(signature)], failed });
      if (buffer.length >= BATCH) send(at);
    },
    async pace() {
      await setImmediate();
      signal?.throwIfAborted();
      await until(MOST_UNDER_WAY);
    },
    async settle() {
      for (const [at, buffer] of buffers.entries()) {
        if (threads[at]) {
          send(at);
          continue;
        }
        const signedBy = await signatureVerifier();
        for (const { signature, failed } of buffer.splice(0)) if (!signedBy(...signature)) failed();
      }
      await until(0);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(threads.map((thread) => thread?.worker.terminate()));
    },
  };
}
