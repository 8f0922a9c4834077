/** Access histories made by hand: each entry as the chains would tell it, with what a test changes. */

import { type Hex32, pseudonymHash, ZERO_32 } from "@medexchain/chain";
import type {
  AccessHistory,
  AccessHistoryEntry,
  AnswerAt,
  ChainPosition,
  LoggedDecision,
  RecordChange,
  StudyPart,
} from "../../../audit/access-history.ts";
import { PEOPLE } from "../../world/people.ts";

export const CHAIN_A = 31337n;
export const CHAIN_B = 31338n;
export const T0 = 1_760_000_000n;
export const ids = {
  owner: PEOPLE.patient.memberId,
  requester: PEOPLE.doctor.memberId,
  hospitalA: PEOPLE.hospitalA.id,
  hospitalB: PEOPLE.hospitalB.id,
  record: pseudonymHash("record"),
};

const address = (digit: string) => `0x${digit.repeat(40)}`;
export const contracts = new Map(
  [CHAIN_A, CHAIN_B].map((chainId, index) => [
    chainId,
    {
      grants: address(`${index + 1}`),
      requests: address(`${index + 3}`),
      records: address(`${index + 5}`),
      ...(index === 0 && { studies: address("7") }),
    },
  ]),
);

/** The purpose as a request carries it. */
export const purposeBytes = (text: string): Hex32 => `0x${Buffer.from(text, "latin1").toString("hex").padEnd(64, "0")}`;

export function at(chainId: bigint, seconds: number): ChainPosition {
  const timestamp = T0 + BigInt(seconds);
  return {
    chainId,
    block: 100 + seconds,
    logIndex: 0,
    transactionHash: pseudonymHash(`transaction ${chainId} ${seconds}`),
    timestamp,
  };
}

export function decided(
  decision: LoggedDecision["decision"],
  counts: Partial<Pick<LoggedDecision, "hospitalCount" | "hospitalLimit" | "recordCount" | "recordLimit">> = {},
  seconds = 20,
): LoggedDecision {
  const count = decision === "Granted" ? 1n : 0n;
  const limits = { hospitalLimit: 10n, recordLimit: 5n };
  return {
    ...at(CHAIN_A, seconds),
    index: BigInt(seconds),
    decision,
    hospitalCount: count,
    recordCount: count,
    ...limits,
    ...counts,
  };
}

/** A request that was granted, answered and opened; or what the changes make of it. */
export function entry(changes: Partial<AccessHistoryEntry> = {}, name = "request"): AccessHistoryEntry {
  const purpose = changes.purpose ?? purposeBytes("TREAT");
  const answer: AnswerAt = {
    ...at(CHAIN_A, 30),
    decision: "Granted",
    decidedAt: T0 + 30n,
    contents: pseudonymHash("contents"),
    reEncryption: pseudonymHash("sealed"),
    privateFragment: pseudonymHash("block"),
  };
  const decisions = changes.decisions ?? [decided("Granted")];
  return {
    requestId: pseudonymHash(name),
    recordId: ids.record,
    requester: ids.requester,
    requesterHospital: ids.hospitalB,
    owner: ids.owner,
    ownerHospital: ids.hospitalA,
    purpose,
    request: {
      recordId: ids.record,
      requester: ids.requester,
      purpose,
      destinationChainId: CHAIN_A,
      destination: address("1"),
      issuedAt: T0,
      expiry: T0 + 3600n,
      nonce: 1n,
    },
    sourceChainId: CHAIN_B,
    destinationChainId: CHAIN_A,
    requested: { ...at(CHAIN_B, 0), sequence: 1n },
    delivered: { ...at(CHAIN_A, 10), index: 0n },
    decisions,
    decision: decisions.at(-1),
    reEncryption: { ...at(CHAIN_A, 20), sequence: 1n, sealedRekey: pseudonymHash("sealed") },
    resealings: [],
    answer,
    response: { ...answer, ...at(CHAIN_B, 40) },
    replacedResponses: [],
    consent: undefined,
    acknowledgement: { ...at(CHAIN_B, 50), acknowledgement: "Opened" },
    expired: undefined,
    sourceState: "Granted",
    destinationState: "Granted",
    ...changes,
  };
}

/** A request that was refused by this decision. */
export function refused(decision: LoggedDecision["decision"], name: string = decision): AccessHistoryEntry {
  const answer: AnswerAt = {
    ...at(CHAIN_A, 20),
    decision,
    decidedAt: T0 + 20n,
    contents: ZERO_32,
    reEncryption: ZERO_32,
    privateFragment: ZERO_32,
  };
  const state = decision === "DeniedByOwner" ? "Denied" : decision === "Expired" ? "Expired" : "Refused";
  const counts = decision === "RecordLimitReached" ? { hospitalCount: 5n, recordCount: 5n } : {};
  return entry(
    {
      decisions: [decided(decision, counts)],
      reEncryption: undefined,
      answer,
      response: { ...answer, ...at(CHAIN_B, 40) },
      acknowledgement: undefined,
      sourceState: state,
      destinationState: state,
      ...(decision === "RecordUnknown" && { owner: undefined, ownerHospital: undefined }),
    },
    name,
  );
}

export function revocation(seconds = 60): RecordChange {
  return {
    kind: "revoked",
    recordId: ids.record,
    owner: ids.owner,
    ownerHospital: ids.hospitalA,
    at: at(CHAIN_A, seconds),
  };
}

/** One entry for every way in which a request can end, and some in which it has not. */
export function everyEntry(): AccessHistoryEntry[] {
  const unanswered = { response: undefined, acknowledgement: undefined };
  return [
    entry(),
    ...(
      [
        "DeniedByOwner",
        "HospitalLimitReached",
        "RecordLimitReached",
        "RecordUnknown",
        "RecordRevoked",
        "RequesterInactive",
        "Expired",
      ] as const
    ).map((decision) => refused(decision)),
    entry({ acknowledgement: { ...at(CHAIN_B, 50), acknowledgement: "Disputed" } }, "disputed"),
    entry(
      { decisions: [decided("Granted"), decided("RecordRevoked", {}, 25)], answer: undefined, ...unanswered },
      "withdrawn",
    ),
    entry(
      { decisions: [], reEncryption: undefined, answer: undefined, ...unanswered, requesterHospital: undefined },
      "pending",
    ),
    entry(
      {
        delivered: undefined,
        decisions: [],
        reEncryption: undefined,
        answer: undefined,
        ...unanswered,
        expired: at(CHAIN_B, 90_000),
      },
      "unanswered",
    ),
    entry({ purpose: purposeBytes("=cmd()\x1b[31m<b>"), requested: undefined }, "hostile purpose"),
  ];
}

/** A patient's part in a study. */
export const studyPart = (more: Partial<StudyPart> = {}): StudyPart => ({
  studyId: pseudonymHash("study"),
  patient: ids.owner,
  patientHospital: ids.hospitalA,
  holders: [ids.hospitalA, ids.hospitalB],
  joined: at(CHAIN_A, 30),
  left: undefined,
  ...more,
});

/** A history as the reader would give it. */
export function historyOf(
  entries: readonly AccessHistoryEntry[],
  changes: readonly RecordChange[] = [],
  parts: readonly StudyPart[] = [],
): Pick<AccessHistory, "entries" | "recordChanges" | "studyParts" | "count" | "heads"> {
  return {
    heads: [CHAIN_A, CHAIN_B].map((chainId) => ({ chainId, block: 200, hash: pseudonymHash(`block ${chainId}`) })),
    entries: () => entries,
    recordChanges: () => changes,
    studyParts: () => parts,
    count: () => entries.length,
  };
}
