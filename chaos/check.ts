/** What must hold at the end of a run, whatever went wrong in it. */
import type { Decision, RequestState } from "@medexchain/chain";
import type { MinedStep } from "./calls.ts";
import type { Evidence, RequestEvidence } from "./evidence.ts";
import type { Intent } from "./plan.ts";

/**
 * `lost`: without an end, or without one on one of the chains. `doubled`: something happened twice. `unequal`: the chains disagree.
 * `wrong`: it ended as nobody wanted it to. `sealed`: granted, and the doctor cannot open it. `log`: an audit fails. `crashed`: a
 * relayer's process ended by itself.
 */
export const FINDING_KINDS = ["lost", "doubled", "unequal", "wrong", "sealed", "log", "crashed"] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

export interface Finding {
  readonly kind: FindingKind;
  readonly what: string;
}

const TERMINAL: readonly RequestState[] = ["Granted", "Denied", "Refused", "Expired"];

/** Everything that is wrong; empty when nothing is. */
export function check(evidence: Evidence): Finding[] {
  return [
    ...evidence.requests.flatMap((request) =>
      checkRequest(request, evidence.ownerTime).map(({ kind, what }) => ({
        kind,
        what: `${request.requestId} (${request.intent}): ${what}`,
      })),
    ),
    ...evidence.unsigned.map((id): Finding => ({ kind: "wrong", what: `${id}: nobody signed it` })),
    ...sentAgain(evidence.steps).map((what): Finding => ({ kind: "doubled", what })),
    ...evidence.importedTwice.map(
      (what): Finding => ({ kind: "doubled", what: `certificate imported again: ${what}` }),
    ),
    ...evidence.auditFaults.map((what): Finding => ({ kind: "log", what })),
    ...evidence.crashes.map((what): Finding => ({ kind: "crashed", what })),
  ];
}

function checkRequest(request: RequestEvidence, ownerTime: bigint): Finding[] {
  const { ownerState, requesterState, events, logged, decision } = request;
  const findings: Finding[] = [];
  const find = (kind: FindingKind, what: string) => findings.push({ kind, what });

  // What expired before anybody brought it over has no state there.
  const neverArrived = ownerState === "None" && requesterState === "Expired" && ownerTime >= request.expiry;
  const ended = TERMINAL.includes(requesterState) && (TERMINAL.includes(ownerState) || neverArrived);
  if (!ended || events.AccessRequested === 0) {
    find("lost", `${ownerState} on the owner's chain, ${requesterState} on the requester's`);
  } else {
    if (ownerState !== requesterState && !neverArrived) {
      find("unequal", `${ownerState} on the owner's chain, ${requesterState} on the requester's`);
    }
    if (request.sameResponse === false) find("unequal", "the chains hold different responses");
    const fault = faultOfEnd(request.intent, requesterState, decision);
    if (fault !== undefined) find("wrong", fault);
  }

  for (const [name, count] of Object.entries(events)) {
    if (count > 1) find("doubled", `${count} events ${name}`);
  }
  const ends = events.ResponseDelivered + events.RequestExpired;
  if (ends > 1) find("doubled", `${ends} ends on the requester's chain`);
  const extra = extraEntries(logged);
  if (extra !== undefined) find("doubled", extra);
  if (ended && !neverArrived && logged.at(-1) !== decision) {
    find("log", `the access log ends with ${logged.at(-1) ?? "nothing"}, the decision is ${decision}`);
  }
  if (request.opened === false) find("sealed", "granted, and it does not open with the doctor's keys");
  return findings;
}

/**
 * Steps that an account sent again after they had taken effect by it. The contracts refuse the second, so nothing happens twice; but a
 * relayer that asks the chain, and its own database, before it sends has no cause to try. Two accounts may race each other.
 */
function sentAgain(steps: readonly MinedStep[]): string[] {
  const done = new Set<string>();
  const again: string[] = [];
  for (const { account, action, chainId, requestId, took } of steps) {
    const key = `${requestId}: ${action} on chain ${chainId} by ${account}`;
    if (done.has(key)) again.push(`${key} was sent again after it had taken effect`);
    if (took) done.add(key);
  }
  return again;
}

/** One entry; or a grant that could not be carried out, and why. */
function extraEntries(logged: readonly Decision[]): string | undefined {
  const [first, second] = logged;
  const overtaken = first === "Granted" && second !== undefined && second !== "Granted";
  if (logged.length <= (overtaken ? 2 : 1)) return undefined;
  return `${logged.length} entries in the access log: ${logged.join(", ")}`;
}

const WANTED: Record<Intent, readonly (readonly [RequestState, Decision])[]> = {
  approve: [
    ["Granted", "Granted"],
    ["Refused", "RecordLimitReached"],
    ["Refused", "HospitalLimitReached"],
  ],
  late: [
    ["Granted", "Granted"],
    ["Refused", "RecordLimitReached"],
    ["Refused", "HospitalLimitReached"],
    ["Expired", "Expired"],
    ["Expired", "None"],
  ],
  deny: [["Denied", "DeniedByOwner"]],
  ignore: [
    ["Expired", "Expired"],
    ["Expired", "None"],
  ],
  poison: [
    ["Refused", "RecordLimitReached"],
    ["Refused", "HospitalLimitReached"],
    ["Expired", "Expired"],
    ["Expired", "None"],
  ],
  hostile: [
    ["Refused", "HospitalLimitReached"],
    ["Expired", "Expired"],
    ["Expired", "None"],
  ],
};

function faultOfEnd(intent: Intent, state: RequestState, decision: Decision): string | undefined {
  const fits = WANTED[intent].some(([wanted, why]) => wanted === state && why === decision);
  return fits ? undefined : `it ended as ${state} (${decision})`;
}
