/** The world with everything that runs in it: a development network, and the people of devnet/cast.ts drawn from the seed. */
import { type Devnet, startDevnet } from "@medexchain/devnet";
import { assembleCast, type Cast } from "../../devnet/cast.ts";
import type { LanePolicy } from "../../devnet/chains.ts";
import { testDatabase } from "../relayer/support/databases.ts";
import { drawFor } from "./seed.ts";
import { testServers } from "./servers.ts";

/** An empty one on the server that the environment names; undefined where it names none. */
export async function ownDatabase(stack: AsyncDisposableStack): Promise<string | undefined> {
  if (testServers.database === undefined) return undefined;
  const { config } = stack.use(await testDatabase());
  return "url" in config ? config.url : undefined;
}

export interface Network extends AsyncDisposable {
  readonly devnet: Devnet;
  readonly cast: Cast;
}

/** @param lanes what makes one chain's messages believed on the other; `attested` unless given */
export async function startNetwork(lanes: LanePolicy = "attested"): Promise<Network> {
  await using stack = new AsyncDisposableStack();
  const { chainA, chainB, ...rest } = { ...testServers, database: await ownDatabase(stack) };
  // Chains that run elsewhere have validators of their own.
  const servers = lanes === "attested" ? { chainA, chainB, ...rest } : rest;
  const devnet = stack.adopt(await startDevnet({ servers, lanes }), (running) => running.close());
  const cast = stack.use(await assembleCast(devnet, { draw: drawFor("network") }));
  const running = stack.move();
  return { devnet, cast, [Symbol.asyncDispose]: () => running.disposeAsync() };
}
