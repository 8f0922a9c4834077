/** Re-encrypts in a worker thread: once before the curve is loaded, to report that error, and once after. */
import { parentPort, workerData } from "node:worker_threads";
import { MedexError } from "@medexchain/core";
import { initCurve, reEncrypt } from "@medexchain/pre";

function codeOf(call: () => unknown): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    return MedexError.is(error) ? error.code : String(error);
  }
}

const { ciphertext, reKey } = workerData;
const before = codeOf(() => reEncrypt(ciphertext, reKey));
await Promise.all([initCurve(), initCurve()]);
parentPort?.postMessage({ before, reEncrypted: reEncrypt(ciphertext, reKey) });
