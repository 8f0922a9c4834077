/**
 * Deploys the contracts to two chains of your own, joins them, and reads back what was written: what `medex deploy` does, as a function.
 * With Hardhat: `npx hardhat node` twice, with the ids 31337 and 31338.
 *
 *   MEDEX_DEPLOYER_KEY=0x… node deploy-chains.ts http://127.0.0.1:8545 http://127.0.0.1:8546
 */
import { connectChain } from "@medexchain/chain";
import { readChains } from "@medexchain/config";
import { deployChains, type NetworkParameters, readDeployer } from "@medexchain/deploy";
import { JsonRpcProvider } from "ethers";

const [urlA, urlB] = process.argv.slice(2);
if (urlA === undefined || urlB === undefined) throw new Error("usage: node deploy-chains.ts <rpc url> <rpc url>");

// Of the environment, never of an argument, which others could see in the list of processes.
const deployer = await readDeployer(undefined, process.env);

// On a chain that holds something of value, roles belong to several accounts, with a delay, and none of them is the deployer.
const holders = [{ account: deployer.address, executionDelay: 0 }];
const parameters: NetworkParameters = {
  development: true,
  roles: {
    administrator: holders,
    registrar: holders,
    relayerManager: holders,
    laneManager: holders,
    guardian: holders,
  },
  transactions: { confirmations: 1, pollInterval: 50 },
};
const network = async (name: string, rpcUrl: string) => {
  const provider = new JsonRpcProvider(rpcUrl);
  const { chainId } = await provider.getNetwork();
  provider.destroy();
  // The journal lets a deployment that broke off go on where it was: keep it.
  return { name, chainId: Number(chainId), rpcUrl, parameters, journal: `deployments/${name}` };
};
const output = "own.config.json";
await deployChains({ networks: [await network("mine-a", urlA), await network("mine-b", urlB)], output }, deployer, {
  observe: (name, step) => console.log(`${name} ${step}`),
});

for (const [name, { deployment }] of Object.entries(await readChains(output))) {
  const chain = await connectChain(deployment);
  console.log(
    `${name}: chain ${deployment.chainId}, ledger ${deployment.ledger}, ${await chain.ledger.length()} entries`,
  );
  chain.close();
}
