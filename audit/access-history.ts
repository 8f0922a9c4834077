/**
 * The joined history: every request with what both chains say of it, and every change of a record. It is read from a local store
 * that `openAccessHistory` brings up to date with the chains, so a second reading costs only what is new. Ranges of blocks and single
 * requests are in memory, never the history.
 */
import type { AccessRequest, Acknowledgement, Decision, Deployment, Hex32, RequestState } from "@medexchain/chain";

/** Where on which chain something was said, and when. */
export interface ChainPosition {
  readonly chainId: bigint;
  readonly block: number;
  readonly logIndex: number;
  readonly transactionHash: Hex32;
  /** Of the block, Unix seconds. */
  readonly timestamp: bigint;
}

/** M1 on the requester's chain: `AccessRequested`. */
export interface RequestedAt extends ChainPosition {
  /** In the outbox of the requester's chain, from 1. */
  readonly sequence: bigint;
}

/** M1 on the owner's chain: `RequestDelivered`. */
export interface DeliveredAt extends ChainPosition {
  /** Among the requests delivered there, from 0. */
  readonly index: bigint;
}

/** One line of List₁ on the owner's chain: `AccessLogged`. Counts are those after the decision. */
export interface LoggedDecision extends ChainPosition {
  /** In the ledger, from 0. */
  readonly index: bigint;
  readonly decision: Decision;
  readonly hospitalCount: bigint;
  readonly hospitalLimit: bigint;
  readonly recordCount: bigint;
  readonly recordLimit: bigint;
}

/** M3 on the owner's chain: `ReEncryptionRequested`. */
export interface ReEncryptionAsked extends ChainPosition {
  /** In the outbox of the owner's chain, from 1. */
  readonly sequence: bigint;
  /** SHA-256 digest of the CID of the sealed re-encryption key. */
  readonly sealedRekey: Hex32;
}

/** M5 on the owner's chain (`ResponseReady`), M6 on the requester's (`ResponseDelivered`, `ResponseCorrected`). */
export interface AnswerAt extends ChainPosition {
  readonly decision: Decision;
  /** Unix seconds on the owner's chain. */
  readonly decidedAt: bigint;
  /** The record's commitment, see `contracts/types/Record.sol`. This and the next two are zero unless it was granted. */
  readonly contents: Hex32;
  /** SHA-256 digest of the CID of the sealed re-encryption key, which commits to the relayers' partials. */
  readonly reEncryption: Hex32;
  /** Block id of the head of the channel message with the private fragment. */
  readonly privateFragment: Hex32;
}

/** M8 on the requester's chain: `Acknowledged`. */
export interface AcknowledgedAt extends ChainPosition {
  readonly acknowledgement: Acknowledgement;
}

/** One request, both chains' sides joined. A part that is absent was not said by its chain up to the block that was read. */
export interface AccessHistoryEntry {
  readonly requestId: Hex32;
  readonly recordId: Hex32;
  readonly requester: Hex32;
  /** Undefined where neither chain has a certificate of the requester. */
  readonly requesterHospital: Hex32 | undefined;
  /** The record's owner; undefined where the record was never anchored. */
  readonly owner: Hex32 | undefined;
  readonly ownerHospital: Hex32 | undefined;
  /** HL7 v3 PurposeOfUse as 32 bytes of ASCII, padded with zeros. Anyone can choose it: do not print it unfiltered. */
  readonly purpose: Hex32;
  /** What was asked and signed, as the requester's chain has it; the owner's chain's form where that chain does not know it. */
  readonly request: AccessRequest;
  /** Requester's chain, and the owner's. */
  readonly sourceChainId: bigint;
  readonly destinationChainId: bigint;
  readonly requested: RequestedAt | undefined;
  readonly delivered: DeliveredAt | undefined;
  /** Every decision on it in the ledger's order: two where a grant was withdrawn before its re-encryption. */
  readonly decisions: readonly LoggedDecision[];
  /** The last of `decisions`. */
  readonly decision: LoggedDecision | undefined;
  /** The standing consent by which it was approved; undefined where the owner decided, or nobody yet. */
  readonly consent: Hex32 | undefined;
  /** By the approval. */
  readonly reEncryption: ReEncryptionAsked | undefined;
  /** What the owner sealed anew since, to the relayers of later epochs, oldest first. */
  readonly resealings: readonly ReEncryptionAsked[];
  /** What the owner's chain answered. */
  readonly answer: AnswerAt | undefined;
  /** The answer that holds at the requester's: what arrived there, or its latest correction. */
  readonly response: AnswerAt | undefined;
  /** Answers that held there before, and were replaced by corrections; oldest first. */
  readonly replacedResponses: readonly AnswerAt[];
  /** Of the answer that holds. */
  readonly acknowledgement: AcknowledgedAt | undefined;
  /** The requester's chain ended it without an answer. */
  readonly expired: ChainPosition | undefined;
  /** By the events; `None` where the chain does not know the request. */
  readonly sourceState: RequestState;
  readonly destinationState: RequestState;
}

/** A change of a record by its owner, from the events of `RecordRegistry`. */
export type RecordChange = {
  readonly recordId: Hex32;
  readonly owner: Hex32 | undefined;
  readonly ownerHospital: Hex32 | undefined;
  readonly at: ChainPosition;
} & (
  | {
      readonly kind: "anchored";
      readonly capsule: Hex32;
      readonly publicFragment: Hex32;
      readonly privateFragment: Hex32;
      readonly maxAccessCount: bigint;
    }
  | { readonly kind: "limit-set"; readonly maxAccessCount: bigint }
  | { readonly kind: "revoked" }
);

/** One patient's part in a study, from the events of `StudyRegistry`. */
export interface StudyPart {
  readonly studyId: Hex32;
  readonly patient: Hex32;
  readonly patientHospital: Hex32 | undefined;
  /** The hospitals that hold the study's keys. */
  readonly holders: readonly Hex32[];
  readonly joined: ChainPosition;
  /** Undefined where the patient takes part still. */
  readonly left: ChainPosition | undefined;
}

/** Which part of the history; everything given must hold. */
export interface HistoryFilter {
  /** Requester or owner. */
  readonly member?: Hex32;
  readonly record?: Hex32;
  /** The requester's or the owner's. */
  readonly hospital?: Hex32;
  /** Unix seconds, inclusive: when the request was made (delivered, where only the owner's chain knows it), the change, or the patient joined. */
  readonly since?: bigint;
  /** Unix seconds, exclusive. */
  readonly until?: bigint;
}

/** The history up to a block of each chain. */
export interface AccessHistory {
  /** Up to which block each chain was read. */
  readonly heads: readonly { readonly chainId: bigint; readonly block: number; readonly hash: Hex32 }[];
  /** Requests, oldest first. Read in pages: breaking off costs nothing. */
  entries(filter?: HistoryFilter): Iterable<AccessHistoryEntry>;
  /** Changes of records, oldest first. */
  recordChanges(filter?: HistoryFilter): Iterable<RecordChange>;
  /** Who takes part, or took, in which study, oldest first; of chains whose registry of studies is audited. None of one record. */
  studyParts(filter?: HistoryFilter): Iterable<StudyPart>;
  /** How many requests the filter lets through. */
  count(filter?: HistoryFilter): number;
}

/** A chain to audit. */
export interface AuditSource {
  /** Its network's name, for people. */
  readonly name: string;
  /** Id, RPC URL and addresses: what the auditor believes, and all that it believes. */
  readonly deployment: Deployment;
  /** No event is older. */
  readonly fromBlock: number;
  /** How many blocks must follow a block before it is read. */
  readonly confirmations: number;
  /** A second node of another operator, whose answers must be the same. */
  readonly witnessUrl?: string;
  /**
   * Who validated the chain at `fromBlock`, where it is a QBFT chain: addresses. Then everything that is read is proven by validators'
   * seals, see docs/audit.md; without, the node's headers are believed.
   */
  readonly validators?: readonly string[];
  /** Address of the registry of studies beside the suite, where there is one that is to be audited. */
  readonly studies?: string;
}

/** How far the reading of one chain is. */
export interface ReadProgress {
  readonly chainId: bigint;
  readonly block: number;
  readonly last: number;
}

export interface ReadOptions {
  readonly sources: readonly AuditSource[];
  /** Where the store is kept, a file for each set of deployments. It may be deleted at any time: everything is read anew then. */
  readonly directory: string;
  readonly observe?: (progress: ReadProgress) => void;
  readonly signal?: AbortSignal;
}
