/** Signatures are most of an audit's work: they are checked on all processors while the replay goes on. */
import { availableParallelism } from "node:os";
import { setImmediate } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { MedexError, siblingModule } from "@medexchain/core";
import type { SignatureToCheck } from "./signature-batch.ts";
import { signaturePacker, unpackSignatures } from "./signature-pack.ts";
import { MOST_AT_ONCE, signatureVerifier } from "./signatures.ts";

/** Of one sum, which costs less of each signature the longer it is. */
const BATCH = MOST_AT_ONCE;
/** Signatures from which on a thread is started: it is ready by the time that a batch is. */
const MANY = 512;
/** Signatures under way, above which the replay waits: enough that the threads have work while contracts and sides are compared. */
const MOST_UNDER_WAY = 8 * BATCH;
const MOST_THREADS = 4;
/** Of a thread, which needs about 20 MiB: without a limit its collector waits much longer. */
const MEMORY = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16 };
/** Signatures that are remembered, about 400 bytes each. */
const MOST_RECENT = 2 * BATCH;

export interface SignaturePool extends AsyncDisposable {
  /** Checks it some time before `settle` ends; `failed` is called if it is not the account's. */
  check(signature: SignatureToCheck, failed: () => void): void;
  /** Lets other things happen. Throws the signal's reason where it is aborted. */
  breathe(): Promise<void>;
  /** As `breathe`, and waits while much is under way. */
  pace(): Promise<void>;
  /** Waits until everything is checked. Throws SERVICE_PROTOCOL where a thread died: what it had is not checked. */
  settle(): Promise<void>;
}

/** A signature that is, or was lately, to be checked. */
interface Check {
  state: "unknown" | "held" | "refused";
  /** What to do if it is not the account's. */
  failed: (() => void)[];
}

interface Thread {
  readonly worker: Worker;
  /** Batches that it has, oldest first. */
  readonly sent: (readonly Check[])[];
}

/** A pool that starts no threads for a short history, whose signatures are checked here. */
export function signaturePool(signal?: AbortSignal): SignaturePool {
  const count = Math.min(MOST_THREADS, Math.max(1, availableParallelism()));
  const packer = signaturePacker(BATCH);
  /** Of the packed signatures. */
  let waiting: Check[] = [];
  /** A request's signature is met on both chains, at about the same time: it is checked once. Oldest first. */
  const recent = new Map<string, Check>();
  const threads: Thread[] = [];
  let underWay = 0;
  let death: Error | undefined;
  let progress = Promise.withResolvers<void>();
  const moved = () => {
    progress.resolve();
    progress = Promise.withResolvers<void>();
  };

  const start = (): Thread => {
    const worker = new Worker(siblingModule(import.meta.url, "signature-worker"), { resourceLimits: MEMORY });
    const thread: Thread = { worker, sent: [] };
    worker.on("message", (held: readonly boolean[]) => {
      const batch = thread.sent.shift() ?? [];
      for (const [at, check] of batch.entries()) conclude(check, held[at] === true);
      underWay -= batch.length;
      moved();
    });
    worker.on("error", (error) => {
      death = error;
      moved();
    });
    return thread;
  };
  const send = () => {
    if (threads.length < count && threads.every(({ sent }) => sent.length > 0)) threads.push(start());
    const [idlest] = threads.toSorted((one, other) => one.sent.length - other.sent.length);
    if (waiting.length === 0 || !idlest) return;
    idlest.sent.push(waiting);
    underWay += waiting.length;
    waiting = [];
    const packed = packer.take();
    idlest.worker.postMessage(packed, [packed.buffer]);
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

  const breathe = async () => {
    await setImmediate();
    signal?.throwIfAborted();
  };

  return {
    check(signature, failed) {
      const key = signature.map((part) => (typeof part === "string" ? part : latin1(part))).join("");
      const met = recent.get(key);
      if (met) {
        if (met.state === "unknown") met.failed.push(failed);
        else if (met.state === "refused") failed();
        return;
      }
      if (!packer.add(signature)) {
        failed();
        return;
      }
      const check: Check = { state: "unknown", failed: [failed] };
      waiting.push(check);
      const oldest = recent.keys().next();
      if (recent.size >= MOST_RECENT && !oldest.done) recent.delete(oldest.value);
      recent.set(key, check);
      if (waiting.length >= BATCH) send();
      else if (waiting.length === MANY && threads.length === 0) threads.push(start());
    },
    breathe,
    async pace() {
      await breathe();
      await until(MOST_UNDER_WAY);
    },
    async settle() {
      if (threads.length > 0) send();
      else {
        const signedBy = await signatureVerifier();
        for (const [at, signature] of unpackSignatures(packer.take()).entries()) {
          const check = waiting[at];
          if (check) conclude(check, signedBy(...signature));
        }
        waiting = [];
      }
      await until(0);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(threads.map(({ worker }) => worker.terminate()));
    },
  };
}

function conclude(check: Check, isHeld: boolean): void {
  check.state = isHeld ? "held" : "refused";
  const failed = check.failed;
  check.failed = [];
  if (!isHeld) for (const each of failed) each();
}

const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
