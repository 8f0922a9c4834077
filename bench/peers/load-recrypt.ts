import { registerHooks } from "node:module";

/**
 * Loads recrypt. Its package is made for bundlers, which add the ending that its shim leaves out of an import; so does this, for that
 * import alone.
 */
export async function loadRecrypt(): Promise<typeof import("@ironcorelabs/recrypt-wasm-binding")> {
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      next(specifier === "./recrypt_wasm_binding" ? `${specifier}.js` : specifier, context),
  });
  try {
    return await import("@ironcorelabs/recrypt-wasm-binding");
  } finally {
    hooks.deregister();
  }
}
