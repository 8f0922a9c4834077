import { Command } from "commander";
import { contextOf, withExamples } from "../context.ts";
import { environment } from "../environment.ts";

/** `medex deploy`: the suite on two chains, joined, with every role handed over. */
export function deployCommand(): Command {
  const command = new Command("deploy")
    .description(
      "Deploy the contracts to two chains, connect them, and hand over every role. A second run continues, or checks the result.",
    )
    .requiredOption("--config <file>", "the deployment configuration (docs/deploying.md)")
    .option(
      "--take-over",
      "afterwards, take over what the predecessors in the parameters ended with (docs/deploying.md)",
    )
    .addHelpText(
      "after",
      "\nThe deployer's private key is read from the environment variable MEDEX_DEPLOYER_KEY, or from the configuration's deployerKeyFile.",
    )
    .action(async ({ config: path, takeOver = false }: { config: string; takeOver?: boolean }, command: Command) => {
      const { output } = contextOf(command);
      const { deployOutput } = await import("./outputs.ts");
      const { readDeployer, readDeploymentConfig } = await import("@medexchain/deploy/config");
      const config = await readDeploymentConfig(path);
      const wallet = await readDeployer(config.deployerKeyFile, environment());
      const { deployChains } = await import("@medexchain/deploy");
      const width = Math.max(...config.networks.map(({ name }) => name.length));
      const chains = await deployChains(config, wallet, {
        takeOver,
        observe: (network, step) => {
          const text = `${network.padEnd(width)}  ${step}`;
          if (output.json) output.note(text);
          else output.line(text);
        },
      });
      // Without the RPC URLs, which may carry credentials.
      const deployed = Object.entries(chains).map(
        ([
          name,
          {
            deployment: { rpcUrl: _, ...deployment },
          },
        ]) => ({ name, ...deployment }),
      );
      output.result(deployOutput, { chains: deployed, output: config.output }, () => {
        for (const { name, chainId, ...addresses } of deployed) {
          output.line(`\n${name} (chain ${chainId})`);
          for (const [contract, address] of Object.entries(addresses))
            output.line(`  ${contract.padEnd(9)} ${address}`);
        }
        output.line(`\nWritten to ${config.output}`);
      });
    });
  return withExamples(command, "medex deploy --config deploy/besu.jsonc");
}
