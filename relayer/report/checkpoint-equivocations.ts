/**
 * Finds relayers that attested two checkpoints of one ledger at one block, both of which a chain took. What they signed is in the transactions that
 * brought them; one that another contract made is not read.
 */
import {
  type Attestations,
  ask,
  type Checkpoint,
  chainLogRanges,
  checkpointDigestOf,
  type Hex32,
} from "@medexchain/chain";
import type { Interface, Log, Result, TransactionResponse } from "ethers";
import type { RelayChain, RelayChains } from "../chains/relay-chain.ts";
import { signerOf } from "../handle/signer-of.ts";
import { failureOf } from "../observe/failure.ts";
import type { SignedCheckpoint } from "./evidence.ts";
import { type ReportContext, reportEquivocation } from "./report.ts";

export interface CheckpointReportContext extends ReportContext {
  readonly chains: RelayChains;
}

/** What a chain was told of other chains' ledgers, as far as it was read. */
interface Told {
  next: number;
  /** By ledger and block: what was attested, by digest, with the transaction that brought it. */
  readonly at: Map<string, Map<Hex32, string>>;
}

/** A checkpoint that one relayer signed. */
interface Signed extends SignedCheckpoint {
  readonly relayer: string;
  readonly epoch: bigint;
}

/** Makes the loop's step, which reads each chain on from where it has come. A chain that fails does not hold up the others. */
export function checkpointReporter(context: CheckpointReportContext): () => Promise<void> {
  const told = new Map<bigint, Told>();
  return async () => {
    for (const [chainId, keeper] of context.chains) {
      const of = told.get(chainId) ?? { next: keeper.config.fromBlock, at: new Map() };
      told.set(chainId, of);
      try {
        await readOn(context, keeper, of);
      } catch (error) {
        const { code, message } = failureOf(error);
        context.observe({ type: "failed", where: "equivocation", code, message });
      }
    }
  };
}

async function readOn(context: CheckpointReportContext, keeper: RelayChain, told: Told): Promise<void> {
  const { chain, config } = keeper;
  const deep = (await ask(chain, () => chain.provider.getBlockNumber())) - config.confirmations;
  // A chain that was begun anew.
  if (told.next > deep + 1) {
    told.at.clear();
    told.next = config.fromBlock;
  }
  const { interface: abi } = chain.checkpoints;
  const address = chain.deployment.checkpoints;
  const topics = [[abi.getEvent("CheckpointStored").topicHash, abi.getEvent("CheckpointContradicted").topicHash]];
  const read = (fromBlock: number, toBlock: number) => chain.provider.getLogs({ address, topics, fromBlock, toBlock });
  for await (const { to, logs } of chainLogRanges(chain, read, { from: told.next, to: deep })) {
    for (const log of logs) await take(context, keeper, told, log);
    told.next = to + 1;
  }
}

/** Takes what an event says was attested, and reports who attested another thing of the same block. */
async function take(context: CheckpointReportContext, keeper: RelayChain, told: Told, log: Log): Promise<void> {
  const { checkpoints, deployment } = keeper.chain;
  const { interface: abi } = checkpoints;
  const name =
    log.topics[0] === abi.getEvent("CheckpointStored").topicHash ? "CheckpointStored" : "CheckpointContradicted";
  const [, , stored, contradicting] = abi.decodeEventLog(name, log.data, log.topics) as Result[];
  // The ABI fixes the types; ethers' Result is untyped.
  const checkpoint = (name === "CheckpointStored" ? stored : contradicting)?.toObject() as unknown as Checkpoint;
  const contract = { chainId: deployment.chainId, address: deployment.checkpoints };
  const digest = checkpointDigestOf(contract, checkpoint, { epoch: 0n, expiry: 0n });
  const key = `${checkpoint.chainId} ${checkpoint.ledger} ${checkpoint.blockNumber}`;
  const others = told.at.get(key) ?? new Map<Hex32, string>();
  if (!others.has(digest) && others.size > 0) {
    const now = await signedIn(keeper, log.transactionHash);
    for (const hash of others.values()) {
      for (const first of await signedIn(keeper, hash)) await compare(context, keeper, first, now);
    }
  }
  told.at.set(key, others.set(digest, others.get(digest) ?? log.transactionHash));
}

async function compare(
  context: CheckpointReportContext,
  keeper: RelayChain,
  first: Signed,
  others: readonly Signed[],
): Promise<void> {
  const { relayer, epoch } = first;
  const second = others.find((other) => other.relayer === relayer && other.epoch === epoch);
  if (!second) return;
  const signed = ({ checkpoint, expiry, signature }: Signed): SignedCheckpoint => ({ checkpoint, expiry, signature });
  const evidence = { kind: "checkpoints", relayer, epoch, first: signed(first), second: signed(second) } as const;
  await reportEquivocation(context, keeper, evidence);
}

/** What single relayers' keys signed of the checkpoint that a transaction brought. */
async function signedIn({ chain }: RelayChain, hash: string): Promise<Signed[]> {
  const { checkpoints, deployment, provider } = chain;
  const transaction = await ask(chain, () => provider.getTransaction(hash));
  if (transaction?.to?.toLowerCase() !== deployment.checkpoints.toLowerCase()) return [];
  const said = submissionOf(checkpoints.interface, transaction);
  if (!said) return [];
  const { checkpoint, epoch, expiry, by } = said;
  const contract = { chainId: deployment.chainId, address: deployment.checkpoints };
  const digest = checkpointDigestOf(contract, checkpoint, { epoch, expiry });
  return by.flatMap(({ relayer, signature }): Signed[] =>
    signerOf(digest, signature) === relayer ? [{ checkpoint, epoch, expiry, relayer, signature }] : [],
  );
}

/**
 * What a call of `submitCheckpoint` says. Whoever carries a checkpoint may lay the call out as contracts read it and ethers does not, at once or
 * when a part is looked at: such a one is passed over, and holds up nothing.
 */
function submissionOf(
  abi: Interface,
  call: TransactionResponse,
): (Pick<Signed, "checkpoint" | "epoch" | "expiry"> & { readonly by: Attestations["by"] }) | undefined {
  try {
    const parsed = abi.parseTransaction(call);
    if (parsed?.name !== "submitCheckpoint") return undefined;
    const [one, , attested] = parsed.args as unknown as [Result, Result, Result]; // as above
    const { epoch, expiry, by } = attested as unknown as Attestations;
    const each = [...by].map(({ relayer, signature }) => ({ relayer, signature }));
    return { checkpoint: one.toObject() as unknown as Signed["checkpoint"], epoch, expiry, by: each };
  } catch {
    return undefined;
  }
}
