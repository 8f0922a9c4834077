import type { Context } from "../context.ts";
import { abortOnSignal, exitCodeOf } from "../output/abort-on-signal.ts";
import { readConfig } from "../session/config.ts";
import { appNetwork } from "./network.ts";
import { appOutput } from "./outputs.ts";
import { startApp } from "./server.ts";

/** `medex app`: until it is interrupted. */
export async function serveApp({ configFile, output }: Context, { port }: { readonly port: number }): Promise<void> {
  const signal = abortOnSignal();
  const app = await startApp({ network: appNetwork(await readConfig(configFile)), host: "127.0.0.1", port });
  output.result(appOutput, { url: app.url }, () => output.line(`The app is at ${app.url}. Press Ctrl-C to stop.`));
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve());
  });
  await app.close();
  process.exitCode = exitCodeOf(signal);
}
