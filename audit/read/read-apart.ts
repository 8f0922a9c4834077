/** A long history is read in a thread for each chain: parsing and hashing what a node tells takes longer than the node. */
import { Worker } from "node:worker_threads";
import { type ErrorCode, MedexError } from "../../offchain/errors.ts";
import type { AuditSource, ReadProgress } from "../access-history.ts";
import type { Finding } from "../finding.ts";
import type { ReadContext, ReadHead } from "./read-chain.ts";

/** Of a thread, which holds one range: without a limit its collector waits much longer. */
const MEMORY = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 48 };

/** What a thread is started with. */
export interface WorkerTask {
  readonly directory: string;
  readonly sources: readonly AuditSource[];
  /** Which of the sources it reads. */
  readonly position: number;
}

/** What a thread says, the last being `end` or `error`. */
export type Told =
  | { readonly kind: "finding"; readonly finding: Finding }
  | { readonly kind: "progress"; readonly progress: ReadProgress }
  | { readonly kind: "end"; readonly head: { readonly block: number; readonly hash: Uint8Array } | undefined }
  | { readonly kind: "error"; readonly code: ErrorCode; readonly message: string; readonly cause: string | undefined };

/**
 * As `readChain`, in a thread of its own that has ended when this does. The store must have been made before.
 *
 * @throws as `readChain`, and SERVICE_PROTOCOL where the thread ended before the chain did
 */
export async function readApart(
  task: WorkerTask,
  { report, observe, signal }: Pick<ReadContext, "report" | "observe" | "signal">,
): Promise<ReadHead | undefined> {
  signal?.throwIfAborted();
  const worker = new Worker(new URL("./read-worker.ts", import.meta.url), { workerData: task, resourceLimits: MEMORY });
  const ended = Promise.withResolvers<ReadHead | undefined>();
  const exited = new Promise<void>((done) => worker.once("exit", () => done()));
  const abort = () => ended.reject(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  worker.on("message", (told: Told) => {
    if (told.kind === "finding") report(told.finding);
    else if (told.kind === "progress") observe?.(told.progress);
    else if (told.kind === "end") ended.resolve(told.head && { ...told.head, hash: Buffer.from(told.head.hash) });
    else ended.reject(new MedexError(told.code, told.message, { cause: told.cause }));
  });
  worker.on("error", (cause) => ended.reject(endedEarly(task, cause)));
  // Comes after all messages: one that ends the reading was taken by now.
  worker.on("exit", () => ended.reject(endedEarly(task)));
  try {
    return await ended.promise;
  } finally {
    signal?.removeEventListener("abort", abort);
    await worker.terminate();
    await exited;
  }
}

function endedEarly({ sources, position }: WorkerTask, cause?: unknown): MedexError {
  const name = `chain ${sources[position]?.deployment.chainId}`;
  return new MedexError("SERVICE_PROTOCOL", `${name}: the thread that reads it ended early: run it again`, { cause });
}
