import { chainError } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { advanceClock } from "@medexchain/devnet";
import type { Context } from "../context.ts";
import { timeOf } from "../output/output.ts";
import { readConfig } from "../session/config.ts";
import { isDevnetChain } from "./fund.ts";
import { devnetAdvanceOutput } from "./outputs.ts";

/** `medex devnet advance`. */
export async function devnetAdvance(context: Context, seconds: number): Promise<void> {
  const { output } = context;
  const { chains } = await readConfig(context.configFile);
  const times: Record<string, number> = {};
  for (const [name, { deployment }] of Object.entries(chains)) {
    if (!isDevnetChain(deployment)) continue;
    times[name] = await advanceClock(deployment, seconds).catch((error: unknown) => {
      throw chainError(error, deployment);
    });
  }
  if (Object.keys(times).length === 0) {
    throw new MedexError("CONFIG_INVALID", "the configuration has no chain of a devnet: run medex devnet up");
  }
  output.result(devnetAdvanceOutput, { times }, () => {
    for (const [name, time] of Object.entries(times)) output.fact(name, timeOf(BigInt(time)));
  });
}
