/** Keeps the light client that one chain has of another so far on that what is to be proven is under a header that it believes. */
import { ask, type Hex32, sealedHeader } from "@medexchain/chain";
import type { QbftClient } from "@medexchain/contracts";
import { MedexError } from "@medexchain/core";
import { type QbftHeader, qbftSealers } from "@medexchain/evm";
import type { RelayChain } from "../chains/relay-chain.ts";
import { type ClientStanding, clientFailure } from "../observe/light-clients.ts";
import type { Observer } from "../observe/observer.ts";
import { laneProofs } from "./lane-proofs.ts";
import { readSealedHeader } from "./sealed-state.ts";

/** A client on one chain, and the chain that it follows. */
export interface Following {
  /** Whose headers are taken. */
  readonly source: RelayChain;
  /** Where the client is. */
  readonly keeper: RelayChain;
  readonly client: QbftClient;
  readonly observe: Observer;
  /** Checkpoints are of blocks with multiples of this: the latest of those is not left out. */
  readonly everyBlocks: number;
}

/**
 * The client by which the keeper's chain is proven what the source says.
 *
 * @throws CLIENT_MISSING
 */
export async function followingOf(
  source: RelayChain,
  keeper: RelayChain,
  observe: Observer,
  everyBlocks: number,
): Promise<Following> {
  const { chainId: sourceChainId } = source.chain.deployment;
  const { client } = await laneProofs(keeper, sourceChainId);
  if (client) return { source, keeper, client, observe, everyBlocks };
  const standing = { chainId: keeper.chain.deployment.chainId, sourceChainId, state: "missing", block: 0 } as const;
  throw stands(observe, standing);
}

/** Says how a client stands, and gives the error where nothing can be proven by it. */
function stands(observe: Observer, standing: ClientStanding): MedexError | undefined {
  observe({ type: "light-client", ...standing });
  const failure = clientFailure(standing);
  return failure && new MedexError(failure.code, failure.message);
}

/** So many headers at most are brought for one: each halves the way to where the trusted validators sealed enough. */
const MOST_STEPS = 40;

/**
 * A header that the client believes: its latest, or where that is before `wanted`, the latest final one of the source, which is brought to it.
 *
 * @param wanted the first block that will do
 * @throws CLIENT_FROZEN, CLIENT_EXPIRED; PROOF_PENDING where the source has no such block yet; as `readSealedHeader` and the submitter
 */
export async function believedHeader(following: Following, wanted: number): Promise<QbftHeader> {
  const { source } = following;
  const { chainId } = source.chain.deployment;
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const latest = await latestOf(following);
    const { number, blockHash } = latest;
    if (number >= wanted && BigInt(blockHash) !== 0n) {
      const header = await sameHeader(following, number, blockHash);
      if (header) return header;
      continue;
    }
    const head = (await ask(source.chain, () => source.chain.provider.getBlockNumber())) - source.config.confirmations;
    if (head < wanted || head <= number) {
      throw new MedexError(
        "PROOF_PENDING",
        `chain ${chainId}: block ${wanted} is not final yet, up to which is proven`,
      );
    }
    const checkpointed = head - (head % following.everyBlocks);
    await advance(following, latest, checkpointed > number ? checkpointed : head);
  }
  throw new MedexError("PROOF_PENDING", `chain ${chainId}: its headers change faster than they are brought`);
}

/**
 * The header of this very block, where the client keeps it, or takes it.
 *
 * @returns undefined where the client has gone past the block without it, or has forgotten it
 * @throws as `believedHeader`
 */
export async function keptHeader(following: Following, block: number): Promise<QbftHeader | undefined> {
  const { keeper, client } = following;
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const latest = await latestOf(following);
    const blockHash = await ask(keeper.chain, () => client.blockHashAt(block));
    if (BigInt(blockHash) !== 0n) {
      const header = await sameHeader(following, block, blockHash);
      if (header) return header;
    } else if (latest.number >= block) return undefined;
    else await advance(following, latest, block);
  }
  return undefined;
}

/**
 * Compares the latest header of a client with its own node's, where that has the block: what was sealed twice freezes the client.
 *
 * @throws as `readSealedHeader` and the submitter
 */
export async function compareLatest(following: Following, { number, blockHash }: Latest): Promise<void> {
  const { chain } = following.source;
  if (BigInt(blockHash) === 0n || (await ask(chain, () => chain.provider.getBlockNumber())) < number) return;
  await sameHeader(following, number, blockHash);
}

/** The source's header of a block that the client keeps; undefined where its node has another, which the client is shown then. */
async function sameHeader(following: Following, block: number, blockHash: string): Promise<QbftHeader | undefined> {
  const { source, keeper, client } = following;
  const header = await readSealedHeader(source, block);
  if (header.blockHash === blockHash) return header;
  // Validators sealed both, or this header is not theirs: the client judges that, and freezes for the first.
  await bring(following, header, () => ask(keeper.chain, () => client.isFrozen()));
  return undefined;
}

/**
 * Brings the latest header up to `target` that the client takes after its latest. Where that is not the source's, it is shown so instead: once
 * it has gone on, nobody might look back.
 */
async function advance(following: Following, { number, blockHash }: Latest, target: number): Promise<void> {
  if (BigInt(blockHash) !== 0n && !(await sameHeader(following, number, blockHash))) return;
  const header = await trustedHeader(following, number, target);
  await bring(following, header, async () => (await latestOf(following)).number >= Number(header.number));
}

/** The latest block that a client was shown. */
export interface Latest {
  readonly number: number;
  /** Unix seconds. */
  readonly timestamp: bigint;
  /** Zero where there is none yet: the number is that of a block from which the client goes on. */
  readonly blockHash: string;
}

/**
 * Reads how far a client is, and says how it stands.
 *
 * @throws CLIENT_FROZEN, CLIENT_EXPIRED
 */
export async function latestOf({ source, keeper, client, observe }: Following): Promise<Latest> {
  const { chain } = keeper;
  const { chainId } = chain.deployment;
  const { chainId: sourceChainId } = source.chain.deployment;
  const [isFrozen, isExpired, { number, timestamp }] = await ask(chain, () =>
    Promise.all([client.isFrozen(), client.isExpired(), client.latest()]),
  );
  const state = isFrozen ? "frozen" : isExpired ? "expired" : "live";
  const standing = { chainId, sourceChainId, state, block: Number(number) } as const;
  const failure = stands(observe, standing);
  if (failure) throw failure;
  return { number: Number(number), timestamp, blockHash: await ask(chain, () => client.blockHashAt(number)) };
}

/**
 * The latest header up to `head` that the client takes after block `number`: of those that it trusts, more than a third must have sealed it, so
 * that validators that changed much are brought in steps (Tendermint's bisection).
 */
async function trustedHeader({ source, keeper, client }: Following, number: number, head: number): Promise<QbftHeader> {
  const trusted = (await ask(keeper.chain, () => client.validators())).map((address) => address.toLowerCase());
  for (let block = head; ; block = number + Math.ceil((block - number) / 2)) {
    const header = await readSealedHeader(source, block);
    const sealers = new Set(qbftSealers(header));
    const isSame = header.validators.join() === trusted.join();
    if (isSame || block === number + 1 || trusted.filter((address) => sealers.has(address)).length > trusted.length / 3)
      return header;
  }
}

async function bring({ keeper, client }: Following, header: QbftHeader, isDone: () => Promise<boolean>): Promise<void> {
  const to = await client.getAddress();
  const { header: rlp, seals } = sealedHeader(header);
  await keeper.submitter.submit({
    // It belongs to no request; what was sealed stands in the history in the place of one.
    requestId: header.sealHash as Hex32, // 32 bytes
    action: "update",
    to,
    data: () => client.interface.encodeFunctionData("update", [rlp, [...seals]]),
    isDone,
  });
}
