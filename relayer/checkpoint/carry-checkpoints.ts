import {
  type AttestationTerms,
  ask,
  type Checkpoint,
  checkpointDigestOf,
  type MerkleTree,
  noAttestations,
  toHex32,
  ZERO_32,
} from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { hexlify, type Wallet } from "ethers";
import type { RelayChain, RelayChains } from "../chains/relay-chain.ts";
import type { Database } from "../database/database.ts";
import { collectAttestations } from "../handle/attest.ts";
import { failureOf } from "../observe/failure.ts";
import type { Observer } from "../observe/observer.ts";
import type { Peers } from "../peers/peers.ts";
import { laneProofs } from "../prove/lane-proofs.ts";
import { followingOf } from "../prove/light-client.ts";
import { checkpointProof } from "./checkpoint-proof.ts";
import { type LedgerAt, ledgerLog } from "./ledger-log.ts";

export interface CheckpointContext {
  readonly chains: RelayChains;
  readonly database: Database;
  readonly peers: Peers;
  readonly account: Wallet;
  /** Signs shares of aggregates, where this relayer takes part in them. */
  readonly blsKey?: Uint8Array | undefined;
  readonly observe: Observer;
  /** Only blocks whose number is a multiple of this are attested, so that all relayers attest the same. */
  readonly everyBlocks: number;
}

/** A checkpoint, and the tree of the ledger that it is of. */
interface Seen {
  readonly checkpoint: Checkpoint;
  readonly tree: MerkleTree;
}

type Readers = ReadonlyMap<bigint, (block: number) => Promise<LedgerAt>>;

/**
 * Makes the loop's step that has each chain's ledger stored on every other chain as it stood at a recent block, if it has grown since the last time: whoever
 * rewrites a ledger contradicts what the other chain holds. A pair of chains that fails does not hold up the others.
 */
export function checkpointCarrier(context: CheckpointContext): () => Promise<void> {
  const readers: Readers = new Map([...context.chains].map(([chainId, source]) => [chainId, ledgerLog(source)]));
  return () => carryCheckpoints(context, readers);
}

async function carryCheckpoints(context: CheckpointContext, readers: Readers): Promise<void> {
  const { chains, observe } = context;
  for (const [chainId, source] of chains) {
    const readLedger = readers.get(chainId);
    if (!readLedger) continue;
    const seen = await readCheckpoint(source, readLedger, context.everyBlocks).catch(reported(observe));
    if (!seen) continue;
    for (const [otherId, keeper] of chains) {
      if (otherId !== chainId) await carry(context, source, seen, keeper).catch(reported(observe));
    }
  }
}

/** The ledger at the last block that is attested and deep enough; undefined where there is none, or nothing in the ledger. */
async function readCheckpoint(
  { chain, config }: RelayChain,
  readLedger: (block: number) => Promise<LedgerAt>,
  everyBlocks: number,
): Promise<Seen | undefined> {
  const { chainId, ledger } = chain.deployment;
  const deep = (await ask(chain, () => chain.provider.getBlockNumber())) - config.confirmations;
  const blockNumber = deep - (deep % everyBlocks);
  if (blockNumber <= config.fromBlock) return undefined;
  const { tree, head, root } = await readLedger(blockNumber);
  if (tree.size === 0) return undefined;
  const block = await ask(chain, () => chain.provider.getBlock(blockNumber));
  if (!block)
    throw new MedexError("SERVICE_PROTOCOL", `chain ${chainId} has no block ${blockNumber}, before its latest`);
  const [entryCount, blockTime] = [BigInt(tree.size), BigInt(block.timestamp)];
  return { checkpoint: { chainId, ledger, entryCount, blockNumber: BigInt(blockNumber), blockTime, head, root }, tree };
}

async function carry(
  context: CheckpointContext,
  source: RelayChain,
  { checkpoint, tree }: Seen,
  keeper: RelayChain,
): Promise<void> {
  const { account, blsKey } = context;
  const { chain, submitter } = keeper;
  const { chainId: keeperId, checkpoints: address } = chain.deployment;
  const isStored = async () => {
    const { chainId, ledger, entryCount, head, root } = checkpoint;
    return (await ask(chain, () => chain.checkpoints.numberOf(chainId, ledger, entryCount, head, root))) !== 0n;
  };
  if (await isStored()) return;
  const base = await findBase(keeper, checkpoint, tree);
  const contract = { chainId: keeperId, address };
  // A checkpoint belongs to no request; a digest of its own stands in the history in the place of one.
  const requestId = checkpointDigestOf(contract, checkpoint, { epoch: 0n, expiry: 0n });
  const statement = {
    chainId: keeperId,
    requestId,
    account,
    blsKey,
    subject: `ledger ${checkpoint.ledger} of chain ${checkpoint.chainId} at block ${checkpoint.blockNumber}`,
    since: checkpoint.blockTime,
    digest: (terms: AttestationTerms) => checkpointDigestOf(contract, checkpoint, terms),
  };
  const { policy } = await laneProofs(keeper, checkpoint.chainId);
  const attestations = policy === "proven" ? noAttestations(0n) : await collectAttestations(context, keeper, statement);
  const extension = extensionOf(base, checkpoint, tree);
  const step = { requestId, isDone: isStored };
  if (policy === "attested") {
    const { interface: abi } = chain.checkpoints;
    await submitter.submit({
      ...step,
      action: "submitCheckpoint",
      to: address,
      data: () => abi.encodeFunctionData("submitCheckpoint", [checkpoint, extension, attestations]),
    });
    return;
  }
  const following = await followingOf(source, keeper, context.observe, context.everyBlocks);
  const proof = await checkpointProof(following, checkpoint);
  if (proof === undefined) return;
  const { interface: abi } = chain.mailbox;
  const call = [address, checkpoint, extension, attestations, proof] as const;
  await submitter.submit({
    ...step,
    action: "submitCheckpointProven",
    to: chain.deployment.mailbox,
    data: () => abi.encodeFunctionData("submitCheckpointProven", [...call]),
  });
}

/** A stored checkpoint by its number, from 1. */
interface Base {
  readonly number: bigint;
  readonly entryCount: number;
}

/** Checkpoints that are asked for at once, the latest first. */
const PAGE = 64n;

/**
 * What a checkpoint follows: the latest stored one that this ledger begins with. Where there is none, the latest shorter one, which the proof then
 * contradicts: the ledger was rewritten, or relayers lied.
 */
async function findBase(
  { chain }: RelayChain,
  { chainId, ledger, entryCount }: Checkpoint,
  tree: MerkleTree,
): Promise<Base | undefined> {
  const all = await ask(chain, () => chain.checkpoints.checkpointCount(chainId, ledger));
  let contradicted: Base | undefined;
  for (let end = all; end > 0n; end -= PAGE) {
    const from = end > PAGE ? end - PAGE : 0n;
    const [page] = await ask(chain, () => chain.checkpoints.checkpoints(chainId, ledger, from, end - from));
    for (const [at, stored] of [...page.entries()].reverse()) {
      // One that is shorter than what the ledger went on from cannot be compared here.
      if (stored.entryCount >= entryCount || stored.entryCount < tree.first) continue;
      const base = { number: from + BigInt(at) + 1n, entryCount: Number(stored.entryCount) };
      if (stored.root === toHex32(tree.root(base.entryCount))) return base;
      contradicted ??= base;
    }
  }
  return contradicted;
}

/** That the ledger's first entries make the root that they make here, whatever the base says of them. */
function extensionOf(base: Base | undefined, { entryCount }: Checkpoint, tree: MerkleTree) {
  if (!base) return { base: 0n, root: ZERO_32, proof: [] };
  const proof = tree.consistencyProof(base.entryCount, Number(entryCount));
  return { base: base.number, root: toHex32(tree.root(base.entryCount)), proof: proof.map(hexlify) };
}

const reported = (observe: Observer) => (error: unknown) => {
  const { code, message } = failureOf(error);
  observe({ type: "failed", where: "checkpoint", code, message });
  return undefined;
};
