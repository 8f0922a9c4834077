/** What each step of a request is called. The app says it in other languages, too. */
export const STEP_TITLES = {
  "step.asks": "The doctor asks",
  "step.delivered": "The request reaches the patient's hospital",
  "step.approves": "The patient approves",
  "step.denies": "The patient denies",
  "step.withdraws": "The patient withdraws",
  "step.undecided": "The patient decides",
  "step.takes-back": "The patient takes the approval back",
  "step.decides": "Algorithm₁: {decision}",
  "step.reseals": "The patient seals the key anew, to other relayers",
  "step.re-encrypts": "Relayers re-encrypt",
  "step.unanswered": "The patient's hospital answers",
  "step.answers": "The patient's hospital answers: {decision}",
  "step.replaced": "Relayers bring another answer to the doctor's hospital: {decision}",
  "step.corrected": "Relayers correct it: the answer holds",
  "step.arrives": "The answer reaches the doctor's hospital",
  "step.expired": "No answer came in time",
  "step.fetches": "The doctor fetches the parts, and decrypts",
  "step.acknowledges": "The doctor acknowledges",
  "step.disputes": "The doctor disputes it",
  "step.opened": "The doctor has opened it",
} as const;

export type StepKind = keyof typeof STEP_TITLES extends `step.${infer K}` ? K : never;
