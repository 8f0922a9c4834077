import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Deployment } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import type { AccessHistory, AuditSource, ReadOptions } from "./access-history.ts";
import type { Finding } from "./finding.ts";
import { readChains } from "./read/read-chains.ts";
import { historyIn } from "./store/history.ts";
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
  return {
    history: findings.length === 0 ? historyIn(read.store) : undefined,
    contradictions: findings,
    verify: (verification) => verifyChains({ ...verification, sources, read: { ...read, findings }, signal }),
    [Symbol.asyncDispose]: () => read[Symbol.asyncDispose](),
  };
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

/**
 * Reads all of these deployments' history into a store of its own, which is removed when the audit is disposed of. For whoever keeps no
 * store: short histories.
 *
 * @throws as `openAudit`
 */
export async function openFreshAudit(
  deployments: readonly Deployment[],
  { signal }: Pick<ReadOptions, "signal"> = {},
): Promise<Audit> {
  await using stack = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "medex-audit-"));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const sources = deployments.map(
    (deployment): AuditSource => ({ name: `${deployment.chainId}`, deployment, fromBlock: 0, confirmations: 0 }),
  );
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
