/** The world with everything that runs in it: a development network, and the people of devnet/cast.ts drawn from the seed. */
import { type Devnet, startDevnet } from "@medexchain/devnet";
import { assembleCast, type Cast } from "../../devnet/cast.ts";
import { drawFor } from "./seed.ts";

export interface Network extends AsyncDisposable {
  readonly devnet: Devnet;
  readonly cast: Cast;
}

export async function startNetwork(): Promise<Network> {
  await using stack = new AsyncDisposableStack();
  const devnet = stack.adopt(await startDevnet(), (running) => running.close());
  const cast = stack.use(await assembleCast(devnet, { draw: drawFor("network") }));
  const running = stack.move();
  return { devnet, cast, [Symbol.asyncDispose]: () => running.disposeAsync() };
}
