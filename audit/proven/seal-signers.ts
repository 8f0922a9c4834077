/** Who sealed headers. Many are recovered in threads: each takes some hundred microseconds at most, and a range has thousands. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { MedexError, siblingModule } from "@medexchain/core";
import { accountOfKey, keyRecovery } from "../verify/signatures.ts";

/** A digest, and the seals of it: 65 bytes each, v 0 or 1. Hex. */
export interface Seals {
  readonly sealHash: string;
  readonly seals: readonly string[];
}

/** Whose each seal is, in lower case; undefined for what is no signature. */
export type Signers = readonly (string | undefined)[];

export interface SealReader extends AsyncDisposable {
  /** The signers of each. Throws SERVICE_PROTOCOL where a thread died. */
  signersOf(all: readonly Seals[]): Promise<Signers[]>;
}

/** Of one list, above which threads take it. */
const MANY = 64;
const MOST_THREADS = 4;

/** Recovers signers here, where there are few. */
export async function signerRecovery(): Promise<(seals: Seals) => Signers> {
  const keyOf = await keyRecovery();
  return ({ sealHash, seals }) => {
    const digest = Buffer.from(sealHash.slice(2), "hex");
    return seals.map((seal) => {
      const signature = Buffer.from(seal.slice(2), "hex");
      const v = signature[64];
      if (signature.length !== 65 || v === undefined || v > 1) return undefined;
      signature[64] = 27 + v;
      const key = keyOf(digest, signature);
      return key && accountOfKey(key);
    });
  };
}

/** A reader that starts its threads with the first long list. */
export function sealReader(): SealReader {
  const recovery = signerRecovery();
  const threads: Worker[] = [];
  const ask = (thread: Worker, part: readonly Seals[]): Promise<Signers[]> => {
    const { promise, resolve, reject } = Promise.withResolvers<Signers[]>();
    const died = (cause: unknown) =>
      reject(
        new MedexError("SERVICE_PROTOCOL", "audit: a thread that checks seals ended early: run it again", { cause }),
      );
    thread.once("error", died);
    thread.once("message", (signers: Signers[]) => {
      thread.off("error", died);
      resolve(signers);
    });
    thread.postMessage(part);
    return promise;
  };
  return {
    async signersOf(all) {
      if (all.length < MANY) return all.map(await recovery);
      const count = Math.min(MOST_THREADS, availableParallelism());
      while (threads.length < count) threads.push(new Worker(siblingModule(import.meta.url, "seal-worker")));
      const size = Math.ceil(all.length / count);
      const parts = threads.map((thread, at) => ask(thread, all.slice(at * size, (at + 1) * size)));
      return (await Promise.all(parts)).flat();
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(threads.map((thread) => thread.terminate()));
    },
  };
}
