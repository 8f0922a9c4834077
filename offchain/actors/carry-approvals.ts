import {
  type Chain,
  type Decision,
  decisionOf,
  decodeRevert,
  type Hex32,
  refusalText,
  type SignedAuthorization,
  transact,
} from "@medexchain/chain";
import { MedexError } from "@medexchain/core";

/** Most approvals in one transaction: with signatures as long as contract accounts may give, it is one that every node takes (128 KiB). */
export const MAX_CARRIED = 50;

/** What became of an approval that was carried. */
export interface CarriedApproval {
  readonly requestId: Hex32;
  readonly transactionHash: string;
  /** `Granted`, or why Algorithm₁ refused; absent where the approval was not taken. */
  readonly decision?: Decision;
  /** Why it was not taken, in words: nothing changed by it. */
  readonly refusal?: string;
}

/**
 * Carries approvals that their owners signed (`DataOwner.signApproval`) to the chain, all in one transaction, by `Mailbox.authorizeBatch`. An
 * approval that is not taken holds up none of the others.
 *
 * @param chain the owners', through the account that pays
 * @param approvals 1 to `MAX_CARRIED`
 * @returns what became of each, in their order
 * @throws INPUT_INVALID for too many or none; ACCOUNT_UNFUNDED, CHAIN_REVERTED, SERVICE_UNREACHABLE
 */
export async function carryApprovals(
  chain: Chain,
  approvals: readonly SignedAuthorization[],
): Promise<CarriedApproval[]> {
  if (approvals.length === 0 || approvals.length > MAX_CARRIED) {
    throw new MedexError(
      "INPUT_INVALID",
      `one transaction carries 1 to ${MAX_CARRIED} approvals, not ${approvals.length}: give them in several calls`,
    );
  }
  const { deployment, mailbox, ledger } = chain;
  const receipt = await transact(chain, () => mailbox.authorizeBatch(deployment.grants, [...approvals]));
  const parsed = (contract: "mailbox" | "ledger") =>
    receipt.logs
      .filter(({ address }) => address === deployment[contract])
      .map((log) => (contract === "mailbox" ? mailbox : ledger).interface.parseLog(log));
  const skipped = new Map<number, string>();
  for (const log of parsed("mailbox")) {
    if (log?.name === "BatchItemSkipped") skipped.set(Number(log.args.index), wordsOf(log.args.reason));
  }
  const decided = new Map<string, Decision>();
  for (const log of parsed("ledger")) {
    if (log?.name === "AccessLogged") decided.set(log.args.requestId, decisionOf(log.args.entry.decision));
  }
  return approvals.map(({ requestId }, index) => {
    const refusal = skipped.get(index);
    const decision = decided.get(requestId);
    const became = refusal === undefined ? { ...(decision && { decision }) } : { refusal };
    return { requestId, transactionHash: receipt.hash, ...became };
  });
}

/** A skipped item's reason. */
function wordsOf(reason: string): string {
  const refusal = decodeRevert(reason);
  if (refusal) return refusalText(refusal);
  return reason === "0x" ? "it used up the gas that an approval may use" : `it was refused with ${reason}`;
}
