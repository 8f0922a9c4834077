/** The curve by mcl-wasm, whether or not the native library is built: what these figures are compared with computes in WebAssembly, too. */
import { initCurve } from "@medexchain/pre";
import { mclOperations } from "../offchain/pre/mcl-operations.ts";
import { useOperations } from "../offchain/pre/operations.ts";

/** Call it in place of `initCurve`, before anything is computed. */
export async function initMclCurve(): Promise<void> {
  await initCurve();
  useOperations(mclOperations);
}
