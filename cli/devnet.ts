import { Command } from "commander";
import { abortOnSignal } from "./abort-on-signal.ts";

const PORTS = { chainA: 8545, chainB: 8546, ipfs: 5001, tangle: 14265, relayer: 8080 };

/** `medex devnet`: the whole stack until it is interrupted. */
export function devnetCommand(): Command {
  return new Command("devnet")
    .description("Run two chains, IPFS, a Tangle and a relayer on this machine, until interrupted.")
    .option(
      "--directory <path>",
      "keep the data of IPFS, the Tangle and the relayer here (default: a temporary folder)",
    )
    .action(async ({ directory }: { directory?: string }) => {
      const { startDevnet } = await import("../devnet/index.ts");
      const signal = abortOnSignal();
      const devnet = await startDevnet({
        ports: PORTS,
        signal,
        ...(directory !== undefined && { directory }),
      }).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
      process.exitCode = signal.reason;
      if (devnet === undefined) return;
      const rows = [
        ["chain A", `${devnet.chainA.rpcUrl}  (id ${devnet.chainA.chainId})`],
        ["chain B", `${devnet.chainB.rpcUrl}  (id ${devnet.chainB.chainId})`],
        ["IPFS", devnet.ipfsUrl],
        ["Tangle", devnet.tangleUrl],
        ["relayer", devnet.relayerUrl],
        ["data", devnet.directory],
      ];
      for (const [name = "", value] of rows) console.log(`${name.padEnd(8)} ${value}`);
      console.log("Interrupt to stop.");
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        signal.addEventListener("abort", () => resolve());
      });
      await devnet.close();
      process.exitCode = signal.reason;
    });
}
