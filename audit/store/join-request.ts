import {
  type Acknowledgement,
  acknowledgementOf,
  type Decision,
  decisionOf,
  type Hex32,
  type RequestState,
} from "@medexchain/chain";
import type { AccessHistoryEntry, AnswerAt, LoggedDecision, ReEncryptionAsked } from "../access-history.ts";
import { decodeEntry, decodeRequest, decodeResponse } from "./decode.ts";
import { hexWord, intWord, positionOf, type StoredLog } from "./stored-log.ts";

/** What is known of the people of a request. */
export interface Parties {
  readonly requesterHospital: Hex32 | undefined;
  readonly owner: Hex32 | undefined;
  readonly ownerHospital: Hex32 | undefined;
}

/**
 * Joins all logs of one request. Undefined where neither `AccessRequested` nor `RequestDelivered` is among them.
 *
 * @throws RangeError on a log that is too short, or says something that there is not
 */
export function joinRequest(
  requestId: Hex32,
  logs: readonly StoredLog[],
  parties: Parties,
): AccessHistoryEntry | undefined {
  const find = (event: string) => logs.find((log) => log.event === event);
  const requestedLog = find("AccessRequested");
  const deliveredLog = find("RequestDelivered");
  const origin = requestedLog ?? deliveredLog;
  if (!origin) return undefined;
  const request = decodeRequest(origin.data, origin === requestedLog ? 0 : 1);
  const decisions = logs.filter(({ event }) => event === "AccessLogged").map(decisionOfLog);
  const [reEncryption, ...resealings] = logs
    .filter(({ event }) => event === "ReEncryptionRequested")
    .map(reEncryptionOf);
  const usedLog = find("ConsentUsed");
  const answerLog = find("ResponseReady");
  const responseLogs = answersIn(logs);
  const responseLog = responseLogs.at(-1);
  // What was said of an answer that was replaced is not said of the one that holds.
  const acknowledgedLog = responseLog
    ? logs.slice(logs.indexOf(responseLog)).find(({ event }) => event === "Acknowledged")
    : find("Acknowledged");
  const expiredLog = find("RequestExpired");
  const answer = answerLog && answerOf(answerLog);
  const response = responseLog && answerOf(responseLog);
  return {
    requestId,
    recordId: request.recordId,
    requester: request.requester,
    ...parties,
    purpose: request.purpose,
    request,
    sourceChainId: requestedLog?.chainId ?? intWord(origin.data, 0),
    destinationChainId: request.destinationChainId,
    requested: requestedLog && { ...positionOf(requestedLog), sequence: intWord(requestedLog.topics, 1) },
    delivered: deliveredLog && { ...positionOf(deliveredLog), index: intWord(deliveredLog.topics, 1) },
    decisions,
    decision: decisions.at(-1),
    consent: usedLog && hexWord(usedLog.topics, 1),
    reEncryption,
    resealings,
    answer,
    response,
    replacedResponses: responseLogs.slice(0, -1).map(answerOf),
    acknowledgement: acknowledgedLog && {
      ...positionOf(acknowledgedLog),
      acknowledgement: acknowledgementIn(acknowledgedLog),
    },
    expired: expiredLog && positionOf(expiredLog),
    sourceState: sourceState(requestedLog, response, expiredLog),
    destinationState: destinationState(deliveredLog, reEncryption, answer),
  };
}

/** The logs of the answers that a request had on its own chain, oldest first: the response, of which the first counts, and its corrections. */
export function answersIn(logs: readonly StoredLog[]): StoredLog[] {
  const delivered = logs.find(({ event }) => event === "ResponseDelivered");
  return logs.filter((log) => log === delivered || log.event === "ResponseCorrected");
}

/** By the events of the requester's chain. */
export const sourceState = (
  requested: unknown,
  response: Pick<AnswerAt, "decision"> | undefined,
  expired: unknown,
): RequestState => {
  if (response) return terminalState(response.decision);
  if (expired) return "Expired";
  return requested ? "Pending" : "None";
};

/** By the events of the owner's chain. */
export const destinationState = (
  delivered: unknown,
  reEncryption: unknown,
  answer: Pick<AnswerAt, "decision"> | undefined,
): RequestState => {
  if (answer) return terminalState(answer.decision);
  if (reEncryption) return "Authorized";
  return delivered ? "Pending" : "None";
};

/** As `AccessPolicy.terminalState` has it. */
export function terminalState(decision: Decision): RequestState {
  if (decision === "Granted" || decision === "Expired") return decision;
  return decision === "DeniedByOwner" || decision === "Withdrawn" ? "Denied" : "Refused";
}

function decisionOfLog(log: StoredLog): LoggedDecision {
  const { decision, hospitalCount, hospitalLimit, recordCount, recordLimit } = decodeEntry(log.data);
  const index = intWord(log.topics, 1);
  return { ...positionOf(log), index, decision, hospitalCount, hospitalLimit, recordCount, recordLimit };
}

function reEncryptionOf(log: StoredLog): ReEncryptionAsked {
  return { ...positionOf(log), sequence: intWord(log.topics, 1), sealedRekey: hexWord(log.data, 0) };
}

/** The response in `ResponseReady`, `ResponseDelivered` and `ResponseCorrected`; in the latter two the attestations' offset comes after it. */
function answerOf(log: StoredLog): AnswerAt {
  const { decision, decidedAt, contents, reEncryption, privateFragment } = decodeResponse(log.data, 0);
  return { ...positionOf(log), decision: decisionOf(decision), decidedAt, contents, reEncryption, privateFragment };
}

const acknowledgementIn = (log: StoredLog): Acknowledgement => acknowledgementOf(intWord(log.data, 0));
