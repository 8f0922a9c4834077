import { type Checkpoint, checkpointDigestOf, type Hex32, hex32 } from "@medexchain/chain";
import type { Wallet } from "ethers";
import { ask, type RelayChain, type RelayChains } from "../chains.ts";
import type { Database } from "../database/database.ts";
import { failureOf } from "../failure.ts";
import { collectAttestations } from "../handle/attest.ts";
import type { Observer } from "../observer.ts";

export interface CheckpointContext {
  readonly chains: RelayChains;
  readonly database: Database;
  readonly account: Wallet;
  readonly observe: Observer;
  /** Only blocks whose number is a multiple of this are attested, so that all relayers attest the same. */
  readonly everyBlocks: number;
}

/**
 * Makes the loop's step that has each chain's ledger stored on every other chain as it stood at a recent block, if it has grown since the last time: whoever
 * rewrites a ledger contradicts what the other chain holds. A pair of chains that fails does not hold up the others.
 */
export function checkpointCarrier(context: CheckpointContext): () => Promise<void> {
  // A contradiction is brought once, not at every look: the contract raises it and stores nothing.
  const carried = new Set<Hex32>();
  return () => carryCheckpoints(context, carried);
}

async function carryCheckpoints(context: CheckpointContext, carried: Set<Hex32>): Promise<void> {
  const { chains, observe } = context;
  for (const [chainId, source] of chains) {
    const checkpoint = await readCheckpoint(source, context.everyBlocks).catch(reported(observe));
    if (!checkpoint) continue;
    for (const [otherId, keeper] of chains) {
      if (otherId !== chainId) await carry(context, checkpoint, keeper, carried).catch(reported(observe));
    }
  }
}

/** The ledger at the last block that is attested and deep enough; undefined where there is none, or nothing in the ledger. */
async function readCheckpoint({ chain, config }: RelayChain, everyBlocks: number): Promise<Checkpoint | undefined> {
  const { chainId, ledger } = chain.deployment;
  const deep = (await ask(chain, () => chain.provider.getBlockNumber())) - config.confirmations;
  const blockTag = deep - (deep % everyBlocks);
  if (blockTag <= config.fromBlock) return undefined;
  const [entryCount, head] = await ask(chain, () =>
    Promise.all([chain.ledger.length({ blockTag }), chain.ledger.head({ blockTag })]),
  );
  if (entryCount === 0n) return undefined;
  return { chainId, ledger, entryCount, blockNumber: BigInt(blockTag), head: hex32(head) };
}

async function carry(
  context: CheckpointContext,
  checkpoint: Checkpoint,
  keeper: RelayChain,
  carried: Set<Hex32>,
): Promise<void> {
  const { database, account } = context;
  const { chain, submitter } = keeper;
  const { chainId: keeperId, checkpoints: address } = chain.deployment;
  const latest = () => ask(chain, () => chain.checkpoints.latest(checkpoint.chainId, checkpoint.ledger));
  const isDone = async () => {
    const { entryCount, head } = await latest();
    // An equal count with another head is a contradiction, which must be brought: the contract raises it.
    return entryCount > checkpoint.entryCount || (entryCount === checkpoint.entryCount && head === checkpoint.head);
  };
  const contract = { chainId: keeperId, address };
  const digest = checkpointDigestOf(contract, checkpoint);
  if (carried.has(digest) || (await isDone())) return;
  // A checkpoint belongs to no request; its own digest stands in the history in the place of one.
  const statement = {
    chainId: keeperId,
    requestId: digest,
    account,
    digest: () => digest,
  };
  const attestations = await collectAttestations(database, keeper, statement, false);
  await submitter.submit({
    requestId: digest,
    action: "submitCheckpoint",
    to: address,
    data: () => chain.checkpoints.interface.encodeFunctionData("submitCheckpoint", [checkpoint, attestations]),
    isDone,
  });
  carried.add(digest);
}

const reported = (observe: Observer) => (error: unknown) => {
  const { code, message } = failureOf(error);
  observe({ type: "failed", where: "checkpoint", code, message });
  return undefined;
};
