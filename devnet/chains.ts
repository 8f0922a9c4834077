import { fileURLToPath } from "node:url";
import { HDNodeWallet } from "ethers";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import type { JsonRpcServer } from "hardhat/types/network";
import LaneModule from "../deploy/Lane.ts";
import MedExChainModule from "../deploy/MedExChain.ts";
import RelayersModule from "../deploy/Relayers.ts";
import hardhatConfig from "../hardhat.config.ts";
import { type Deployment, deploymentSchema, type Hex32 } from "../offchain/chain/index.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Hardhat's well-known development accounts: funded on every development chain, and worth nothing anywhere else. */
const MNEMONIC = "test test test test test test test test test test test junk";

/** A development account, with its key in the clear. */
export function developmentAccount(index: number): HDNodeWallet {
  return HDNodeWallet.fromPhrase(MNEMONIC, undefined, `m/44'/60'/0'/0/${index}`);
}

export interface DevelopmentChain {
  readonly deployment: Deployment;
  close(): Promise<void>;
}

export interface LaneOptions {
  /** The relayer's account. */
  readonly relayer: string;
  /** The X25519 public key to which owners seal, as in `RelayerSet`. */
  readonly sealingKey: Hex32;
  /** Where Ignition keeps its journal of the deployments; a new folder for new chains. */
  readonly journal: string;
  /** Ports of the two chains' RPC; by the system unless given. */
  readonly ports?: readonly [number, number];
}

/**
 * Starts the two development chains (EDR, ids 31337 and 31338), deploys the suite to each through Ignition, opens the lane between
 * them both ways, and admits the relayer. Development account 0 is the administrator of both.
 */
export async function startChains(options: LaneOptions): Promise<readonly [DevelopmentChain, DevelopmentChain]> {
  const config = { ...hardhatConfig, paths: { ...hardhatConfig.paths, ignition: options.journal } };
  const hre = await createHardhatRuntimeEnvironment(config, { config: `${ROOT}hardhat.config.ts` }, ROOT);
  const [portA, portB] = options.ports ?? [0, 0];
  const a = await serve(hre, "chainA", portA);
  const b = await serve(hre, "chainB", portB).catch(async (error) => {
    await a.server.close();
    throw error;
  });
  try {
    const [deploymentA, deploymentB] = await Promise.all([a.deploy(), b.deploy()]);
    await Promise.all([a.open(deploymentA, deploymentB, options), b.open(deploymentB, deploymentA, options)]);
    return [
      { deployment: deploymentA, close: () => a.server.close() },
      { deployment: deploymentB, close: () => b.server.close() },
    ];
  } catch (error) {
    await Promise.all([a.server.close(), b.server.close()]);
    throw error;
  }
}

type Hre = Awaited<ReturnType<typeof createHardhatRuntimeEnvironment>>;

interface ServedChain {
  readonly server: JsonRpcServer;
  deploy(): Promise<Deployment>;
  open(here: Deployment, there: Deployment, options: LaneOptions): Promise<void>;
}

async function serve(hre: Hre, network: "chainA" | "chainB", port: number): Promise<ServedChain> {
  const server = await hre.network.createServer(network, "127.0.0.1", port);
  const listening = await server.listen();
  const rpcUrl = `http://127.0.0.1:${listening.port}`;
  // Everything else goes over the RPC, as it does with a chain elsewhere.
  const { ethers, ignition } = await hre.network.create({ network: "remote", override: { url: rpcUrl } });
  const config = { requiredConfirmations: 1, blockPollingInterval: 20 };
  return {
    server,
    async deploy() {
      const contracts = await ignition.deploy(MedExChainModule, { config });
      const addresses: Record<string, string> = {};
      for (const [name, contract] of Object.entries(contracts)) addresses[name] = await contract.getAddress();
      const { chainId } = await ethers.provider.getNetwork();
      return deploymentSchema.parse({ chainId, rpcUrl, ...addresses });
    },
    async open(here, there, { relayer, sealingKey }) {
      await ignition.deploy(LaneModule, {
        config,
        parameters: {
          Lane: {
            chainId: there.chainId,
            hospitals: here.hospitals,
            grants: here.grants,
            requests: here.requests,
            checkpoints: here.checkpoints,
            peerHospitals: there.hospitals,
            peerRequests: there.requests,
            peerGrants: there.grants,
            peerLedger: there.ledger,
          },
        },
      });
      await ignition.deploy(RelayersModule, {
        config,
        parameters: { Relayers: { relayers: here.relayers, relayer, sealingKey } },
      });
    },
  };
}
