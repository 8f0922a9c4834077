import { styleText } from "node:util";
import { MedexError } from "@medexchain/core";
import type { Context } from "../context.ts";
import { type Config, readConfig } from "../session/config.ts";
import { type Finding, look } from "./look.ts";
import { checkOutput } from "./outputs.ts";
import { checkChain, checkGateway, checkIpfs, checkRelayer, checkTangle } from "./services.ts";
import { checkVaults } from "./vaults.ts";

const MARKS = { ok: ["green", "ok   "], slow: ["yellow", "SLOW "], wrong: ["red", "WRONG"] } as const;

/** `medex check`. */
export async function examine(context: Context): Promise<void> {
  const { output } = context;
  const findings: Finding[] = [];
  let config: Config | undefined;
  const read = await look("configuration", async () => {
    config = await readConfig(context.configFile);
    return context.configFile;
  });
  findings.push(read);
  findings.push(
    ...(await Promise.all([...checkVaults(context), ...(config === undefined ? [] : checkServices(context, config))])),
  );
  const healthy = findings.every(({ ok }) => ok);
  if (!healthy) process.exitCode = 1;
  output.result(checkOutput, { healthy, findings }, () => {
    for (const { what, ok, slow, detail } of findings) {
      const [colour, word] = MARKS[ok ? (slow ? "slow" : "ok") : "wrong"];
      const mark = styleText(colour, word, {
        stream: process.stdout,
        validateStream: true,
      });
      output.line(`${mark}  ${what.padEnd(24)} ${detail}`);
    }
  });
}

function checkServices({ output }: Context, config: Config): Promise<Finding>[] {
  const service = (what: string, check: () => Promise<string>) =>
    look(what, check, { onSlow: () => output.progress(`${what} is slow; still waiting`) });
  const { ipfs, tangle } = config;
  const chains = Object.entries(config.chains);
  const missing = (what: string, add: string) =>
    look(what, async () => {
      throw new MedexError("CONFIG_INVALID", `the configuration has none; ${add}`);
    });
  return [
    ...(chains.length === 0 ? [missing("chains", "deploy the contracts, or get your hospital's configuration")] : []),
    ...chains.map(([name, entry]) => service(`chain ${name}`, () => checkChain(entry))),
    ipfs ? service("IPFS", () => checkIpfs(ipfs.url)) : missing("IPFS", "add ipfs.url"),
    tangle ? service("Tangle", () => checkTangle(tangle)) : missing("Tangle", "add tangle.url"),
    ...Object.entries(config.hospitals).map(([name, hospital]) =>
      service(`hospital ${name}`, () => checkGateway(config, name, hospital)),
    ),
    ...config.relayers.map(({ url }, index) => service(`relayer ${index + 1}`, () => checkRelayer(url))),
  ];
}
