/**
 * What is beyond finding on a chain without seals and with one node, each with the reason: docs/audit.md, "What is not proven". It goes by
 * what was altered, never by what an audit said.
 */
import type { Run } from "./world.ts";

/** Events without a number of their own, which nothing that comes later needs in this history, or rests on. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  "AuthorityUpdated",
  "MaxRequestsPerHourSet",
  "MinThresholdSet",
  "PeerSet",
  "RecordLimitSet",
  "RecordRevoked",
  "RelayerSealingKeySet",
  "RoleGranted",
  "RoleLabel",
  "TargetFunctionRoleUpdated",
]);
/** Events that say the same when their own transaction says them once more. */
const SAID_AGAIN: ReadonlySet<string> = new Set([
  "AuthorityUpdated",
  "HospitalRegistered",
  "MaxAccessCountSet",
  "MaxRequestsPerHourSet",
  "MinThresholdSet",
  "PeerSet",
  "RelayerSealingKeySet",
  "RoleGranted",
  "RoleLabel",
  "TargetFunctionRoleUpdated",
]);
/** Calls whose events carry all that proves them, and what is asked of nobody: who sent them, and how, is not looked at. */
const PROVEN_BY_EVENT: ReadonlySet<string> = new Set([
  "creation",
  "deliverResponse",
  "enrolMember",
  "importMember",
  "request",
  "rotateSealingKey",
  "setPeer",
]);
/** Calls that carry what proves them: who sent them is not looked at. */
const PROVEN_BY_CALL: ReadonlySet<string> = new Set(["deliverRequests", "submitCheckpoint"]);

/** Why a tampering cannot be found; undefined where it must be. */
export function beyondFinding({ tampering: { how, piece, field }, event }: Run): string | undefined {
  if (piece.of === "code" && how === "change")
    return "the code of a contract is the node's word, as long as there is some";
  if (piece.of === "header" && field === "timestamp" && how === "change")
    return "a block's time is the node's word, but where a contract says it";
  if (piece.of === "header" && field === "parentHash" && how === "change" && event === "after a block without events")
    return "a block without events is not read, and so not held against the one that says it follows it";
  if (piece.of === "log" && how === "change" && field === "logIndex")
    return "the number of a log in its block, where its order stays";
  if (piece.of === "log" && event === "MessageSent")
    return "the mailbox's log says again what requests and answers say, and is not looked at";
  if (piece.of === "log" && how === "drop" && LEFT_OUT.has(event))
    return "a log without a number is left out, and nothing that came later rests on it";
  if (piece.of === "log" && how === "invent" && SAID_AGAIN.has(event))
    return "a log without a number is told once more of its own transaction, and says nothing new";
  if (piece.of === "transaction" && how === "change" && field !== "hash") {
    if (PROVEN_BY_EVENT.has(event) || (PROVEN_BY_CALL.has(event) && field !== "input"))
      return "who sent what proves itself is the node's word, as is what else the transaction says";
  }
  return undefined;
}
