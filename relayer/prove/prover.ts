/** Proves on one chain what contracts of another have sent: see docs/protocol.md, "Proven lanes". */
import type { Hex32, MessageProof } from "@medexchain/chain";
import type { RelayChain } from "../chains/relay-chain.ts";
import type { Observer } from "../observe/observer.ts";
import { type LaneProver, laneProver } from "./lane-prover.ts";
import { type MessageLog, messageLog } from "./message-log.ts";

/** Who sends messages to other chains. */
export type Sender = "grants" | "requests";

/** A message of one chain's contract, for another chain. */
export interface Proving {
  readonly source: RelayChain;
  readonly keeper: RelayChain;
  readonly sender: Sender;
  readonly message: Hex32;
}

export interface Prover {
  /**
   * A proof that the keeper's chain takes. Those that are wanted close together are brought under one header.
   *
   * @throws PROOF_PENDING where the source does not show the message yet, or no final block has it; CLIENT_FROZEN, CLIENT_EXPIRED; what the
   *   nodes and the submitter throw
   */
  proofOf(proving: Proving): Promise<MessageProof>;
  /** Forgets what is proven on the keeper's chain: it has refused what was made by that. */
  forget(proving: Pick<Proving, "source" | "keeper">): void;
}

/** @param everyBlocks checkpoints are of blocks with multiples of this: their headers are brought, too */
export function createProver(observe: Observer, everyBlocks: number): Prover {
  const logs = new Map<string, MessageLog>();
  const lanes = new Map<string, LaneProver>();
  const logOf = (source: RelayChain, sender: Sender): MessageLog => {
    const { chainId, [sender]: address } = source.chain.deployment;
    const key = `${chainId} ${sender}`;
    const log = logs.get(key) ?? messageLog(source, address);
    logs.set(key, log);
    return log;
  };
  const laneOf = ({ source, keeper }: Pick<Proving, "source" | "keeper">): LaneProver => {
    const key = `${source.chain.deployment.chainId} ${keeper.chain.deployment.chainId}`;
    const lane = lanes.get(key) ?? laneProver(source, keeper, observe, everyBlocks);
    lanes.set(key, lane);
    return lane;
  };
  return {
    proofOf: (proving) => {
      const { source, sender, message } = proving;
      return laneOf(proving).proofOf(source.chain.deployment[sender], logOf(source, sender), message);
    },
    forget: (proving) => laneOf(proving).forget(),
  };
}
