import type { Devnet } from "@medexchain/devnet";
import { assembleCast, type Cast } from "@medexchain/devnet/cast";
import { frontDeskOf } from "@medexchain/devnet/front-desk";
import { appNetwork } from "../app/network.ts";
import { startApp } from "../app/server.ts";
import { type ConfigEdit, readConfig, writeConfig } from "../session/config.ts";

const PORT = 8300;

/** The app over a devnet that has two hospitals, whose front desk enrols whoever asks. Dispose of it. */
export interface DevnetApp extends AsyncDisposable {
  readonly url: string;
  /** Its hospitals, and people who have no browser. */
  readonly cast: Cast;
}

/** Founds the hospitals, adds them to the configuration, and serves the app. */
export async function startDevnetApp(devnet: Devnet, configFile: string, anyPorts: boolean): Promise<DevnetApp> {
  await using stack = new AsyncDisposableStack();
  const cast = stack.use(await assembleCast(devnet, { services: true }));
  await writeConfig(configFile, ...hospitalsOf(cast));
  const app = stack.adopt(
    await startApp({
      network: appNetwork(await readConfig(configFile)),
      host: "127.0.0.1",
      port: anyPorts ? 0 : PORT,
      desk: frontDeskOf(cast),
    }),
    (running) => running.close(),
  );
  const running = stack.move();
  return { url: app.url, cast, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

function hospitalsOf({ hospitalA, hospitalB, chainA }: Cast): ConfigEdit[] {
  return [hospitalA, hospitalB].flatMap(({ name, chain, services }): ConfigEdit[] =>
    services === undefined
      ? []
      : [
          [
            ["hospitals", name],
            {
              chain: chain.deployment.chainId === chainA.deployment.chainId ? "chainA" : "chainB",
              gateway: services.firewallUrl,
            },
          ],
        ],
  );
}
