/**
 * What is beyond finding on a chain without seals and with one node, each with the reason: docs/audit.md, "What is not proven". It goes by
 * what was altered, never by what an audit said.
 */
import type { Run } from "./world.ts";

/** Events that have no number of their own, and on which nothing in the history rests once they are repeated, invented once more, or left out. */
const UNNUMBERED: ReadonlySet<string> = new Set([
  "PeerSet",
  "RelayerSealingKeySet",
  "RoleGranted",
  "TargetFunctionRoleUpdated",
  "RoleLabel",
  "MaxRequestsPerHourSet",
  "MinThresholdSet",
  "HospitalRegistered",
  "MaxAccessCountSet",
  "MemberEnrolled",
  "MemberImported",
  "RecordAnchored",
  "RecordRevoked",
  "RecordLimitSet",
]);
/** Calls that carry all that proves them, so that who sent them, and how, is not asked; and creations of contracts. */
const CARRIED: ReadonlySet<string> = new Set([
  "request",
  "deliverRequests",
  "deliverResponse",
  "importMember",
  "enrolMember",
  "submitCheckpoint",
  "setPeer",
  "rotateSealingKey",
  "creation",
]);

/** Why a tampering cannot be found; undefined where it must be. */
export function beyondFinding({ tampering: { how, piece, field }, event }: Run): string | undefined {
  if (piece.of === "code" && how === "change")
    return "the code of a contract is the node's word, as long as there is some";
  if (piece.of === "header" && field === "timestamp" && how === "change")
    return "a block's time is the node's word, but where a contract says it";
  if (piece.of === "log" && UNNUMBERED.has(event) && (how === "drop" || how === "invent"))
    return "a log without a number, on which nothing rests that came later, is left out, or told once more of its own transaction";
  if (piece.of === "transaction" && CARRIED.has(event) && how === "change" && field !== "input" && field !== "hash")
    return "who sent what proves itself is the node's word, as is what else the transaction says";
  if (piece.of === "call" && event === "hasRole") return "of an answer the part that is not asked for, here a delay";
  return undefined;
}
