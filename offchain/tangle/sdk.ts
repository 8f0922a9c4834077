import { createRequire } from "node:module";

/** The IOTA Foundation's client library, as WebAssembly (package.json maps `@iota/sdk` to it). */
type Sdk = typeof import("@iota/sdk/node/lib/index.js");

let loaded: Sdk | undefined;

/** Loads the SDK at its first use: it is CommonJS without an entry point of its own, and takes about 0.2 s. */
export function loadSdk(): Sdk {
  loaded ??= createRequire(import.meta.url)("@iota/sdk/node/lib/index.js") as Sdk; // require is untyped
  return loaded;
}
