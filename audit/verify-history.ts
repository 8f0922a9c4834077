import type { OpenHistoryOptions } from "./access-history.ts";
import { type Finding, finding, passes, type Report } from "./finding.ts";
import { readChains } from "./open-history.ts";
import { checkChain } from "./verify/chain-pass.ts";
import { keptCheckpoints } from "./verify/checkpoints.ts";
import { verifyContext } from "./verify/context.ts";
import { settleDoubtful } from "./verify/contract-accounts.ts";
import { checkContractState } from "./verify/contract-state.ts";
import { checkSides } from "./verify/sides.ts";
import { signaturePool } from "./verify/signature-pool.ts";
import { checkStorage, type StorageServices } from "./verify/storage.ts";

export interface VerifyOptions extends OpenHistoryOptions {
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
  readonly findings: readonly Finding[];
  readonly chains: readonly {
    readonly chainId: bigint;
    /** Up to which block it was read; undefined where nothing could be. */
    readonly block: number | undefined;
    readonly entries: bigint;
    readonly requests: bigint;
  }[];
}

/**
 * Reads both chains and proves what they say, believing neither hospital nor relayer nor, as far as can be, the nodes: see
 * docs/audit.md for what is checked, and for the findings' codes.
 *
 * @throws CONFIG_INVALID, CHAIN_MISMATCH, SERVICE_UNREACHABLE, SERVICE_PROTOCOL, INPUT_INVALID; the signal's reason. What is wrong
 *   with the history is a finding, never an error.
 */
export async function verifyHistory(options: VerifyOptions): Promise<Verdict> {
  const findings: Finding[] = [];
  const report: Report = (found) => {
    findings.push(found);
    options.onFinding?.(found);
  };
  const stage = (name: string) => {
    options.signal?.throwIfAborted();
    options.onStage?.(name);
  };
  stage("reading the chains");
  await using read = await readChains(options, report);
  const deployments = new Map(options.sources.map(({ deployment }) => [deployment.chainId, deployment]));
  await using signatures = signaturePool(options.signal);
  const context = verifyContext(read.store, deployments, signatures, report);
  const checkpoints = keptCheckpoints(context);
  const summaries: Verdict["chains"][number][] = [];
  for (const [chainId, { chain, node, witness, head }] of read.chains) {
    stage(`replaying chain ${chainId}`);
    if (!head) {
      report(finding("CHECK_NOT_DONE", "nothing of the chain could be read", { chainId }, "its logs", "none"));
      summaries.push({ chainId, block: undefined, entries: 0n, requests: 0n });
      continue;
    }
    const kept = checkpoints.get(chainId) ?? [];
    const totals = await checkChain(context, chainId, head.block, kept);
    summaries.push({ chainId, block: head.block, entries: totals.ledger.length, requests: totals.requests });
    const covered = kept.reduce((most, { entryCount }) => (entryCount > most ? entryCount : most), 0n);
    if (covered < totals.ledger.length) {
      const where = { chainId, entry: covered };
      report(
        finding(
          "CHECKPOINT_BEHIND",
          "entries that no other chain has a checkpoint of",
          where,
          totals.ledger.length,
          covered,
        ),
      );
    }
    stage(`comparing the contracts of chain ${chainId}`);
    for (const each of witness ? [node, witness] : [node]) {
      await checkContractState(context, chain.deployment, each, head.block, totals);
    }
  }
  stage("comparing the two sides of every request");
  await checkSides(context);
  await signatures.settle();
  stage("asking contract accounts about signatures");
  await settleDoubtful(context, read.chains);
  if (options.storage) {
    stage("fetching fragments");
    await checkStorage(context, options.storage);
  } else {
    report(
      finding(
        "STORAGE_SKIPPED",
        "capsules, fragments and channel heads were not fetched",
        {},
        "fetched and hashed",
        "skipped",
      ),
    );
  }
  return { passed: passes(findings), findings, chains: summaries };
}
