/** Receipts that people kept, against the ledgers as they were read: what was decided once must still be in them. */
import { toHex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { type FindingCode, finding } from "../finding.ts";
import { type LedgerEvidence, ledgerEvidence } from "../receipt/ledger-evidence.ts";
import { type ProvenReceipt, receiptSchema, verifyReceipt } from "../receipt/receipt.ts";
import type { VerifyContext } from "./context.ts";

/** A receipt, as somebody gave it. */
export interface GivenReceipt {
  /** For people, as that of its file. */
  readonly name: string;
  /** Anything. */
  readonly json: unknown;
}

/** Checks each by itself, and that its checkpoint is of the ledger that was read: then its entries are in it too. */
export function checkReceipts(
  context: Pick<VerifyContext, "store" | "deployments" | "report">,
  receipts: readonly GivenReceipt[],
): void {
  const evidence = new Map<bigint, LedgerEvidence | undefined>();
  const ledgerOf = (chainId: bigint, ledger: string): LedgerEvidence | undefined => {
    const deployment = context.deployments.get(chainId);
    if (deployment?.ledger.toLowerCase() !== ledger) return undefined;
    if (!evidence.has(chainId)) evidence.set(chainId, evidenceOf(context, deployment));
    return evidence.get(chainId);
  };
  for (const { name, json } of receipts) {
    const wrong = (
      code: FindingCode,
      message: string,
      expected: unknown,
      found: unknown,
      of?: Partial<ProvenReceipt>,
    ): void => {
      const { chainId, requestId } = of ?? {};
      const where = { ...(chainId !== undefined && { chainId }), ...(requestId && { requestId }) };
      context.report(finding({ code, message: `receipt ${name}: ${message}`, where, expected, found }));
    };
    const receipt = provenIn(json);
    if (typeof receipt === "string") {
      wrong("RECEIPT_INVALID", "it proves nothing by itself", "a receipt whose proofs hold", receipt);
      continue;
    }
    const { chainId, ledger, entryCount, root } = receipt;
    const tree = ledgerOf(chainId, ledger)?.tree;
    if (!tree || entryCount < tree.first || entryCount > tree.size) {
      const found = tree ? `${tree.first} to ${tree.size} entries` : `ledger ${ledger} of chain ${chainId}`;
      const message = "its ledger, or so much of it, was not read, or entries are missing";
      wrong("CHECK_NOT_DONE", message, `a ledger of ${entryCount} entries`, found, receipt);
      continue;
    }
    const now = toHex32(tree.root(entryCount));
    if (now !== root) {
      const message = `the ledger of ${entryCount} entries is another than when the receipt was made`;
      wrong("RECEIPT_CONTRADICTED", message, root, now, receipt);
    }
  }
}

/** What a receipt proves of the root that it names itself; what is wrong, where it proves nothing. */
function provenIn(json: unknown): ProvenReceipt | string {
  const parsed = receiptSchema.safeParse(json);
  if (!parsed.success) return "no receipt of this version";
  try {
    return verifyReceipt(parsed.data, { root: parsed.data.checkpoint.root });
  } catch (error) {
    if (MedexError.is(error)) return error.message;
    throw error;
  }
}

function evidenceOf(
  { store }: Pick<VerifyContext, "store">,
  deployment: { readonly chainId: bigint; readonly ledger: string },
): LedgerEvidence | undefined {
  try {
    return ledgerEvidence(store, deployment, []);
  } catch (error) {
    if (MedexError.is(error) || error instanceof RangeError) return undefined; // which the pass over the chain has reported
    throw error;
  }
}
