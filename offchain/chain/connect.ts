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
} from "@medexchain/contracts";
import { MedexError } from "@medexchain/core";
import { httpTransport, jsonRpc, type Transport } from "@medexchain/evm";
import { Contract, type JsonRpcProvider, type Signer } from "ethers";
import { ABIS } from "./abis.ts";
import { type Deployment, normaliseDeployment } from "./deployment.ts";
import { chainError } from "./revert.ts";
import { RpcProvider } from "./rpc-provider.ts";

/** One chain with its ten contracts, typed, as seen by one account, or by nobody (read only). */
export interface Chain {
  deployment: Deployment;
  provider: JsonRpcProvider;
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
  /** The same chain through another account. Shares the provider. */
  as(signer: Signer): Chain;
  /** Stops the provider's timers. Call it once, on any view. */
  close(): void;
}

/** A node that takes longer to answer counts as down. */
const REQUEST_TIMEOUT_MS = 30_000;

/**
 * Connects to a chain and checks that it is the one that the deployment describes.
 *
 * @throws SERVICE_UNREACHABLE when the RPC does not answer, CHAIN_MISMATCH when it serves another chain, or has no contract
 * at an address
 * @param transport how requests are made, where several nodes stand behind one chain; HTTP to the `rpcUrl` unless given
 */
export async function connectChain(given: Deployment, transport?: Transport): Promise<Chain> {
  const deployment = normaliseDeployment(given);
  const { rpcUrl, chainId } = deployment;
  const rpc = jsonRpc({
    node: `chain ${chainId}`,
    place: new URL(rpcUrl).origin,
    transport: transport ?? httpTransport(rpcUrl, REQUEST_TIMEOUT_MS),
  });
  const provider = new RpcProvider(rpcUrl, Number(chainId), rpc);
  try {
    const served = BigInt(String(await provider.send("eth_chainId", [])));
    if (served !== chainId) {
      throw new MedexError("CHAIN_MISMATCH", `${rpcUrl} serves chain ${served}, not ${chainId}: check the rpcUrl`);
    }
    if ((await provider.getCode(deployment.grants)) === "0x") {
      throw new MedexError(
        "CHAIN_MISMATCH",
        `chain ${chainId} at ${rpcUrl} has no AccessGrants at ${deployment.grants}: deploy the contracts, or fix the address`,
      );
    }
  } catch (error) {
    provider.destroy();
    throw chainError(error, deployment);
  }
  return view(deployment, provider, provider);
}

function view(deployment: Deployment, provider: JsonRpcProvider, runner: JsonRpcProvider | Signer): Chain {
  // ethers' Contract builds its methods at run time; the generated type of the same ABI says which.
  const at = <T>(name: keyof typeof ABIS) => new Contract(deployment[name], ABIS[name], runner) as unknown as T;
  return {
    deployment,
    provider,
    hospitals: at<HospitalRegistry>("hospitals"),
    records: at<RecordRegistry>("records"),
    relayers: at<RelayerSet>("relayers"),
    ledger: at<AccessLedger>("ledger"),
    mailbox: at<Mailbox>("mailbox"),
    grants: at<AccessGrants>("grants"),
    requests: at<AccessRequests>("requests"),
    checkpoints: at<LedgerCheckpoints>("checkpoints"),
    equivocations: at<Equivocations>("equivocations"),
    consents: at<StandingConsents>("consents"),
    as: (signer) => view(deployment, provider, signer.connect(provider)),
    close: () => provider.destroy(),
  };
}
