/** What an audit may find. `docs/audit.md` explains each code. */

/** `error` and `unchecked` make the audit fail; the other two do not. */
export type Severity = "error" | "unchecked" | "warning" | "notice";

/** Every code, with its severity and where an auditor looks next. */
export const FINDINGS = {
  // reading
  CHAIN_REWRITTEN: [
    "error",
    "compare the block on other nodes; --forget keeps the store as evidence, and reads into a new one",
  ],
  NODES_DISAGREE: ["error", "one of the two nodes is lying or lagging: ask a third node for the same block"],
  HEADER_MISMATCH: ["error", "ask another node for the block and its logs"],
  HEADER_UNSEALED: [
    "error",
    "the node lies, or the configuration names other validators than those of fromBlock: ask another node for the header",
  ],
  BLOCK_ALTERED: [
    "error",
    "the node tells of a block what its validators did not seal: keep the answer, ask another node",
  ],
  LOG_MALFORMED: ["error", "ask another node for the transaction's receipt; check the addresses of the deployment"],
  CHECK_NOT_DONE: ["unchecked", "fix what the evidence names, and run the audit again"],
  HEADERS_BELIEVED: [
    "notice",
    "where the chain is a QBFT network, name its validators in chains.NAME.validators; or ask a second node (--witness)",
  ],
  // the ledger
  LEDGER_ENTRY_MISSING: ["error", "ask another node for the logs of AccessLedger around this entry"],
  LEDGER_ORDER: ["error", "ask another node for the logs of AccessLedger in this block"],
  LEDGER_HEAD_MISMATCH: ["error", "an entry was altered: compare this one's log on another node"],
  LEDGER_ROOT_MISMATCH: [
    "error",
    "receipts of this ledger prove nothing: compare the contract's code with the project's",
  ],
  LEDGER_TIMESTAMP: ["error", "compare the block's header on another node"],
  ACCESS_OVER_LIMIT: [
    "error",
    "AccessLedger broke Algorithm₁: compare its code with the project's; ask the owner's hospital",
  ],
  DECISION_WRONG: ["error", "AccessLedger broke Algorithm₁: compare its code with the project's"],
  COUNT_WRONG: ["error", "compare this requester's earlier entries, then the contract's code"],
  LIMIT_NOT_IN_FORCE: [
    "error",
    "compare with the last limit that hospital and owner set; then the code of AccessGrants",
  ],
  // outboxes
  EVENT_MISSING: ["error", "ask another node for the contract's logs around this block"],
  EVENT_ORDER: ["error", "ask another node for the contract's logs in this block"],
  STATE_DIFFERS: ["error", "compare the contract's answer at this block on another node"],
  CODE_DIFFERS: [
    "warning",
    "ask who deployed it which release it is, and audit with that one: of other code nobody knows what its events mean",
  ],
  STATE_ALTERED: ["error", "the node's proof of a contract's state is none: keep the answer, ask another node"],
  // transactions
  TRANSACTION_ALTERED: [
    "error",
    "the node's copy is not the transaction that was signed, or names another sender: ask another node",
  ],
  // people
  CERTIFICATE_INVALID: [
    "error",
    "ask the hospital whether it certified this member; look for a stolen or rotated operator key",
  ],
  CERTIFICATE_UNKNOWN: ["error", "look for the member's certificate on the hospital's home chain"],
  ACCOUNT_REPLACED: [
    "warning",
    "ask the owner whether the account is theirs; if not, the hospital, or a thief of its key, is posing as the owner",
  ],
  // requests
  REQUEST_FORGED: ["error", "the requester did not sign this: ask requester and hospital; compare the contract's code"],
  REQUEST_ID_WRONG: ["error", "compare the request's logs on another node: a field was altered"],
  REQUEST_NOT_FILED: [
    "warning",
    "signed by the requester, but never filed on the requester's own chain: ask who delivered it",
  ],
  SIDES_DIFFER: ["error", "compare the request's events on both chains, then the relayers that attested"],
  PREDECESSOR_DIFFERS: [
    "error",
    "the contracts do not go on from what their predecessor holds: audit the predecessor too; compare both on another node",
  ],
  APPROVAL_FORGED: [
    "error",
    "the owner neither sent nor signed this decision: ask the owner; compare the contract's code",
  ],
  CONSENT_EXCEEDED: [
    "error",
    "StandingConsents approved what the consent does not cover, or more often: compare its code with the project's; ask the owner",
  ],
  APPROVAL_INDIRECT: ["warning", "the person acted through another contract: trace the transaction"],
  AUTHOR_FORGED: [
    "error",
    "the person neither sent nor signed this: ask owner or requester; compare the contract's code",
  ],
  ROLE_MISSING: [
    "error",
    "compare the manager's RoleGranted and RoleRevoked on another node; ask its administrator who holds the role",
  ],
  DECISION_NOT_LOGGED: [
    "error",
    "the ledger has no such decision: compare the logs of the transaction on another node",
  ],
  RESPONSE_UNFOUNDED: ["error", "the owner's chain never gave this answer: ask the relayers that attested it"],
  RESPONSE_CORRECTED: [
    "warning",
    "ask the relayers that attested the answer which was replaced; they lied, or their nodes did, whatever holds now",
  ],
  CORRECTION_UNFOUNDED: ["error", "compare the answers' logs on another node; then the code of AccessRequests"],
  RELAYER_EQUIVOCATED: ["warning", "ask the relayer's operator for both statements; its key may be stolen"],
  SUSPENSION_UNFOUNDED: [
    "error",
    "compare the transaction's logs on another node; then who holds the role that suspends relayers",
  ],
  ATTESTATIONS_TOO_FEW: ["error", "compare with RelayerSet's threshold at this block; then the contract's code"],
  ATTESTATION_INVALID: [
    "error",
    "no relayer of the set signed this: compare RelayerSet at this block; then the contract's code",
  ],
  ATTESTATION_STALE: [
    "error",
    "compare RelayerSet's epochs and the block's time on another node; then the contract's code",
  ],
  SIGNERS_DIFFER: ["error", "compare the transaction and its ReEncrypted on another node; then the contract's code"],
  TIMES_DISORDERED: ["error", "compare the headers of the blocks named on other nodes"],
  EXPIRY_IGNORED: ["error", "compare the headers of the blocks named on other nodes, then the contract's code"],
  RESPONSE_MISSING: [
    "warning",
    "the answer has not reached the requester's chain yet: ask a relayer (medex relayer jobs)",
  ],
  ACKNOWLEDGEMENT_DISPUTED: [
    "warning",
    "the requester says that the record did not open, or is not what it should be: ask both",
  ],
  // partials
  PARTIAL_MISSING: [
    "error",
    "the relayer said that its partial is out: ask its operator to publish it, and other IPFS nodes for it",
  ],
  PARTIALS_TOO_FEW: [
    "error",
    "the record cannot be opened by what is there: ask the relayers, or the owner to seal anew",
  ],
  DEALING_WRONG: [
    "error",
    "the owner's device, or the reverse firewall of its hospital, committed to what was not dealt: ask the hospital; no relayer is to blame",
  ],
  DISPUTE_PROVEN: [
    "error",
    "the relayer is right: the owner's device, or the reverse firewall of its hospital, committed to a wrong partial of it; ask the hospital",
  ],
  DISPUTE_UNFOUNDED: ["warning", "the relayer's proof does not hold: ask its operator; its key may be stolen"],
  // records
  RECORD_ID_WRONG: ["error", "compare the record's RecordAnchored log on another node: a field was altered"],
  RECORD_CONTENTS_WRONG: ["error", "compare the record's RecordAnchored log on another node"],
  // studies
  STUDY_RULE_BROKEN: [
    "error",
    "StudyRegistry let pass what its rules forbid: compare its code with the project's; ask the study's hospitals",
  ],
  STUDY_UNSIGNED: ["error", "the patient did not sign this: ask the patient; compare the contract's code"],
  STUDY_RESULT_WRONG: [
    "error",
    "what was released is not what its parties published, or that is gone: ask the study's compute node and hospitals",
  ],
  // checkpoints
  CHECKPOINT_CONTRADICTED: [
    "error",
    "the ledger was rewritten after the checkpoint, or relayers lied: compare the ledger at its block on other nodes",
  ],
  RECEIPT_CONTRADICTED: [
    "error",
    "the ledger was rewritten since, or the receipt is made up: ask its holder for the note that witnesses cosigned",
  ],
  RECEIPT_INVALID: ["warning", "ask who gave the receipt for another: this one proves nothing"],
  CHECKPOINT_BEHIND: ["notice", "only this chain vouches for the entries after the last checkpoint: ask a relayer"],
  // storage
  CONTENT_MISSING: [
    "error",
    "ask whoever should pin it: the owner for capsules and fragments, the relayers for re-encryptions",
  ],
  CONTENT_ALTERED: ["error", "the node's content does not match the digest on chain: ask another IPFS node"],
  CONTENT_INVALID: [
    "error",
    "it is stored as its author published it, and is nothing that this system writes: ask whoever anchored it",
  ],
  TANGLE_BLOCK_MISSING: ["error", "ask a node that keeps old blocks (a permanode)"],
  TANGLE_BLOCK_ALTERED: ["error", "the node returned a different block: ask another Tangle node"],
  STORAGE_SKIPPED: ["notice", "stored content was not checked: run without --skip-storage"],
} as const satisfies Record<string, readonly [Severity, string]>;

export type FindingCode = keyof typeof FINDINGS;

/** Where to look. */
export interface FindingPlace {
  readonly chainId?: bigint;
  readonly block?: number;
  readonly transactionHash?: string;
  readonly logIndex?: number;
  /** Of the ledger, from 0. */
  readonly entry?: bigint;
  readonly requestId?: string;
  readonly recordId?: string;
  readonly memberId?: string;
  readonly studyId?: string;
}

export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  /** What is wrong, in one sentence. */
  readonly message: string;
  readonly where: FindingPlace;
  readonly evidence: { readonly expected: string; readonly found: string };
  readonly advice: string;
}

/** Takes findings as they are made. */
export type Report = (finding: Finding) => void;

export interface FindingInput {
  readonly code: FindingCode;
  /** What is wrong, in one sentence. */
  readonly message: string;
  readonly where: FindingPlace;
  /** Shown as text. */
  readonly expected: unknown;
  readonly found: unknown;
}

/** Makes a finding, with the severity and the advice of its code. */
export function finding({ code, message, where, expected, found }: FindingInput): Finding {
  const [severity, advice] = FINDINGS[code];
  return { code, severity, message, where, evidence: { expected: String(expected), found: String(found) }, advice };
}

/** Whether findings let an audit pass: nothing is wrong, and nothing was left unchecked. */
export const passes = (findings: readonly Pick<Finding, "severity">[]): boolean =>
  findings.every(({ severity }) => severity === "warning" || severity === "notice");
