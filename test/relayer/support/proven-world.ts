/** Two hospitals whose chains are proven to each other. */
import { type Chain, type Hex32, requestStateOf, sealedHeader } from "@medexchain/chain";
import { type QbftClient, qbftClientAbi } from "@medexchain/contracts";
import { ARTIFACTS } from "@medexchain/contracts/artifacts";
import { qbftHeader } from "@medexchain/evm";
import { Contract, ContractFactory } from "ethers";
import { POLICIES } from "../../../deploy/network-parameters.ts";
import type { LanePolicy } from "../../../devnet/chains.ts";
import { sealBlock, type UnsealedBlock } from "../../../devnet/seals/seal-block.ts";
import { type Hospitals, startHospitals } from "./hospitals.ts";
import type { TestRelayer } from "./relayers.ts";

export interface ProvenWorld extends Hospitals {
  /** The light client that one chain has of the other. */
  clientOn(here: "chainA" | "chainB"): Promise<QbftClient>;
  /** How many headers that was shown. */
  headersOn(here: "chainA" | "chainB"): Promise<number>;
  /** How many relayers attested a request's answer. */
  attestationsOf(requestId: Hex32): Promise<number | undefined>;
  /** Sets what makes the other chain's messages believed. */
  setPolicy(here: "chainA" | "chainB", policy: LanePolicy): Promise<void>;
  /** Shows chain A's light client a block of chain B, changed, and sealed by chain B's validators all the same. */
  forge(change: (block: UnsealedBlock) => UnsealedBlock): Promise<void>;
  /** Gives a chain another light client of the other one. */
  replaceClient(here: "chainA" | "chainB"): Promise<void>;
  stateOnB(requestId: Hex32): Promise<string>;
  /** Files a request, lets the patient grant it, and waits until it is answered. */
  carry(relayer: TestRelayer): Promise<Hex32>;
}

/** Waits until a job has ended well. */
export const done = (relayer: TestRelayer, kind: "deliver-request" | "deliver-response", requestId: Hex32) =>
  relayer.until("job-done", (job) => job.kind === kind && job.requestId === requestId);

/** @param relayers how many there are */
export async function startProvenWorld(relayers = 1): Promise<ProvenWorld> {
  const hospitals = await startHospitals({ lanes: "proven", relayers });
  const { chainA, chainB } = hospitals;
  const other = { chainA: chainB, chainB: chainA };
  const clientOn = async (here: "chainA" | "chainB"): Promise<QbftClient> => {
    const chain: Chain = hospitals[here];
    const address = await chain.mailbox.clientOf(other[here].deployment.chainId);
    return new Contract(address, qbftClientAbi, chain.provider) as unknown as QbftClient; // of the same ABI
  };
  return {
    ...hospitals,
    clientOn,
    headersOn: async (here) => {
      const client = await clientOn(here);
      return (await client.queryFilter(client.filters.HeaderAccepted())).length;
    },
    attestationsOf: async (requestId) => {
      const { requests } = chainB;
      const [log] = await requests.queryFilter(requests.filters.ResponseDelivered(requestId));
      return log?.args.attestations.by.length;
    },
    setPolicy: async (here, policy) => {
      const { mailbox } = hospitals.as(hospitals[here], "administrator");
      await (await mailbox.setPolicy(other[here].deployment.chainId, POLICIES.indexOf(policy))).wait();
    },
    forge: async (change) => {
      const block: UnsealedBlock = await chainB.provider.send("eth_getBlockByNumber", ["latest", false]);
      const forged = change(block);
      const sealed = { ...forged, ...sealBlock(forged, forged.parentHash, hospitals.validators[1]) };
      const header = qbftHeader(sealed);
      if (header === undefined) throw new TypeError("a sealed block has a header");
      const { header: rlp, seals } = sealedHeader(header);
      const anyone = hospitals.people.stranger.connect(chainA.provider);
      const client = (await clientOn("chainA")).connect(anyone);
      await (await client.getFunction("update")(rlp, [...seals])).wait();
    },
    replaceClient: async (here) => {
      const { provider } = hospitals[here];
      const { chainId } = other[here].deployment;
      const validators = hospitals.validators[here === "chainA" ? 1 : 0].map(({ address }) => address);
      const { abi, bytecode } = ARTIFACTS.QbftClient;
      const factory = new ContractFactory(abi, bytecode, hospitals.people.stranger.connect(provider));
      const client = await (await factory.deploy(chainId, validators, 1_209_600)).waitForDeployment();
      const { mailbox } = hospitals.as(hospitals[here], "administrator");
      await (await mailbox.setClient(chainId, await client.getAddress())).wait();
    },
    stateOnB: async (requestId) => requestStateOf((await chainB.requests.status(requestId)).state),
    carry: async (relayer) => {
      const { requestId } = await hospitals.file();
      await done(relayer, "deliver-request", requestId);
      await hospitals.authorize(requestId);
      await done(relayer, "deliver-response", requestId);
      return requestId;
    },
  };
}
