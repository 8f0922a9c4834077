/** Checks batches of signatures in a thread of its own. */
import { parentPort } from "node:worker_threads";
import { signatureVerifier } from "./signatures.ts";

/** Account in lower case, digest, signature. */
export type SignatureToCheck = readonly [account: string, digest: Uint8Array, signature: Uint8Array];

const signedBy = await signatureVerifier();

// The pool sends nothing else; what it sent before this line waits.
parentPort?.on("message", (batch: readonly SignatureToCheck[]) => {
  parentPort?.postMessage(batch.map(([account, digest, signature]) => signedBy(account, digest, signature)));
});
