/**
 * `sdk-port.ts` for browsers. The SDK runs in the thread that asks: an app has all of the library in a worker of its own, so that neither the
 * proof of work nor the form that the SDK gives to bigints reaches its page. A request that was given up goes on until the browser ends it.
 */
import type { SdkListener, SdkPort } from "./sdk-port.ts";
import { type Sdk, serveSdk } from "./sdk-run.ts";
import type { SdkNode } from "./sdk-task.ts";

export function startSdk(node: SdkNode, { reply, ended }: SdkListener): SdkPort {
  const answer = loadSdk(node.module).then((sdk) => serveSdk(sdk, node));
  let isOpen = true;
  return {
    send(call) {
      answer.then((serve) => serve(call)).then((said) => isOpen && reply(said), ended);
    },
    async end() {
      isOpen = false;
    },
  };
}

async function loadSdk(module: string | undefined): Promise<Sdk> {
  const web: unknown = await import("@iota/sdk/web/lib/index.js");
  // The same classes as Node's; the declarations leave out that the default export loads the module, once.
  const sdk = web as Sdk & { default(module?: string): Promise<unknown> };
  await sdk.default(module);
  return sdk;
}
