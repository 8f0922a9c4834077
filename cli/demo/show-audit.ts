import { type AccessHistoryEntry, openFreshAudit } from "@medexchain/audit";
import type { Devnet } from "@medexchain/devnet";
import type { Cast } from "@medexchain/devnet/cast";
import { timeOf } from "../output/output.ts";
import { type Printer, shortId } from "./printer.ts";

/**
 * The demo's last step: both chains are audited as `medex audit` does, from their RPC URLs, addresses and validators alone.
 *
 * @throws Error where the audit does not pass
 */
export async function showAudit(
  cast: Cast,
  sealing: Devnet["validators"],
  print: Printer,
  signal: AbortSignal,
): Promise<void> {
  const { chainA, chainB, store, tangle } = cast;
  const validators = new Map([
    [chainA.deployment.chainId, sealing.chainA],
    [chainB.deployment.chainId, sealing.chainB],
  ]);
  print.step("An auditor, who believes neither hospital nor relayer, checks both chains and what they name");
  await using audit = await openFreshAudit([chainA.deployment, chainB.deployment], { signal, validators });
  const verdict = await audit.verify({ storage: { store, tangle } });
  const { history } = audit;
  const rows = [...(history?.entries() ?? [])].map(cells);
  print.table([["time", "request", "requester", "record", "decision", "of record", "of hospital", "chain B"], ...rows]);
  for (const { chainId, block, entries, requests } of verdict.chains) {
    print.fact(
      `chain ${chainId}`,
      `up to block ${block}: ${entries} entries in its ledger, ${requests} requests filed there`,
    );
  }
  for (const { chainId, proof } of verdict.chains) {
    if (proof)
      print.fact(
        `chain ${chainId}`,
        `${proof.blocks} blocks proven by the seals of ${proof.validators.length} validators`,
      );
  }
  for (const { severity, code, message } of verdict.findings) print.fact(severity, `${message} [${code}]`);
  if (!verdict.passed) throw new Error("the demo went wrong: the audit does not pass");
  print.pass("the ledgers hash to their heads and have no gap, and every decision is the one that Algorithm₁ gives");
  print.pass(
    "requests, approvals, answers and certificates are signed by whom they name, and both chains say the same",
  );
  print.pass("everything that the chains name is on IPFS and the Tangle, unaltered");
}

function cells({
  requestId,
  requester,
  recordId,
  requested,
  decision,
  sourceState,
  acknowledgement,
}: AccessHistoryEntry) {
  return [
    timeOf(requested?.timestamp ?? 0n),
    shortId(requestId),
    shortId(requester),
    shortId(recordId),
    decision?.decision ?? "-",
    decision ? `${decision.recordCount}/${decision.recordLimit}` : "-",
    decision ? `${decision.hospitalCount}/${decision.hospitalLimit}` : "-",
    acknowledgement ? `${sourceState}, ${acknowledgement.acknowledgement.toLowerCase()}` : sourceState,
  ];
}
