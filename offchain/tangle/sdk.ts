import { createRequire } from "node:module";
import type { Sdk } from "./sdk-run.ts";

let loaded: Sdk | undefined;

/**
 * Loads the SDK at its first use: it is CommonJS without an entry point of its own, and takes about 0.2 s. It gives every bigint of its thread
 * a form of its own in JSON (`BigInt.prototype.toJSON`), which breaks what others write, Ignition's journal for one: load it in a thread of its own.
 */
export function loadSdk(): Sdk {
  loaded ??= createRequire(import.meta.url)("@iota/sdk/node/lib/index.js") as Sdk; // require is untyped
  return loaded;
}
