/**
 * `node --import cost-hook.ts?scheme=NAME`: has a relayer's threads do that scheme's ReEnc in the place of ours, by `cost-worker.ts`. Hooks are
 * a thread's own, and Node gives its options to the threads that it starts.
 */
import { registerHooks } from "node:module";

const WORKER = "/re-encrypt/re-encrypt-worker.ts";
const instead = new URL(`./cost-worker.ts${new URL(import.meta.url).search}`, import.meta.url).href;

registerHooks({
  resolve: (specifier, context, nextResolve) => {
    const found = nextResolve(specifier, context);
    return found.url.endsWith(WORKER) && context.parentURL !== instead ? { ...found, url: instead } : found;
  },
});
