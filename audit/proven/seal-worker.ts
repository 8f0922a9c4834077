/** Recovers who sealed headers, in a thread of its own. */
import { parentPort } from "node:worker_threads";
import { type Seals, signerRecovery } from "./seal-signers.ts";

const signersOf = await signerRecovery();

// The reader sends nothing else; what it sent before this line waits.
parentPort?.on("message", (all: readonly Seals[]) => parentPort?.postMessage(all.map(signersOf)));
