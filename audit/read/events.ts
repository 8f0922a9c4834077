/** The suite's events by their first topic, and where in them a request, a member or a record is. */

import { ABIS, type Deployment } from "@medexchain/chain";
import { studyRegistryAbi } from "@medexchain/contracts";
import { Interface, type InterfaceAbi } from "ethers";

/** What the manager of a suite logs: OpenZeppelin's AccessManager, and `contracts/interfaces/ISuiteManager.sol`. */
const MANAGER = [
  "event OperationScheduled(bytes32 indexed operationId, uint32 indexed nonce, uint48 schedule, address caller, address target, bytes data)",
  "event OperationExecuted(bytes32 indexed operationId, uint32 indexed nonce)",
  "event OperationCanceled(bytes32 indexed operationId, uint32 indexed nonce)",
  "event RoleLabel(uint64 indexed roleId, string label)",
  "event RoleGranted(uint64 indexed roleId, address indexed account, uint32 delay, uint48 since, bool newMember)",
  "event RoleRevoked(uint64 indexed roleId, address indexed account)",
  "event RoleAdminChanged(uint64 indexed roleId, uint64 indexed admin)",
  "event RoleGuardianChanged(uint64 indexed roleId, uint64 indexed guardian)",
  "event RoleGrantDelayChanged(uint64 indexed roleId, uint32 delay, uint48 since)",
  "event TargetClosed(address indexed target, bool closed)",
  "event TargetFunctionRoleUpdated(address indexed target, bytes4 selector, uint64 indexed roleId)",
  "event TargetAdminDelayUpdated(address indexed target, uint32 delay, uint48 since)",
  "event SuiteStopped(uint64 until)",
  "event SuiteResumed()",
  "event SuiteSealed()",
];
const READ = { ...ABIS, manager: MANAGER };

/** The contracts that a history is read from. */
export type ContractName = keyof typeof READ;

/** What the registry of studies, which is beside the suite, is called in a history. */
export const STUDIES = "studies";

const CONTRACTS = Object.keys(READ) as ContractName[]; // the keys of a constant

interface EventOfContract {
  readonly contract: ContractName | typeof STUDIES;
  readonly event: string;
}

/** `address topic` in lower case without 0x, to the event. */
export type EventIndex = ReadonlyMap<string, EventOfContract>;

/**
 * All events that the contracts of a deployment can log.
 *
 * @param studies address of the registry of studies beside it, where there is one
 */
export function eventIndex(deployment: Deployment, studies?: string): EventIndex {
  const index = new Map<string, EventOfContract>();
  const add = (contract: ContractName | typeof STUDIES, at: string, abi: InterfaceAbi): void =>
    new Interface(abi).forEachEvent(({ name, topicHash }) => {
      index.set(`${at.toLowerCase()} ${topicHash.slice(2)}`, { contract, event: name });
    });
  for (const contract of CONTRACTS) add(contract, deployment[contract], READ[contract]);
  if (studies !== undefined) add(STUDIES, studies, studyRegistryAbi);
  return index;
}

/** The addresses that logs are asked of. */
export const addressesOf = (deployment: Deployment, studies?: string): string[] => [
  ...CONTRACTS.map((name) => deployment[name]),
  ...(studies === undefined ? [] : [studies]),
];

/**
 * Events that a transaction's sender has the right to cause, for being who it is: an owner, a requester, a hospital's operator, the
 * holder of a role, a relayer, a study's proposer or compute node. Their transactions' senders are proven from the signature, not taken from the node.
 */
export const BY_SENDER: ReadonlySet<string> = new Set([
  "RecordAnchored",
  "RecordLimitSet",
  "RecordRevoked",
  "PolicySet",
  "ConsentRevoked",
  "ConsentUsed",
  "Approved",
  "Resealed",
  "Denied",
  "Withdrawn",
  "Acknowledged",
  "AccessLogged",
  "ResponseReady",
  "HospitalRegistered",
  "OperatorRotated",
  "HospitalSuspended",
  "HospitalReinstated",
  "MaxAccessCountSet",
  "MaxRequestsPerMemberSet",
  "MemberSuspended",
  "MemberReinstated",
  "CertificatesRevoked",
  "RelayerAdded",
  "RelayerRemoved",
  "ThresholdSet",
  "AggregatesSet",
  "BlsKeySet",
  "RelayerSealingKeySet",
  "PartialDisputed",
  "MinThresholdSet",
  "RoleGranted",
  "RoleRevoked",
  "RoleAdminChanged",
  "RoleGrantDelayChanged",
  "TargetFunctionRoleUpdated",
  "StudyProposed",
  "StudyApproved",
  "StudyShared",
  "StudySummed",
  "StudyDecrypted",
  "StudyReleased",
  "StudyLimitsSet",
]);

/** Which topic of an event is the id of a request. */
export const REQUEST_TOPIC: Readonly<Record<string, number>> = {
  AccessRequested: 2,
  RequestDelivered: 2,
  Approved: 1,
  ConsentUsed: 2,
  Resealed: 1,
  ReEncrypted: 1,
  PartialDisputed: 3,
  Denied: 1,
  Withdrawn: 1,
  AccessLogged: 2,
  ReEncryptionRequested: 2,
  ResponseReady: 2,
  ResponseDelivered: 1,
  ResponseCorrected: 1,
  Acknowledged: 1,
  RequestExpired: 1,
};

/** Events whose first two topics are a member and its hospital. */
export const MAKES_MEMBER: ReadonlySet<string> = new Set(["MemberEnrolled", "MemberImported", "MemberAdopted"]);
