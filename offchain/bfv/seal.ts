/**
 * Microsoft SEAL, once per process. It is compiled to WebAssembly and shares one heap: whatever is created must be freed, so
 * every handle is held by `using`.
 */

import { type ErrorCode, MedexError } from "@medexchain/core";
import initialize, { type MainModule } from "node-seal";

export type Seal = MainModule;

let loading: Promise<Seal> | undefined;

/** Loads SEAL; later calls share the first one's instance. */
export function loadSeal(): Promise<Seal> {
  loading ??= initialize();
  return loading;
}

/**
 * Runs a call into SEAL and turns what it throws (C++ exceptions and WebAssembly traps, not all of them an `Error`) into an
 * error of ours. SEAL's own messages speak of parameters and formats, never of values.
 */
export function callSeal<T>(code: ErrorCode, message: string, call: () => T): T {
  try {
    return call();
  } catch (thrown) {
    if (MedexError.is(thrown)) throw thrown;
    const detail = typeof thrown === "object" && thrown !== null && "message" in thrown ? String(thrown.message) : "";
    throw new MedexError(code, message, { cause: new Error(detail) });
  }
}
