import type { Hex32 } from "@medexchain/chain";
import type { AccessHistoryEntry, ChainPosition } from "../access-history.ts";
import { STEP_TITLES, type StepKind } from "./step-titles.ts";

/** One message of the protocol, as far as it left a trace. */
export interface Step {
  /** `M1` to `M8`. */
  readonly message: string;
  /** What happened: a key of the words for it. */
  readonly kind: StepKind;
  /** Of `decides` and the answers. */
  readonly decision?: string;
  /** Of a line of the ledger. */
  readonly counts?: StepCounts;
  /** Of `approves`: the standing consent by which the patient's device did it, with the patient not asked. */
  readonly consent?: Hex32;
  /** Absent where no chain has said it. */
  readonly at?: ChainPosition;
  readonly outcome: "done" | "refused" | "absent" | "off-chain";
}

/** What Algorithm₁ counted, and its line's index in the ledger. */
export interface StepCounts {
  readonly hospitalCount: bigint;
  readonly hospitalLimit: bigint;
  readonly recordCount: bigint;
  readonly recordLimit: bigint;
  readonly index: bigint;
}

/** A step in English. */
export const titleOf = ({ kind, decision = "" }: Pick<Step, "kind" | "decision">): string =>
  STEP_TITLES[`step.${kind}`].replace("{decision}", decision);

/** What became of a request, message by message, in the protocol's order. Steps that a refusal rules out are left out. */
export function timelineOf(entry: AccessHistoryEntry): Step[] {
  const {
    requested,
    delivered,
    decisions,
    consent,
    reEncryption,
    resealings,
    answer,
    response,
    replacedResponses,
    acknowledgement,
    expired,
  } = entry;
  const [first] = decisions;
  const granted = answer?.decision === "Granted" || (answer === undefined && first?.decision === "Granted");
  const steps: Step[] = [step("M1", "asks", requested), step("M1", "delivered", delivered)];
  // What came before the owner could decide is no word of the owner's.
  const spoke = first !== undefined && !["RecordUnknown", "RecordRevoked", "Expired"].includes(first.decision);
  if (spoke) {
    const denied = first.decision === "DeniedByOwner" || first.decision === "Withdrawn";
    const kind = first.decision === "Withdrawn" ? "withdraws" : denied ? "denies" : "approves";
    const byConsent = kind === "approves" && consent !== undefined && { consent };
    steps.push({ ...step("M2", kind, first), ...(denied && REFUSED), ...byConsent });
  } else if (first === undefined) {
    steps.push(step("M2", "undecided", undefined));
  }
  const withdrawn = decisions.slice(1).find(({ decision }) => decision === "Withdrawn");
  if (withdrawn) steps.push({ ...step("M2", "takes-back", withdrawn), ...REFUSED });
  for (const decision of decisions) {
    const { hospitalCount, hospitalLimit, recordCount, recordLimit, index } = decision;
    steps.push({
      ...step("M3", "decides", decision),
      ...(decision.decision !== "Granted" && REFUSED),
      decision: decision.decision,
      counts: { hospitalCount, hospitalLimit, recordCount, recordLimit, index },
    });
  }
  if (reEncryption !== undefined || granted) {
    for (const resealed of resealings) steps.push(step("M2", "reseals", resealed));
    steps.push(step("M4", "re-encrypts", granted ? answer : undefined));
  }
  steps.push({
    ...step("M5", answer === undefined ? "unanswered" : "answers", answer),
    ...(answer !== undefined && { decision: answer.decision, ...(!granted && REFUSED) }),
  });
  for (const replaced of replacedResponses) {
    steps.push({ ...step("M6", "replaced", replaced), decision: replaced.decision, ...REFUSED });
  }
  const isCorrected = replacedResponses.length > 0;
  steps.push(
    expired === undefined || response !== undefined
      ? step("M6", isCorrected ? "corrected" : "arrives", response)
      : { ...step("M6", "expired", expired), ...REFUSED },
  );
  if (response?.decision === "Granted") {
    steps.push({ message: "M7", kind: "fetches", outcome: "off-chain" });
    const disputed = acknowledgement?.acknowledgement === "Disputed";
    const kind = acknowledgement === undefined ? "acknowledges" : disputed ? "disputes" : "opened";
    steps.push({ ...step("M8", kind, acknowledgement), ...(disputed && REFUSED) });
  }
  return steps;
}

const REFUSED = { outcome: "refused" } as const;

const step = (message: string, kind: StepKind, at: ChainPosition | undefined): Step =>
  at === undefined ? { message, kind, outcome: "absent" } : { message, kind, at, outcome: "done" };
