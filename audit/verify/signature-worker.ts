/** Checks batches of signatures in a thread of its own. */
import { parentPort } from "node:worker_threads";
import { batchVerifier } from "./signature-batch.ts";
import { unpackSignatures } from "./signature-pack.ts";

const verify = await batchVerifier();

// The pool sends nothing else; what it sent before this line waits.
parentPort?.on("message", (packed: Uint8Array) => {
  parentPort?.postMessage(verify(unpackSignatures(packed)));
});
