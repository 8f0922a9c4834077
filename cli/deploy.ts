import { Command } from "commander";

/** `medex deploy`: the suite on two chains, joined, with every role handed over. */
export function deployCommand(): Command {
  return new Command("deploy")
    .description(
      "Deploy the contracts to two chains, join them, and hand every role over. Run again, it goes on, or checks.",
    )
    .requiredOption("--config <file>", "the deployment configuration (docs/deploying.md)")
    .addHelpText(
      "after",
      "\nThe deployer's private key is read from the environment variable MEDEX_DEPLOYER_KEY, or from the configuration's deployerKeyFile.",
    )
    .action(async ({ config: path }: { config: string }) => {
      const { readDeployer, readDeploymentConfig } = await import("../deploy/config.ts");
      const config = await readDeploymentConfig(path);
      const wallet = await readDeployer(config.deployerKeyFile, process.env);
      const { deployChains } = await import("../deploy/index.ts");
      const width = Math.max(...config.networks.map(({ name }) => name.length));
      const chains = await deployChains(config, wallet, {
        observe: (network, step) => console.log(`${network.padEnd(width)}  ${step}`),
      });
      for (const [name, { deployment }] of Object.entries(chains)) {
        const { chainId, rpcUrl: _, ...addresses } = deployment;
        console.log(`\n${name} (chain ${chainId})`);
        for (const [contract, address] of Object.entries(addresses)) console.log(`  ${contract.padEnd(9)} ${address}`);
      }
      console.log(`\nWritten to ${config.output}`);
    });
}
