import { type Hex32, ZERO_32 } from "@medexchain/chain";
import type { AuditSource } from "../access-history.ts";
import { type Finding, finding, passes, type Report } from "../finding.ts";
import { type ChainProof, chainProofs, type SealedProof } from "../proven/chain-proofs.ts";
import { checkProvenCode } from "../proven/check-code.ts";
import { checkProvenState } from "../proven/check-state.ts";
import type { ReadChains, ReadSource } from "../read/read-chains.ts";
import { checkChain } from "./chain-pass.ts";
import { keptCheckpoints } from "./checkpoints.ts";
import { type VerifyContext, verifyContext } from "./context.ts";
import { settleDoubtful } from "./contract-accounts.ts";
import { checkContractState } from "./contract-state.ts";
import { type InStep, inStep } from "./in-step.ts";
import type { KeptCheckpoint } from "./ledger.ts";
import { checkPredecessor, predecessorOf } from "./predecessor.ts";
import { checkSides } from "./sides.ts";
import { signaturePool } from "./signature-pool.ts";
import { checkStorage, type StorageServices } from "./storage.ts";

export interface VerifyOptions {
  /** Where fragments are fetched from; nothing is fetched, with a notice, where it is absent. */
  readonly storage?: StorageServices;
  /** Takes findings as they are made. */
  readonly onFinding?: Report;
  /** What is being checked now, for a person who waits. */
  readonly onStage?: (stage: string) => void;
}

export interface Verdict {
  /** Whether nothing is wrong and nothing was left unchecked: warnings and notices pass. */
  readonly passed: boolean;
  /** By chain, block and log. */
  readonly findings: readonly Finding[];
  readonly chains: readonly {
    readonly chainId: bigint;
    /** Up to which block it was read; undefined where nothing could be. */
    readonly block: number | undefined;
    readonly entries: bigint;
    readonly requests: bigint;
    /** What the ledger's entries lead to, 32 bytes. */
    readonly ledgerHead: Hex32;
    /** What other chains keep of the ledger, oldest first. */
    readonly checkpoints: readonly KeptCheckpoint[];
    /** How far validators' seals prove it; undefined where the configuration names none. */
    readonly proof: ChainProof | undefined;
  }[];
}

interface Verification extends VerifyOptions {
  readonly sources: readonly AuditSource[];
  /** What was found when the chains were read. */
  readonly read: ReadChains & { readonly findings: readonly Finding[] };
  readonly signal: AbortSignal | undefined;
}

/** Proves what was read, see `Audit.verify`. */
export async function verifyChains({ sources, read, signal, ...options }: Verification): Promise<Verdict> {
  const findings: Finding[] = [];
  const report: Report = (found) => {
    findings.push(found);
    options.onFinding?.(found);
  };
  const stage = (name: string) => {
    signal?.throwIfAborted();
    options.onStage?.(name);
  };
  for (const found of read.findings) report(found);
  const deployments = new Map(sources.map(({ deployment }) => [deployment.chainId, deployment]));
  await using signatures = signaturePool(signal);
  const context = verifyContext(read.store, deployments, signatures, report);
  const sealed = await chainProofs(read, sources, report, signal);
  stage("replaying the chains, and comparing them with each other and with their contracts");
  // At once: while signatures are waited for, the rest goes on.
  const checkpoints = keptCheckpoints(context);
  const step = inStep([...read.chains].flatMap(([chainId, { head }]) => (head ? [chainId] : [])));
  const proofs = [...read.chains].map(([chainId, source]) =>
    proveChain(context, chainId, source, checkpoints.get(chainId) ?? [], step, sealed.get(chainId)),
  );
  // All of them end before the store is closed, even if one fails.
  const [sides, ...proven] = await Promise.allSettled([checkSides(context), ...proofs]);
  const summaries = [sides, ...proven].flatMap((outcome) => {
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value ? [outcome.value] : [];
  });
  await signatures.settle();
  stage("asking contract accounts about signatures");
  await settleDoubtful(context, read.chains, sealed);
  if (options.storage) {
    stage("fetching fragments");
    await checkStorage(context, options.storage);
  } else {
    report(
      finding({
        code: "STORAGE_SKIPPED",
        message: "capsules, fragments and channel heads were not fetched",
        where: {},
        expected: "fetched and hashed",
        found: "skipped",
      }),
    );
  }
  return { passed: passes(findings), findings: inOrder(findings, [...read.chains.keys()]), chains: summaries };
}

type ChainSummary = Verdict["chains"][number];

/** Everything that concerns one chain alone. */
async function proveChain(
  context: VerifyContext,
  chainId: bigint,
  { chain, node, witness, head }: ReadSource,
  kept: readonly KeptCheckpoint[],
  step: InStep,
  sealed: SealedProof | undefined,
): Promise<ChainSummary> {
  const { report } = context;
  if (!head) {
    report(
      finding({
        code: "CHECK_NOT_DONE",
        message: "the chain could not be read at all",
        where: { chainId },
        expected: "its logs",
        found: "none",
      }),
    );
    return {
      chainId,
      block: undefined,
      entries: 0n,
      requests: 0n,
      ledgerHead: ZERO_32,
      checkpoints: kept,
      proof: sealed?.proof,
    };
  }
  const predecessor = await predecessorOf(context, chain.deployment, node, head.block);
  const totals = await checkChain(context, chainId, head.block, kept, step, predecessor?.records).finally(() =>
    step.leave(chainId),
  );
  const covered = kept.reduce((most, { entryCount }) => (entryCount > most ? entryCount : most), 0n);
  if (covered < totals.ledger.length) {
    const where = { chainId, entry: covered };
    const message = "entries that no other chain has a checkpoint of";
    report(finding({ code: "CHECKPOINT_BEHIND", message, where, expected: totals.ledger.length, found: covered }));
  }
  if (sealed?.state) {
    await checkProvenCode(chain.deployment, sealed.state, report);
    await checkProvenState(context, chain.deployment, sealed.state, totals);
  }
  for (const each of witness ? [node, witness] : [node]) {
    await checkContractState(context, chain.deployment, each, head.block, totals);
    await checkPredecessor(context, chainId, predecessor, each, head.block, totals);
  }
  return {
    chainId,
    block: head.block,
    entries: totals.ledger.length,
    requests: totals.requests,
    ledgerHead: totals.ledger.head,
    checkpoints: kept,
    proof: sealed?.proof,
  };
}

/** By chain, block and log: they are made in whatever order the checks end. */
function inOrder(findings: readonly Finding[], chainIds: readonly bigint[]): Finding[] {
  const last = Number.POSITIVE_INFINITY;
  const keyOf = ({ where: { chainId, block = last, logIndex = last } }: Finding) => [
    chainId === undefined ? last : chainIds.indexOf(chainId),
    block,
    logIndex,
  ];
  return findings
    .map((found) => ({ found, key: keyOf(found) }))
    .sort(({ key: one }, { key: other }) => {
      const at = one.findIndex((each, position) => each !== other[position]);
      return at === -1 ? 0 : (one[at] ?? last) < (other[at] ?? last) ? -1 : 1;
    })
    .map(({ found }) => found);
}
