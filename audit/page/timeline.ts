import type { AccessHistoryEntry, ChainPosition } from "../access-history.ts";

/** One message of the protocol, as far as it left a trace. */
export interface Step {
  /** `M1` to `M8`. */
  readonly message: string;
  readonly title: string;
  readonly note?: string;
  /** Absent where no chain has said it. */
  readonly at?: ChainPosition;
  readonly outcome: "done" | "refused" | "absent" | "off-chain";
}

/** What became of a request, message by message, in the protocol's order. Steps that a refusal rules out are left out. */
export function timelineOf(entry: AccessHistoryEntry): Step[] {
  const {
    requested,
    delivered,
    decisions,
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
  const steps: Step[] = [
    step("M1", "The doctor asks", requested),
    step("M1", "The request reaches the patient's hospital", delivered),
  ];
  // What came before the owner could decide is no word of the owner's.
  const spoke = first !== undefined && !["RecordUnknown", "RecordRevoked", "Expired"].includes(first.decision);
  if (spoke) {
    const denied = first.decision === "DeniedByOwner" || first.decision === "Withdrawn";
    const verb = first.decision === "Withdrawn" ? "withdraws" : denied ? "denies" : "approves";
    steps.push({ ...step("M2", `The patient ${verb}`, first), ...(denied && REFUSED) });
  } else if (first === undefined) {
    steps.push(step("M2", "The patient decides", undefined));
  }
  const withdrawn = decisions.slice(1).find(({ decision }) => decision === "Withdrawn");
  if (withdrawn) steps.push({ ...step("M2", "The patient takes the approval back", withdrawn), ...REFUSED });
  for (const decision of decisions) {
    const { hospitalCount, hospitalLimit, recordCount, recordLimit } = decision;
    steps.push({
      ...step("M3", `Algorithm₁: ${decision.decision}`, decision),
      ...(decision.decision !== "Granted" && REFUSED),
      note: `${hospitalCount} of ${hospitalLimit} at the hospital, ${recordCount} of ${recordLimit} of the record; entry ${decision.index}`,
    });
  }
  if (reEncryption !== undefined || granted) {
    for (const resealed of resealings)
      steps.push(step("M2", "The patient seals the key anew, to other relayers", resealed));
    steps.push(step("M4", "Relayers re-encrypt", granted ? answer : undefined));
  }
  steps.push({
    ...step("M5", `The patient's hospital answers${answer === undefined ? "" : `: ${answer.decision}`}`, answer),
    ...(answer !== undefined && !granted && REFUSED),
  });
  for (const replaced of replacedResponses) {
    steps.push({
      ...step("M6", `Relayers bring another answer to the doctor's hospital: ${replaced.decision}`, replaced),
      ...REFUSED,
    });
  }
  const isCorrected = replacedResponses.length > 0;
  steps.push(
    expired === undefined || response !== undefined
      ? step(
          "M6",
          isCorrected ? "Relayers correct it: the answer holds" : "The answer reaches the doctor's hospital",
          response,
        )
      : { ...step("M6", "No answer came in time", expired), ...REFUSED },
  );
  if (response?.decision === "Granted") {
    steps.push({ message: "M7", title: "The doctor fetches the parts, and decrypts", outcome: "off-chain" });
    const disputed = acknowledgement?.acknowledgement === "Disputed";
    const title =
      acknowledgement === undefined
        ? "The doctor acknowledges"
        : disputed
          ? "The doctor disputes it"
          : "The doctor has opened it";
    steps.push({ ...step("M8", title, acknowledgement), ...(disputed && REFUSED) });
  }
  return steps;
}

const REFUSED = { outcome: "refused" } as const;

const step = (message: string, title: string, at: ChainPosition | undefined): Step =>
  at === undefined ? { message, title, outcome: "absent" } : { message, title, at, outcome: "done" };
