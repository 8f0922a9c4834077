/** Two development chains for a test, with a relayer admitted and funded on both. */

import type { Deployment, Hex32 } from "@medexchain/chain";
import { startChains as startDevelopmentChains } from "../../../devnet/chains.ts";
import { fund } from "../../../devnet/funding.ts";
import { testServers } from "../../world/servers.ts";
import { temporaryDirectory } from "./directory.ts";

export interface TestChains extends AsyncDisposable {
  readonly a: Deployment;
  readonly b: Deployment;
}

/** Starts the chains 31337 and 31338 empty, or deploys to those that the environment names, and funds the relayer on both. */
export async function startChains(relayer: string, sealingKey: Hex32): Promise<TestChains> {
  await using stack = new AsyncDisposableStack();
  const { path: journal } = stack.use(await temporaryDirectory());
  const [a, b] = await startDevelopmentChains({
    relayer,
    sealingKey,
    journal,
    urls: [testServers.chainA, testServers.chainB],
  });
  stack.defer(() => a.close());
  stack.defer(() => b.close());
  await Promise.all([fund(a.deployment, relayer), fund(b.deployment, relayer)]);
  const running = stack.move();
  return { a: a.deployment, b: b.deployment, [Symbol.asyncDispose]: () => running.disposeAsync() };
}
