/** What a run left behind, from the chains and the doctors alone: no relayer is asked, and none of their databases. */
import { type Finding, openFreshAudit } from "@medexchain/audit";
import {
  type AnswerPlace,
  type Chain,
  chainLogs,
  type Decision,
  decisionOf,
  findResponse,
  type Hex32,
  hex32,
  type RequestState,
  requestStateOf,
} from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import type { MinedStep } from "./calls.ts";
import type { SignedByDoctor } from "./people.ts";
import type { Intent } from "./plan.ts";

export const EVENT_NAMES = [
  "AccessRequested",
  "RequestDelivered",
  "ReEncryptionRequested",
  "ResponseReady",
  "ResponseDelivered",
  "RequestExpired",
] as const;
export type EventName = (typeof EVENT_NAMES)[number];

export interface RequestEvidence {
  readonly requestId: Hex32;
  readonly intent: Intent;
  /** Unix seconds. */
  readonly expiry: bigint;
  /** On the owner's chain; `None` where it never arrived. */
  readonly ownerState: RequestState;
  readonly requesterState: RequestState;
  readonly decision: Decision;
  /** How often each event was emitted for it, on both chains. */
  readonly events: Readonly<Record<EventName, number>>;
  /** What the access log says of it, in order. */
  readonly logged: readonly Decision[];
  /** Whether the requester's chain holds the very response of the owner's; undefined where there is none. */
  readonly sameResponse: boolean | undefined;
  /** Whether the granted record opened to what was published; undefined where it was not tried. */
  readonly opened: boolean | undefined;
}

export interface Evidence {
  readonly requests: readonly RequestEvidence[];
  /** Ids that the chains have and nobody signed. */
  readonly unsigned: readonly Hex32[];
  /** The owner's chain's time, Unix seconds. */
  readonly ownerTime: bigint;
  /** What the relayers' accounts had mined, in the order of each chain's blocks. */
  readonly steps: readonly MinedStep[];
  /** Certificates that were imported more than once. */
  readonly importedTwice: readonly string[];
  /** What an audit of both chains says is wrong, or could not check. */
  readonly auditFaults: readonly string[];
  /** Why relayers' processes ended that nobody had killed. */
  readonly crashes: readonly string[];
}

export interface EvidenceOptions {
  readonly chainA: Chain;
  readonly chainB: Chain;
  readonly signed: readonly SignedByDoctor[];
  readonly steps: readonly MinedStep[];
  readonly crashes: readonly string[];
  /** What was published: a granted record opens to it. */
  readonly document: Uint8Array;
  /** Which of the granted requests are opened. */
  readonly opens: (requestId: Hex32) => boolean;
}

export async function collectEvidence(options: EvidenceOptions): Promise<Evidence> {
  const { chainA, chainB, signed } = options;
  const counts = await countEvents(chainA, chainB);
  const { auditFaults, logged } = await audit(chainA, chainB);

  const requests: RequestEvidence[] = [];
  for (const { requestId, planned, request, doctor } of signed) {
    const [grant, status] = await Promise.all([chainA.grants.grant(requestId), chainB.requests.status(requestId)]);
    const requesterState = requestStateOf(status.state);
    const answered = grant.decidedAt !== 0n && status.respondedAt !== 0n;
    const tried = requesterState === "Granted" && options.opens(requestId);
    requests.push({
      requestId,
      intent: planned.intent,
      expiry: request.expiry,
      ownerState: requestStateOf(grant.state),
      requesterState,
      decision: decisionOf(grant.decision),
      events: Object.fromEntries(
        EVENT_NAMES.map((name) => [name, counts.get(name)?.get(requestId) ?? 0]),
      ) as RequestEvidence["events"], // one of each name
      logged: logged.get(requestId) ?? [],
      sameResponse: answered ? await isSameResponse(chainA, chainB, requestId, status) : undefined,
      opened: tried ? await opens(doctor, requestId, options.document) : undefined,
    });
  }
  const known = new Set<string>(signed.map(({ requestId }) => requestId));
  const block = await chainA.provider.getBlock("latest");
  return {
    requests,
    unsigned: [...new Set([...counts.values()].flatMap((byId) => [...byId.keys()]))].filter((id) => !known.has(id)),
    ownerTime: BigInt(block?.timestamp ?? 0),
    steps: options.steps,
    importedTwice: await importedTwice([chainA, chainB]),
    auditFaults,
    crashes: options.crashes,
  };
}

/** What an audit finds, and what the access log says of every request. Fragments are not fetched: the doctors open them. */
async function audit(chainA: Chain, chainB: Chain) {
  await using audited = await openFreshAudit([chainA.deployment, chainB.deployment]);
  const verdict = await audited.verify();
  const { history } = audited;
  const logged = new Map<Hex32, readonly Decision[]>();
  for (const { requestId, decisions } of history?.entries() ?? []) {
    logged.set(
      requestId,
      decisions.map(({ decision }) => decision),
    );
  }
  const isFault = ({ severity }: Finding) => severity === "error" || severity === "unchecked";
  return { auditFaults: verdict.findings.filter(isFault).map(describe), logged };
}

const describe = ({ code, message, where, evidence }: Finding): string =>
  `${code}: ${message} (${Object.entries(where).flat().join(" ")}; expected ${evidence.expected}, found ${evidence.found})`;

async function countEvents(chainA: Chain, chainB: Chain): Promise<Map<EventName, Map<Hex32, number>>> {
  const { grants } = chainA;
  const { requests } = chainB;
  type Read<T> = (from: number, to: number) => Promise<T[]>;
  const onA = <T>(read: Read<T>) => chainLogs(chainA, read, { from: 0 });
  const onB = <T>(read: Read<T>) => chainLogs(chainB, read, { from: 0 });
  const logs = {
    AccessRequested: await onB((from, to) => requests.queryFilter(requests.filters.AccessRequested(), from, to)),
    RequestDelivered: await onA((from, to) => grants.queryFilter(grants.filters.RequestDelivered(), from, to)),
    ReEncryptionRequested: await onA((from, to) =>
      grants.queryFilter(grants.filters.ReEncryptionRequested(), from, to),
    ),
    ResponseReady: await onA((from, to) => grants.queryFilter(grants.filters.ResponseReady(), from, to)),
    ResponseDelivered: await onB((from, to) => requests.queryFilter(requests.filters.ResponseDelivered(), from, to)),
    RequestExpired: await onB((from, to) => requests.queryFilter(requests.filters.RequestExpired(), from, to)),
  };
  const counts = new Map<EventName, Map<Hex32, number>>();
  for (const name of EVENT_NAMES) {
    const byId = new Map<Hex32, number>();
    for (const { args } of logs[name]) {
      const requestId = hex32(args.requestId);
      byId.set(requestId, (byId.get(requestId) ?? 0) + 1);
    }
    counts.set(name, byId);
  }
  return counts;
}

async function isSameResponse(chainA: Chain, chainB: Chain, requestId: Hex32, place: AnswerPlace): Promise<boolean> {
  const decided = await chainA.grants.responseOf(requestId);
  const delivered = await findResponse(chainB, requestId, place);
  return (
    decided.decision === delivered.decision &&
    decided.decidedAt === delivered.decidedAt &&
    decided.contents === delivered.contents &&
    decided.reEncryption === delivered.reEncryption &&
    decided.privateFragment === delivered.privateFragment
  );
}

async function opens(doctor: SignedByDoctor["doctor"], requestId: Hex32, document: Uint8Array): Promise<boolean> {
  try {
    const opened = await doctor.open(requestId);
    return Buffer.compare(opened.document, document) === 0;
  } catch (error) {
    if (MedexError.is(error)) return false;
    throw error;
  }
}

async function importedTwice(chains: readonly Chain[]): Promise<string[]> {
  const twice: string[] = [];
  for (const chain of chains) {
    const { hospitals, deployment } = chain;
    const seen = new Set<string>();
    const imported = hospitals.filters.MemberImported();
    const logs = await chainLogs(chain, (from, to) => hospitals.queryFilter(imported, from, to), { from: 0 });
    for (const { args } of logs) {
      const key = `chain ${deployment.chainId}, member ${args.memberId}, serial ${args.certificate.serial}`;
      if (seen.has(key)) twice.push(key);
      seen.add(key);
    }
  }
  return twice;
}
