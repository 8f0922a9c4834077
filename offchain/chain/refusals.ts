/** What the contracts' errors mean, in words for the person whose call was refused. */
import { STUDY_STATES } from "@medexchain/contracts";
import type { ErrorDescription } from "ethers";
import { requestStateOf } from "./decisions.ts";

type Words = (args: ErrorDescription["args"]) => string;

/** Unix seconds of a contract as a date; as they are where no date is so far away. */
function dateOf(seconds: bigint): string {
  const date = new Date(Number(seconds) * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString().replace(".000", "");
}

/** Thousandths of ε. */
const epsilonOf = (milli: bigint): string => String(Number(milli) / 1000);

/** What a study in a state other than is needed is waiting for. */
const STUDY_WAITS: Readonly<Record<string, string>> = {
  None: "check the id",
  Proposed: "each of its hospitals must approve it first",
  Approved: "each of its hospitals must publish its key share first",
  Open: "patients take part until joining ends, and a sum is made once the study has ended",
  Summed: "its hospitals decrypt the sum, each its part",
  Released: "its result is out, and nothing of it changes any more",
};

const REQUEST_DECIDED: Words = ({ requestId, state }) =>
  `request ${requestId} is ${requestStateOf(BigInt(state)).toLowerCase()} already, and that cannot be changed`;
const REQUEST_EXPIRED: Words = ({ requestId }) => `request ${requestId} has expired; the doctor must ask again`;
const REQUEST_UNSIGNED: Words = ({ requestId }) =>
  `request ${requestId} is not signed by the doctor whom it names; file a new one`;
const REQUEST_UNKNOWN: Words = ({ requestId }) =>
  `there is no request ${requestId}; check the id, or wait for a relayer to bring it`;
const REQUEST_TIME: Words = ({ requestId }) =>
  `request ${requestId} expires too late, or is dated in the future; ask for 30 days at most, and check the clock`;
const REQUESTER_UNKNOWN: Words = ({ requester }) =>
  `requester ${requester} is not an active member of a registered hospital; ask the hospital's operator`;
const REQUESTER_FOREIGN: Words = ({ requester, homeChainId }) =>
  `requester ${requester} is a member on chain ${homeChainId}; requests are filed there`;
const DESTINATION_WRONG: Words = ({ chainId, destination }) =>
  `the request is for chain ${chainId} at ${destination}, which is not connected here; check the configuration's addresses`;

/** By the errors' names. An error that only a fault of ours can bring about is not here: it is told by its name alone. */
const WORDS: Readonly<Record<string, Words>> = {
  AccessGrantsAlreadyDelivered: ({ requestId }) => `request ${requestId} has arrived already; there is nothing to do`,
  AccessGrantsExpired: REQUEST_EXPIRED,
  AccessGrantsForeignRequester: REQUESTER_FOREIGN,
  AccessGrantsInvalidSignature: ({ requestId }) =>
    `request ${requestId} is not signed by the doctor whom it names, or what its owner decided not by the owner's account; have it signed anew`,
  AccessGrantsInvalidTime: REQUEST_TIME,
  AccessGrantsNotExpired: ({ requestId }) => `request ${requestId} has not expired yet; wait until it has`,
  AccessGrantsPeerReplaced: ({ requestId }) =>
    `request ${requestId} came over a connection that has been replaced since, and cannot be granted any more; the doctor must ask again`,
  AccessGrantsSealedAlready: ({ requestId }) =>
    `request ${requestId} is sealed to the relayers of now; wait until they have re-encrypted it`,
  AccessGrantsUnauthorizedOwner: ({ requestId, caller }) =>
    `request ${requestId} is not for a record of the account ${caller}; act as the record's owner`,
  AccessGrantsUnauthorizedPolicy: ({ requestId, policy }) =>
    `the contract ${policy} may not approve request ${requestId}: the record's owner must name it, and be active`,
  AccessGrantsUnknownRequest: REQUEST_UNKNOWN,
  AccessGrantsUnknownRequester: REQUESTER_UNKNOWN,
  AccessGrantsWrongDestination: DESTINATION_WRONG,
  AccessGrantsWrongEpoch: ({ requestId }) =>
    `the relayers changed since request ${requestId} was sealed to them; approve it again, or, if it is approved, seal it anew with medex access reseal`,
  AccessGrantsWrongState: REQUEST_DECIDED,
  AccessLedgerNotContinued: ({ predecessor }) =>
    `the ledger has not taken over its predecessor ${predecessor} yet: call takeOver once that has ended`,
  AccessManagedUnauthorized: ({ caller }) =>
    `the account ${caller} does not have the role that this needs; use the key of the account that has it`,
  AccessRequestsAlreadyAcknowledged: ({ requestId }) =>
    `request ${requestId} has already been acknowledged, which can be done only once`,
  AccessRequestsAlreadyRequested: ({ requestId }) => `request ${requestId} was filed before; file a new one`,
  AccessRequestsExpired: REQUEST_EXPIRED,
  AccessRequestsForeignRequester: REQUESTER_FOREIGN,
  AccessRequestsFutureResponse: ({ requestId }) =>
    `the answer to request ${requestId} is dated in the future; wait, or check both chains' clocks`,
  AccessRequestsInvalidResponse: ({ requestId }) =>
    `the answer to request ${requestId} is not one that the owner's chain can have given; check its relayers`,
  AccessRequestsInvalidSignature: REQUEST_UNSIGNED,
  AccessRequestsInvalidTime: REQUEST_TIME,
  AccessRequestsNotExpired: ({ requestId }) => `request ${requestId} has not expired yet; wait until it has`,
  AccessRequestsOtherAnswer: ({ requestId }) =>
    `the answer to request ${requestId} was corrected since; open it again, and acknowledge what holds now`,
  AccessRequestsProven: ({ requestId }) =>
    `the answer to request ${requestId} was proven to be what the other chain said, and nobody corrects it`,
  AccessRequestsSameResponse: ({ requestId }) =>
    `the answer to request ${requestId} is that already; there is nothing to correct`,
  AccessRequestsUnauthorizedRequester: ({ requestId, caller }) =>
    `request ${requestId} was not filed by the account ${caller}; act as the doctor who filed it`,
  AccessRequestsUnknownRequest: REQUEST_UNKNOWN,
  AccessRequestsUnknownRequester: REQUESTER_UNKNOWN,
  AccessRequestsWrongDestination: DESTINATION_WRONG,
  AccessRequestsWrongEpoch: ({ requestId, answeredIn }) =>
    `the answer to request ${requestId} was attested in epoch ${answeredIn}; it is corrected by relayers of the epoch of now, and that must be later`,
  AccessRequestsWrongState: ({ requestId, state }) =>
    `request ${requestId} is ${requestStateOf(BigInt(state)).toLowerCase()}; this needs it in another state`,
  BatchesOutOfGas: ({ index }) =>
    `the transaction has too little gas left for item ${index} of its batch; send it with more, or with fewer items`,
  HospitalRegistryAlreadyRegistered: ({ hospitalId }) =>
    `hospital ${hospitalId} is registered already; there is nothing to do`,
  HospitalRegistryExpiredCertificate: ({ memberId }) =>
    `the certificate of member ${memberId} has expired; have the hospital renew it`,
  HospitalRegistryForeignHospital: ({ hospitalId, homeChainId }) =>
    `hospital ${hospitalId} enrols its members on chain ${homeChainId}; do this there`,
  HospitalRegistryInactiveHospital: ({ hospitalId }) =>
    `hospital ${hospitalId} is not registered, or is suspended; ask the registrar`,
  HospitalRegistryInvalidAccount: ({ account }) =>
    `the account ${account} cannot be a member's; give the member's own account`,
  HospitalRegistryInvalidOperator: ({ operator }) =>
    `the account ${operator} cannot be an operator's; give the operator's own account`,
  HospitalRegistryInvalidSignature: ({ hospitalId }) =>
    `the certificate is not signed by the operator of hospital ${hospitalId}; sign it with the operator's key`,
  HospitalRegistryLocalHospital: ({ hospitalId }) =>
    `hospital ${hospitalId} enrols its members on this very chain; there is nothing to import`,
  HospitalRegistryStaleSerial: ({ memberId, current }) =>
    `member ${memberId} has a newer certificate already (serial ${current}); there is nothing to do`,
  HospitalRegistryUnauthorizedOperator: ({ hospitalId, caller }) =>
    `the account ${caller} is not the operator of hospital ${hospitalId}; use the hospital's vault`,
  HospitalRegistryUnknownHospital: ({ hospitalId }) =>
    `hospital ${hospitalId} is not registered; check its name, or have it registered`,
  HospitalRegistryUnknownMember: ({ memberId }) => `there is no member ${memberId}; check the pseudonym, or enrol them`,
  LanesPaused: ({ chainId }) => `the lane from chain ${chainId} is paused; wait until its manager resumes it`,
  LanesUnknownChain: ({ chainId }) => `chain ${chainId} is not connected here; ask the administrator`,
  MailboxNeedlessAttestations: ({ chainId }) =>
    `chain ${chainId} is believed by proofs alone here; leave out the relayers' attestations`,
  MailboxUnprovenMessage: ({ chainId, message }) =>
    `message ${message} of chain ${chainId} is below no peak that was proven; prove a peak above it first, or check the path`,
  MailboxWrongCheckpoint: ({ chainId, blockNumber }) =>
    `the checkpoint is not what the ledger of chain ${chainId} was at the end of block ${blockNumber}; read it anew at that block`,
  PredecessorOpen: ({ predecessor }) =>
    `the suite of ${predecessor}, from which this one goes on, has not ended: it must be sealed, and every request there decided`,
  ProvenLanesFrozen: ({ chainId }) =>
    `validators of chain ${chainId} sealed two blocks of which one must be false, so nothing of it is believed; the lane manager must look into it and set another client`,
  ProvenLanesUnproven: ({ chainId }) =>
    `what comes from chain ${chainId} must be proven here; bring it through the mailbox with a proof`,
  ProvenLanesWrongClient: ({ chainId, client }) =>
    `${client} is no light client of chain ${chainId}; the lane manager must set one`,
  QbftClientExpired: ({ trustedAt, trustingPeriod }) =>
    `the latest header of the light client is of ${trustedAt}, more than ${trustingPeriod} s ago, so its validators are not trusted any more; the lane manager must set a new client`,
  QbftClientFrozen: () =>
    "validators sealed two blocks of which one must be false, so the light client believes nothing more; the lane manager must look into it",
  QbftClientFutureHeader: ({ number, timestamp }) =>
    `block ${number} is dated in the future (${timestamp}); wait, or check both chains' clocks`,
  QbftClientInvalidSeal: ({ index }) =>
    `seal ${index} is none of a validator of the block, or not in the order of its list; sort the seals by validator`,
  QbftClientOldHeader: ({ number, latest }) =>
    `block ${number} is older than ${latest}, which the light client has; bring a later one`,
  QbftClientTooFewSeals: ({ given, needed }) => `the block has ${given} seals, and needs ${needed}`,
  QbftClientTooFewTrusted: ({ given, needed }) =>
    `of the validators that the light client trusts, ${given} sealed the block, and ${needed} must: bring a block between it and the latest first`,
  QbftClientUnknownBlock: ({ number }) =>
    `the light client does not keep the state of block ${number}; prove by one that it keeps, or bring a later block`,
  RecordRegistryAlreadyAnchored: ({ recordId }) => `record ${recordId} is published already; there is nothing to do`,
  RecordRegistryExpiredSignature: ({ recordId, expiry }) =>
    `what the owner signed for record ${recordId} expired at ${expiry}; have it signed anew`,
  RecordRegistryForeignOwner: ({ owner, homeChainId }) =>
    `owner ${owner} is a member on chain ${homeChainId}; publish records there`,
  RecordRegistryUnauthorizedOwner: ({ owner, caller }) =>
    `the account ${caller} is not that of the active member ${owner}, whose record it is; act as its owner`,
  RecordRegistryUnknownRecord: ({ recordId }) => `there is no record ${recordId}; check the id`,
  RecordRegistryWrongDigests: ({ recordId }) =>
    `the digests are not those of record ${recordId}; give them as its RecordAnchored event has them`,
  StandingConsentsExhausted: ({ consentId, maxAccessCount }) =>
    `consent ${consentId} was used ${maxAccessCount} times, and is for no more; approve the request yourself, or sign a new consent`,
  StandingConsentsIncomplete: ({ consentId }) =>
    `consent ${consentId} must name 1 to 32 purposes, at least one and at most 32 hospitals and 32 members, at most 32 records and classes of data, a period, and a count above 0`,
  StandingConsentsInvalidSignature: ({ consentId }) =>
    `consent ${consentId} is not signed by its owner's account; sign it again`,
  StandingConsentsOtherClasses: ({ consentId }) =>
    `consent ${consentId} is not for data of these classes; approve the request yourself`,
  StandingConsentsOtherPurpose: ({ consentId }) =>
    `consent ${consentId} is not for the purpose of this request; approve the request yourself`,
  StandingConsentsOtherRecipient: ({ consentId, requester }) =>
    `consent ${consentId} does not name requester ${requester}, nor their hospital; approve the request yourself`,
  StandingConsentsOtherRecord: ({ consentId, recordId }) =>
    `consent ${consentId} is not for record ${recordId}; approve the request yourself`,
  StandingConsentsOutOfPeriod: ({ consentId, from, until }) =>
    `consent ${consentId} holds from ${from} until ${until}, in Unix seconds, and not now`,
  StandingConsentsRevoked: ({ consentId }) => `consent ${consentId} was revoked; sign a new one`,
  StandingConsentsUnauthorized: ({ owner, caller }) =>
    `the account ${caller} is not that of the active member ${owner}, or not the one that signed the consent; act as that member, or sign the consent anew`,
  StandingConsentsUnknown: ({ consentId }) => `there is no consent ${consentId}; check the id`,
  StudyRegistryAlreadyDone: ({ studyId, holder }) =>
    `hospital ${holder} has done that for study ${studyId} already, and it can be done only once`,
  StudyRegistryAlreadyJoined: ({ studyId, patient }) =>
    `patient ${patient} takes part in study ${studyId} already, or has left it, which is for good`,
  StudyRegistryAlreadyProposed: ({ studyId }) => `study ${studyId} is proposed already; there is nothing to do`,
  StudyRegistryBudgetExhausted: ({ patient, spent, limit }) =>
    `patient ${patient} has given ε ${epsilonOf(spent)} of ${epsilonOf(limit)} to studies this year, and this one asks for more than is left; wait until next year`,
  StudyRegistryCohortFull: ({ studyId, maximum }) => `study ${studyId} has all of its ${maximum} patients`,
  StudyRegistryCohortTooLarge: ({ studyId, count, cohort }) =>
    `the sum is of ${count} patients, and ${cohort} take part in study ${studyId}; make it anew`,
  StudyRegistryCohortTooSmall: ({ studyId, count, minimum }) =>
    `study ${studyId} promised at least ${minimum} patients, and the sum is of ${count}; nothing of it can be released`,
  StudyRegistryDecryptionBegun: ({ studyId }) =>
    `a hospital has decrypted its part of study ${studyId} already, so nothing of it can be changed any more`,
  StudyRegistryForeignPatient: ({ studyId, patient }) =>
    `patient ${patient} is of no hospital that holds the key of study ${studyId}`,
  StudyRegistryInactivePatient: ({ patient }) =>
    `patient ${patient} is not an active member of a hospital on this chain; have the certificate renewed or brought here`,
  StudyRegistryInvalidCohort: ({ minimum, maximum }) =>
    `a cohort of ${minimum} to ${maximum} patients is not possible; ask for 2 at least, and 100000 at most`,
  StudyRegistryInvalidEpsilon: ({ epsilonMilli }) =>
    `a study cannot ask for ε ${epsilonOf(epsilonMilli)}; ask for 0.001 to 20`,
  StudyRegistryInvalidHolders: ({ count }) => `a study cannot have ${count} key holders; name 2 to 8 hospitals`,
  StudyRegistryInvalidSignature: ({ patient }) =>
    `that is not signed by the account of patient ${patient}; sign it with the patient's vault`,
  StudyRegistryInvalidTimes: ({ joinEnd, end }) =>
    `joining until ${dateOf(joinEnd)} and ending at ${dateOf(end)} is not possible; joining must end in the future, and before the study does`,
  StudyRegistryJoiningEnded: ({ studyId, joinEnd }) => `joining study ${studyId} ended at ${dateOf(joinEnd)}`,
  StudyRegistryNotEnded: ({ studyId, end }) => `study ${studyId} ends at ${dateOf(end)}; wait until then`,
  StudyRegistryNotHolder: ({ studyId, hospitalId }) => `hospital ${hospitalId} holds no key of study ${studyId}`,
  StudyRegistryNotJoined: ({ studyId, patient }) => `patient ${patient} does not take part in study ${studyId}`,
  StudyRegistryOtherSum: ({ studyId, sum }) =>
    `the sum of study ${studyId} is ${sum} now, which is another one; check that, and decrypt it`,
  StudyRegistryPartialsMissing: ({ studyId, given }) =>
    `only ${given} hospitals have decrypted their part of study ${studyId}; wait for the others`,
  StudyRegistryRepeatedHolder: ({ holder }) =>
    `hospital ${holder} is named twice, or out of order; name each once, ids ascending`,
  StudyRegistryStudiesExhausted: ({ patient, limit }) =>
    limit === 0n
      ? `the hospital of patient ${patient} has not said how much its patients may give to studies; its operator runs medex study limit`
      : `patient ${patient} takes part in as many studies of this year as the hospital allows (${limit}); wait until next year`,
  StudyRegistryUnauthorizedComputeNode: ({ studyId, caller }) =>
    `the account ${caller} is not the compute node of study ${studyId}; use the key of the one that its terms name`,
  StudyRegistryUnauthorizedOperator: ({ hospitalId, caller }) =>
    `the account ${caller} is not the operator of the active hospital ${hospitalId}; use the hospital's vault`,
  StudyRegistryWrongShare: ({ studyId, holder }) =>
    `the key share of hospital ${holder} is not the one that it committed to for study ${studyId}; publish that one`,
  StudyRegistryWrongState: ({ studyId, state }) => {
    const name = STUDY_STATES[Number(state)] ?? "";
    return `study ${studyId} is ${name === "None" ? "not there" : name.toLowerCase()}: ${STUDY_WAITS[name] ?? "check the id"}`;
  },
  SuiteManagerResting: ({ from }) =>
    `the suite was stopped not long ago, and the guardian cannot stop it again before ${from}; ask the lane manager`,
  SuiteManagerSealed: () =>
    "these contracts have ended for good and take nothing new; use the addresses of those that follow them",
};

/** What a contract's refusal means, and for developers the error's name; for one without words, its name and arguments. */
export function refusalText(revert: ErrorDescription): string {
  const words = WORDS[revert.name];
  return words === undefined ? `${revert.name}(${revert.args.join(", ")})` : `${words(revert.args)} (${revert.name})`;
}
