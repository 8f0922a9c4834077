import { MedexError } from "@medexchain/core";
import type { Context } from "../context.ts";
import { devnetDownOutput, devnetStatusOutput } from "./outputs.ts";
import { isRunning, runningDevnet } from "./state.ts";

/** How long an ending devnet may take, in milliseconds. */
const END_TIMEOUT_MS = 20_000;

/** `medex devnet down`: ends exactly the process that `up` was. */
export async function devnetDown(context: Context): Promise<void> {
  const { output, home } = context;
  const state = await runningDevnet(context);
  if (state === undefined) {
    output.result(devnetDownOutput, { running: false }, () => output.line(`No devnet of ${home} is running.`));
    return;
  }
  process.kill(state.pid, "SIGTERM");
  for (const deadline = Date.now() + END_TIMEOUT_MS; isRunning(state); ) {
    if (Date.now() > deadline) {
      throw new MedexError("CONFIG_INVALID", `the devnet, process ${state.pid}, does not stop; stop it by hand`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  output.result(devnetDownOutput, { running: false, ended: state.pid }, () => output.line("The devnet is down."));
}

/** `medex devnet status`. The exit code is 1 when it does not run. */
export async function devnetStatus(context: Context): Promise<void> {
  const { output, home } = context;
  const state = await runningDevnet(context);
  if (state === undefined) process.exitCode = 1;
  output.result(devnetStatusOutput, state === undefined ? { running: false } : { running: true, ...state }, () => {
    if (state === undefined) return output.line(`No devnet of ${home} is running.`);
    output.fact("process", String(state.pid));
    for (const [name, url] of Object.entries(state.services)) output.fact(name, url);
  });
}
