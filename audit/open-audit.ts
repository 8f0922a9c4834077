import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Deployment, Hex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import type { AccessHistory, AuditSource, ReadOptions } from "./access-history.ts";
import type { Finding } from "./finding.ts";
import { type ReadChains, readChains } from "./read/read-chains.ts";
import { type LedgerEvidence, ledgerEvidence } from "./receipt/ledger-evidence.ts";
import { makeReceipt, type Receipt } from "./receipt/receipt.ts";
import { historyIn } from "./store/history.ts";
import { requestLogs } from "./store/stored-log.ts";
import { keptCheckpoints } from "./verify/checkpoints.ts";
import { type Verdict, type VerifyOptions, verifyChains } from "./verify/verify-chains.ts";

/** Both chains as they were read, once: what is proven of them, told and exported is one and the same. */
export interface Audit extends AsyncDisposable {
  /** The joined history. Undefined where a node contradicts itself, its witness, or what it said before: `verify` tells how. */
  readonly history: AccessHistory | undefined;
  /** What was wrong with the nodes' answers when they were read; `verify` has it among its findings. */
  readonly contradictions: readonly Finding[];
  /**
   * Proves what the chains say, believing neither hospital nor relayer nor, as far as can be, the nodes: see docs/audit.md for what is
   * checked, and for the findings' codes.
   *
   * @throws SERVICE_UNREACHABLE, SERVICE_PROTOCOL; the signal's reason. What is wrong with the history is a finding, never an error.
   */
  verify(options?: VerifyOptions): Promise<Verdict>;
  /**
   * A chain's ledger as it was read, for witnesses. Nothing but its order is proven of it: `verify` does that.
   *
   * @throws CONFIG_INVALID for a chain that is not audited, AUDIT_MISMATCH where entries are missing
   */
  ledger(chainId: bigint): LedgerEvidence;
  /**
   * The receipt of a request, see `makeReceipt`.
   *
   * @param note a cosigned checkpoint that it is to be of; the longest that another chain keeps, unless given
   * @throws as `makeReceipt` and `ledger`
   */
  receipt(requestId: Hex32, note?: string): Receipt;
}

/**
 * Brings the store of these deployments up to date with their chains. Disposing of it closes store and connections.
 *
 * @throws CONFIG_INVALID, CHAIN_MISMATCH, SERVICE_UNREACHABLE, SERVICE_PROTOCOL, INPUT_INVALID; the signal's reason
 */
export async function openAudit(options: ReadOptions): Promise<Audit> {
  const { sources, signal } = options;
  const findings: Finding[] = [];
  const read = await readChains(options, (found) => findings.push(found));
  const ledger = (chainId: bigint, requestId?: Hex32) => evidenceOf(read, sources, chainId, requestId);
  return {
    history: findings.length === 0 ? historyIn(read.store) : undefined,
    contradictions: findings,
    verify: (verification) => verifyChains({ ...verification, sources, read: { ...read, findings }, signal }),
    ledger: (chainId) => ledger(chainId),
    receipt(requestId, note) {
      const logs = requestLogs(read.store)(Buffer.from(requestId.slice(2), "hex"));
      const logged = logs.find(({ event }) => event === "AccessLogged");
      if (!logged) {
        throw new MedexError(
          "REQUEST_UNKNOWN",
          `no ledger has an entry of request ${requestId}: nothing was decided about it yet`,
        );
      }
      return makeReceipt(ledger(logged.chainId, requestId), requestId, note);
    },
    [Symbol.asyncDispose]: () => read[Symbol.asyncDispose](),
  };
}

function evidenceOf(
  { store }: ReadChains,
  sources: readonly AuditSource[],
  chainId: bigint,
  requestId?: Hex32,
): LedgerEvidence {
  const deployments = new Map(sources.map(({ deployment }) => [deployment.chainId, deployment]));
  const deployment = deployments.get(chainId);
  if (!deployment) throw new MedexError("CONFIG_INVALID", `chain ${chainId} is not among those that are audited`);
  const kept = keptCheckpoints({ store, deployments }).get(chainId) ?? [];
  return ledgerEvidence(store, deployment, kept, requestId);
}

/**
 * Reads the chains and proves what they say, in one call, for whoever wants the verdict alone.
 *
 * @throws as `openAudit` and `Audit.verify`
 */
export async function verifyHistory({
  sources,
  directory,
  observe,
  signal,
  ...verification
}: ReadOptions & VerifyOptions): Promise<Verdict> {
  const reading = { sources, directory, ...(observe && { observe }), ...(signal && { signal }) };
  await using audit = await openAudit(reading);
  return await audit.verify(verification);
}

export interface FreshAuditOptions extends Pick<ReadOptions, "signal"> {
  /** By chain id, who validated it from its first block on: its headers are proven by their seals then. Nobody, where a chain has none. */
  readonly validators?: ReadonlyMap<bigint, readonly string[]>;
}

/**
 * Reads all of these deployments' history into a store of its own, which is removed when the audit is disposed of. For whoever keeps no
 * store: short histories.
 *
 * @throws as `openAudit`
 */
export async function openFreshAudit(
  deployments: readonly Deployment[],
  { signal, validators }: FreshAuditOptions = {},
): Promise<Audit> {
  await using stack = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "medex-audit-"));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const sources = deployments.map((deployment): AuditSource => {
    const { chainId } = deployment;
    const sealing = validators?.get(chainId) ?? [];
    const source = { name: `${chainId}`, deployment, fromBlock: 0, confirmations: 0 };
    return sealing.length > 0 ? { ...source, validators: sealing } : source;
  });
  const audit = stack.use(await openAudit({ sources, directory, ...(signal && { signal }) }));
  const open = stack.move();
  return { ...audit, [Symbol.asyncDispose]: () => open.disposeAsync() };
}

/**
 * The joined history of an audit.
 *
 * @throws AUDIT_MISMATCH where a node contradicts itself, its witness, or what it said before
 */
export function requireHistory({ history, contradictions: [first] }: Audit): AccessHistory {
  if (history) return history;
  throw new MedexError(
    "AUDIT_MISMATCH",
    `chain ${first?.where.chainId}, block ${first?.where.block}: ${first?.message} (${first?.code}): medex audit verify tells more`,
  );
}
