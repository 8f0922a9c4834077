import { ask, type Chain } from "@medexchain/chain";
import type { Wallet } from "ethers";
import type { RelayChain } from "../chains/relay-chain.ts";
import type { Database } from "../database/database.ts";
import { insertEquivocation } from "../database/equivocations.ts";
import type { Observer } from "../observe/observer.ts";
import type { Enqueue } from "../queue/queue.ts";
import { type Evidence, encodeEvidence, reportIdOf } from "./evidence.ts";

export interface ReportContext {
  readonly database: Database;
  readonly enqueue: Enqueue;
  readonly account: Wallet;
  readonly observe: Observer;
}

/** Whether a relayer's tenure of now had begun in an epoch: what it signed then has not been judged yet. */
export async function isAnswerable(
  chain: Chain,
  { relayer, epoch }: Pick<Evidence, "relayer" | "epoch">,
): Promise<boolean> {
  const index = await ask(chain, () => chain.relayers.indexOf(relayer));
  if (index === 0n) return false;
  return (await ask(chain, () => chain.relayers.tenure(index))).from <= epoch;
}

/**
 * Has an equivocation reported to the chain that takes the statements: the evidence and its job are stored together, once. Against itself a relayer
 * reports nothing, but says so: its key may be stolen, or its database was lost, and others report it.
 */
export async function reportEquivocation(
  { database, enqueue, account, observe }: ReportContext,
  { chain }: RelayChain,
  evidence: Evidence,
): Promise<void> {
  const { relayer, epoch, kind } = evidence;
  const { chainId } = chain.deployment;
  if (relayer === account.address) {
    const message = `chain ${chainId}: this relayer's own account has signed two ${kind} in epoch ${epoch} that contradict each other, and whoever shows both suspends it: its key may be stolen, or its database was lost; have it removed, and give it a new key`;
    return observe({ type: "failed", where: "equivocation", code: "ATTESTATION_CONFLICT", message });
  }
  if (!(await isAnswerable(chain, evidence))) return;
  const id = { chainId, requestId: reportIdOf(evidence) };
  const isNew = await database.transaction(async (tx) => {
    if (!(await insertEquivocation(tx, id, encodeEvidence(evidence)))) return false;
    await enqueue(tx, [{ kind: "report-equivocation", ...id }]);
    return true;
  });
  if (isNew) observe({ type: "equivocation-found", chainId, kind, relayer, epoch, requestId: id.requestId });
}
