/** M2: that each decision that only an owner can cause comes with the owner's act, which `authorship.ts` proves. */
import { finding } from "../finding.ts";
import { decodeEntry } from "../store/decode.ts";
import { hexWord, placeOf, type StoredLog } from "../store/stored-log.ts";
import type { VerifyContext } from "./context.ts";

/** The event that a decision takes; none where anyone can cause it. */
const ACT_OF_DECISION: Readonly<Record<string, string>> = {
  Granted: "Approved",
  HospitalLimitReached: "Approved",
  RecordLimitReached: "Approved",
  DeniedByOwner: "Denied",
  Withdrawn: "Withdrawn",
};

export interface ApprovalChecker {
  /** Takes an owner's `Approved`, `Denied` or `Withdrawn`. */
  act(log: StoredLog): void;
  /** Checks the `AccessLogged` of a decision. */
  decision(log: StoredLog): void;
}

/** An owner's act and the decision that it causes are in one transaction, one right after the other. */
export function approvalChecker(context: VerifyContext): ApprovalChecker {
  let last: StoredLog | undefined;
  return {
    act(log) {
      last = log;
    },
    decision(log) {
      const { requestId, recordId, decision } = decodeEntry(log.data);
      const wanted = ACT_OF_DECISION[decision];
      if (wanted === undefined) return;
      const act = last;
      last = undefined; // an act causes one decision
      const isOfIt =
        act?.event === wanted &&
        act.block === log.block &&
        act.place === log.place &&
        hexWord(act.topics, 1) === requestId;
      if (isOfIt) return;
      context.report(
        finding({
          code: "APPROVAL_FORGED",
          message: `decided ${decision} without the owner's act`,
          where: { ...placeOf(log), requestId, recordId },
          expected: `${wanted} before it in the same transaction`,
          found: act?.event ?? "none",
        }),
      );
    },
  };
}
