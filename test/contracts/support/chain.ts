import type {
  AccessGrants,
  AccessLedger,
  AccessRequests,
  Equivocations,
  HospitalRegistry,
  LedgerCheckpoints,
  Mailbox,
  RecordRegistry,
  RelayerSet,
  StandingConsents,
  SuiteManager,
} from "@medexchain/contracts";
import type { HardhatEthers, HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import type { NetworkHelpers } from "@nomicfoundation/hardhat-network-helpers/types";
import { network } from "hardhat";
import MedExChain from "../../../deploy/MedExChain.ts";

/** Who acts in the tests. The accounts are the same on both chains. */
const ACTORS = [
  "administrator",
  "operatorA",
  "operatorB",
  "patient",
  "doctor",
  "colleague",
  "relayer1",
  "relayer2",
  "relayer3",
  "stranger",
] as const;

type Actors = Record<(typeof ACTORS)[number], HardhatEthersSigner>;

export interface Suite {
  manager: SuiteManager;
  hospitals: HospitalRegistry;
  records: RecordRegistry;
  relayers: RelayerSet;
  ledger: AccessLedger;
  mailbox: Mailbox;
  grants: AccessGrants;
  requests: AccessRequests;
  checkpoints: LedgerCheckpoints;
  equivocations: Equivocations;
  consents: StandingConsents;
}

/** One chain with the suite deployed on it. Calls that name nobody else are the administrator's. */
export interface Chain extends Suite {
  name: "chainA" | "chainB" | "cancun";
  chainId: bigint;
  actors: Actors;
  ethers: HardhatEthers;
  time: NetworkHelpers["time"];
  takeSnapshot: NetworkHelpers["takeSnapshot"];
  ignition: Awaited<ReturnType<typeof network.create>>["ignition"];
}

/** Starts a chain and deploys the suite on it with the Ignition module that production uses. */
export async function deployChain(name: Chain["name"]): Promise<Chain> {
  const { ethers, ignition, networkHelpers } = await network.create(name);
  const signers = await ethers.getSigners();
  const actors = Object.fromEntries(ACTORS.map((actor, i) => [actor, signers[i]])) as Actors; // one signer per actor
  const deployed = await ignition.deploy(MedExChain);
  // Ignition types its contracts loosely; the generated types describe the same ABIs.
  const suite = deployed as unknown as Suite;
  return {
    ...suite,
    name,
    chainId: (await ethers.provider.getNetwork()).chainId,
    actors,
    ethers,
    time: networkHelpers.time,
    takeSnapshot: () => networkHelpers.takeSnapshot(),
    ignition,
  };
}

/** Deploys a suite on the same chain that goes on from the one there, by the module that production uses. */
export async function deploySuccessor(chain: Chain): Promise<Chain> {
  const predecessor = await chain.grants.getAddress();
  const deployed = await chain.ignition.deploy(MedExChain, { parameters: { MedExChain: { predecessor } } });
  return { ...chain, ...(deployed as unknown as Suite) }; // as in deployChain
}
