import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Deployment } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import type { AccessHistory, AuditSource } from "./access-history.ts";
import { openAccessHistory } from "./open-history.ts";
import { type Verdict, type VerifyOptions, verifyHistory } from "./verify-history.ts";

/** An audit from nothing, with the history that it is about. Disposing of it removes all that was read. */
export interface FreshAudit extends AsyncDisposable {
  readonly verdict: Verdict;
  /** Undefined where nodes contradict themselves, which is among the findings. */
  readonly history: AccessHistory | undefined;
}

/**
 * Reads all of these deployments' history into a store of its own and verifies it. For whoever keeps no store: short histories.
 *
 * @throws as `verifyHistory`
 */
export async function freshAudit(
  deployments: readonly Deployment[],
  options: Pick<VerifyOptions, "storage" | "signal"> = {},
): Promise<FreshAudit> {
  await using stack = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "medex-audit-"));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const sources = deployments.map(
    (deployment): AuditSource => ({ name: `${deployment.chainId}`, deployment, fromBlock: 0, confirmations: 0 }),
  );
  const verdict = await verifyHistory({ ...options, sources, directory });
  const history = await openAccessHistory({ ...options, sources, directory }).catch((error: unknown) => {
    if (MedexError.is(error, "AUDIT_MISMATCH")) return undefined;
    throw error;
  });
  if (history) stack.use(history);
  const open = stack.move();
  return { verdict, history, [Symbol.asyncDispose]: () => open.disposeAsync() };
}
