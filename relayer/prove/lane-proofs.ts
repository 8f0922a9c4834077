/** How a chain wants to be shown what another says: its lane's policy, and the light client by which it is proven. */
import { ask } from "@medexchain/chain";
import { type QbftClient, qbftClientAbi } from "@medexchain/contracts";
import { MedexError } from "@medexchain/core";
import { Contract } from "ethers";
import type { RelayChain } from "../chains/relay-chain.ts";

const POLICIES = ["attested", "proven", "both"] as const;
/** In the order of `LanePolicy` in the contracts. */
export type LanePolicy = (typeof POLICIES)[number];

export interface LaneProofs {
  readonly policy: LanePolicy;
  /** Undefined where the lane has none: then nothing can be proven. */
  readonly client: QbftClient | undefined;
}

type Keeper = Pick<RelayChain, "chain">;

const AGE_MS = 5_000;
const known = new WeakMap<Keeper, Map<bigint, { readonly at: number; readonly lane: Promise<LaneProofs> }>>();

/**
 * What makes messages of a chain believed on another, as it was at most some seconds ago.
 *
 * @throws SERVICE_PROTOCOL for a policy that this version does not know
 */
export function laneProofs(keeper: Keeper, sourceChainId: bigint): Promise<LaneProofs> {
  const lanes = known.get(keeper) ?? new Map();
  known.set(keeper, lanes);
  const latest = lanes.get(sourceChainId);
  if (latest && performance.now() - latest.at < AGE_MS) return latest.lane;
  const lane = readLane(keeper, sourceChainId);
  lanes.set(sourceChainId, { at: performance.now(), lane });
  lane.catch(() => lanes.delete(sourceChainId)); // whoever awaits it is told; the next one asks again
  return lane;
}

/** Has the next one ask the chain: it has refused what was made by this. */
export function forgetLane(keeper: Keeper, sourceChainId: bigint): void {
  known.get(keeper)?.delete(sourceChainId);
}

async function readLane({ chain }: Keeper, sourceChainId: bigint): Promise<LaneProofs> {
  const { mailbox, provider, deployment } = chain;
  const [policy, address] = await ask(chain, () =>
    Promise.all([mailbox.policyOf(sourceChainId), mailbox.clientOf(sourceChainId)]),
  );
  const name = POLICIES[Number(policy)];
  if (name === undefined) {
    throw new MedexError(
      "SERVICE_PROTOCOL",
      `chain ${deployment.chainId} has policy ${policy} for what chain ${sourceChainId} says, which is not known here: use a relayer of the contracts' version`,
    );
  }
  // ethers' Contract builds its methods at run time; the generated type of the same ABI says which.
  const client = new Contract(address, qbftClientAbi, provider) as unknown as QbftClient;
  return { policy: name, client: BigInt(address) === 0n ? undefined : client };
}
