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
import { bindingOf, countByKeeper, earlierAudit, type KeptAudit, type KeptChain, resumed } from "./kept-audit.ts";
import type { KeptCheckpoint } from "./ledger-checkpoints.ts";
import { checkPredecessor, predecessorOf } from "./predecessor.ts";
import { checkReceipts, type GivenReceipt } from "./receipts.ts";
import { checkSides } from "./sides.ts";
import { signaturePool } from "./signature-pool.ts";
import { checkStorage, type StorageServices } from "./storage.ts";
import {
  type AuditedStudies,
  checkReleases,
  checkStudies,
  checkStudyState,
  countStudies,
  type StudyCounts,
} from "./studies.ts";

export interface VerifyOptions {
  /** Where fragments are fetched from; nothing is fetched, with a notice, where it is absent. */
  readonly storage?: StorageServices;
  /** Takes findings as they are made. */
  readonly onFinding?: Report;
  /** What is being checked now, for a person who waits. */
  readonly onStage?: (stage: string) => void;
  /** Receipts that people kept, to be held against the ledgers. */
  readonly receipts?: readonly GivenReceipt[];
  /** Proves everything again, and takes nothing over from an earlier run. */
  readonly afresh?: boolean;
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
    /** Up to which block an earlier run had proven it, from which this one went on. */
    readonly provenBefore: number | undefined;
    readonly entries: bigint;
    readonly requests: bigint;
    /** What the ledger's entries lead to, 32 bytes. */
    readonly ledgerHead: Hex32;
    /** Of its registry of studies; undefined where the configuration names none. */
    readonly studies: StudyCounts | undefined;
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
  const confirmations = new Map(sources.map((source) => [source.deployment.chainId, source.confirmations]));
  await using signatures = signaturePool(signal);
  const context = verifyContext(read.store, deployments, signatures, report);
  const sealed = await chainProofs(read, sources, report, signal);
  stage("replaying the chains, and comparing them with each other and with their contracts");
  const checkpoints = keptCheckpoints(context);
  const binding = bindingOf(sources);
  const earlier = options.afresh ? undefined : await earlierAudit(read, binding, checkpoints);
  // Unless this run passes, the next one takes nothing over.
  read.kept.value = undefined;
  for (const found of earlier?.warnings ?? []) report(found);
  /** Requests of which something was found. */
  const found = new Set<Hex32>();
  const reportSide: Report = (wrong) => {
    if (wrong.where.requestId !== undefined) found.add(wrong.where.requestId as Hex32); // as it was given
    ofSides.add(wrong);
    report(wrong);
  };
  const ofSides = new Set<Finding>();
  // At once: while signatures are waited for, the rest goes on.
  const step = inStep([...read.chains].flatMap(([chainId, { head }]) => (head ? [chainId] : [])));
  const proofs = [...read.chains].map(([chainId, source]) =>
    proveChain(
      context,
      chainId,
      source,
      checkpoints.get(chainId) ?? [],
      step,
      // Where reading ended with a finding, that says why.
      read.findings.some(({ where }) => where.chainId === chainId) ? undefined : confirmations.get(chainId),
      sealed.get(chainId),
      earlier?.chains.get(chainId),
    ),
  );
  const readUntil = new Map(
    [...read.chains].flatMap(([id, { head }]) => (head ? [[id, head.timestamp] as const] : [])),
  );
  const before = earlier && { blocks: blocksOf(earlier), found: earlier.found };
  // All of them end before the store is closed, even if one fails.
  const [sides, ...proven] = await Promise.allSettled([
    checkSides({ ...context, report: reportSide, readUntil }, before),
    ...proofs,
  ]);
  const chains = [sides, ...proven].flatMap((outcome) => {
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value ? [outcome.value] : [];
  });
  const studies = await studiesOf(context, sources, read.chains);
  await signatures.settle();
  stage("asking contract accounts about signatures");
  await settleDoubtful(context, read.chains, sealed);
  // Code is compared in every run.
  const isOfCode = ({ code }: Finding) => code === "CODE_DIFFERS";
  const warnings = findings.filter((each) => each.severity === "warning" && !ofSides.has(each) && !isOfCode(each));
  checkReceipts(context, options.receipts ?? []);
  if (options.storage) {
    stage("fetching fragments");
    await checkStorage(context, options.storage);
    for (const each of studies.values())
      if (options.storage.store) await checkReleases(context, options.storage.store, each);
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
  const passed = passes(findings);
  const kept = new Map(chains.flatMap(({ summary, kept }) => (kept ? [[summary.chainId, kept] as const] : [])));
  if (passed) read.kept.value = { binding, chains: kept, warnings, found: [...found] } satisfies KeptAudit;
  const summaries = chains.map(({ summary }) => {
    const audited = studies.get(summary.chainId);
    return { ...summary, studies: audited && countStudies(audited) };
  });
  return { passed, findings: inOrder(findings, [...read.chains.keys()]), chains: summaries };
}

/** The registries of studies, by their chains. */
async function studiesOf(
  context: VerifyContext,
  sources: readonly AuditSource[],
  chains: ReadonlyMap<bigint, ReadSource>,
): Promise<Map<bigint, AuditedStudies>> {
  const found = new Map<bigint, AuditedStudies>();
  for (const { deployment, studies: address } of sources) {
    const { chainId } = deployment;
    const { chain, witnessChain, head } = chains.get(chainId) ?? {};
    if (address === undefined || chain === undefined || head === undefined) continue;
    const audited = checkStudies(context, chainId, address);
    found.set(chainId, audited);
    for (const each of [chain, ...(witnessChain ? [witnessChain] : [])]) {
      await checkStudyState(context, each, address, head.block, audited);
    }
  }
  return found;
}

const blocksOf = ({ chains }: KeptAudit): ReadonlyMap<bigint, number> =>
  new Map([...chains].map(([chainId, { block }]) => [chainId, block]));

/** What is said of a chain, and what is kept of it if all passes. */
interface ProvenChain {
  readonly summary: Omit<Verdict["chains"][number], "studies">;
  readonly kept?: KeptChain;
}

/** Everything that concerns one chain alone. */
async function proveChain(
  context: VerifyContext,
  chainId: bigint,
  { chain, node, witness, head }: ReadSource,
  kept: readonly KeptCheckpoint[],
  step: InStep,
  confirmations: number | undefined,
  sealed: SealedProof | undefined,
  earlier: KeptChain | undefined,
): Promise<ProvenChain> {
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
    const nothing = { block: undefined, provenBefore: undefined, entries: 0n, requests: 0n, ledgerHead: ZERO_32 };
    return { summary: { chainId, ...nothing, checkpoints: kept, proof: sealed?.proof } };
  }
  const predecessor = await predecessorOf(context, chain.deployment, node, head.block);
  const pass = earlier && { block: earlier.block, state: resumed(context, chainId, earlier, kept) };
  const totals = await checkChain(context, chainId, head.block, kept, step, predecessor?.records, pass).finally(() =>
    step.leave(chainId),
  );
  const covered = kept.reduce((most, { entryCount }) => (entryCount > most ? entryCount : most), 0n);
  if (covered < totals.ledger.length) {
    const where = { chainId, entry: covered };
    const message = "entries that no other chain has a checkpoint of";
    report(finding({ code: "CHECKPOINT_BEHIND", message, where, expected: totals.ledger.length, found: covered }));
  }
  const told = kept.reduce((most, { blockNumber }) => (blockNumber > most ? blockNumber : most), 0n);
  if (confirmations !== undefined && told > head.block + confirmations) {
    const where = { chainId, block: head.block };
    const message =
      "another chain keeps a checkpoint of a block that the node does not show: use one that is not behind";
    report(finding({ code: "CHECK_NOT_DONE", message, where, expected: `block ${told}`, found: "no such block yet" }));
  }
  if (sealed?.state) {
    await checkProvenCode(chain.deployment, sealed.state, report);
    await checkProvenState(context, chain.deployment, sealed.state, totals);
  }
  let closed = earlier?.closed;
  for (const each of witness ? [node, witness] : [node]) {
    closed = await checkContractState(context, chain.deployment, each, head.block, totals, earlier);
    await checkPredecessor(context, chainId, predecessor, each, head.block, totals);
  }
  const { hash, block } = head;
  return {
    summary: {
      chainId,
      block,
      provenBefore: earlier?.block,
      entries: totals.ledger.length,
      requests: totals.requests,
      ledgerHead: totals.ledger.head,
      checkpoints: kept,
      proof: sealed?.proof,
    },
    ...(closed && { kept: { block, hash, state: totals.state, closed, checkpoints: countByKeeper(kept) } }),
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
