import {
  ask,
  type Chain,
  chainLogs,
  chainTime,
  findDelivered,
  type Hex32,
  hex32,
  purposeText,
  type RequestState,
  requestStateOf,
  stateAt,
} from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { type ListedRequest, listDelivered } from "./list-requests.ts";

/** What an owner should know before deciding about a request. All of it is from the owner's own chain, unless said otherwise. */
export interface RequestDescription {
  readonly requestId: Hex32;
  readonly recordId: Hex32;
  readonly state: RequestState;
  /** The code of HL7's PurposeOfUse. */
  readonly purpose: string;
  /** Unix seconds, by the requester. */
  readonly issuedAt: bigint;
  /** Unix seconds: from then on nothing can be decided. */
  readonly expiry: bigint;
  readonly requester: {
    readonly memberId: Hex32;
    readonly hospitalId: Hex32;
    /** Whether certificate and hospital hold now: else Algorithm₁ refuses. */
    readonly isActive: boolean;
    readonly certificate: RequesterCertificate;
  };
  /** The requester's other requests for this owner's records. */
  readonly earlier: {
    readonly count: number;
    readonly granted: number;
    readonly refused: number;
    /** Of the latest, Unix seconds. */
    readonly latest?: bigint;
  };
  readonly record: { readonly isActive: boolean; readonly limit: bigint; readonly used: bigint };
  /** Of the owner's hospital, for all its records together. */
  readonly hospital: { readonly limit: bigint; readonly used: bigint };
}

export interface RequesterCertificate {
  /** How often it was renewed, and once more. */
  readonly serial: bigint;
  /** Unix seconds. */
  readonly notAfter: bigint;
  /** When the present one became known, Unix seconds; undefined where no node has its log. */
  readonly since?: bigint;
  /** Where that is from: the registry of the requester's home chain, or, where it cannot be asked, of the owner's. */
  readonly knownAt: "home" | "here";
}

/** A chain, and the block from which on its logs are read. */
export interface ChainFrom {
  readonly chain: Chain;
  readonly from: number;
}

/**
 * Describes a request to the owner whom it waits for.
 *
 * @param homeOf the requester's home chain by its id, if it is at hand
 * @throws REQUEST_UNKNOWN; INPUT_INVALID when it is for another's record; SERVICE_PROTOCOL, SERVICE_UNREACHABLE
 */
export async function describeRequest(
  { chain, from }: ChainFrom,
  owner: Hex32,
  requestId: Hex32,
  homeOf: (chainId: bigint) => Promise<ChainFrom | undefined> = async () => undefined,
): Promise<RequestDescription> {
  const grant = await ask(chain, () => chain.grants.grant(requestId));
  const stored = requestStateOf(grant.state);
  if (stored === "None") {
    throw new MedexError(
      "REQUEST_UNKNOWN",
      `request ${requestId} has not arrived on chain ${chain.deployment.chainId}; check the id, or wait for a relayer`,
    );
  }
  const recordId = hex32(grant.recordId);
  const memberId = hex32(grant.requester);
  const [record, member, active, request, delivered] = await Promise.all([
    ask(chain, () => chain.records.record(recordId)),
    ask(chain, () => chain.hospitals.member(memberId)),
    ask(chain, () => chain.hospitals.activeMember(memberId)),
    findDelivered(chain, requestId, grant),
    listDelivered(chain, owner, from),
  ]);
  if (record.owner !== owner) {
    throw new MedexError("INPUT_INVALID", `request ${requestId} is for a record of another's; check the id`);
  }
  const hospitalId = hex32(member.hospitalId);
  const ownHospital = hex32((await ask(chain, () => chain.hospitals.member(owner))).hospitalId);
  const [used, usedAtHospital, hospitalLimit, requesterHospital] = await Promise.all([
    ask(chain, () => chain.ledger.recordAccessCountOf(recordId, memberId)),
    ask(chain, () => chain.ledger.accessCountOf(ownHospital, memberId)),
    ask(chain, () => chain.hospitals.maxAccessCountOf(ownHospital)),
    ask(chain, () => chain.hospitals.hospital(hospitalId)),
  ]);
  const home = await homeOf(requesterHospital.homeChainId);
  return {
    requestId,
    recordId,
    state: stateAt(stored, grant.expiry, await chainTime(chain)),
    purpose: purposeText(request.purpose),
    issuedAt: request.issuedAt,
    expiry: grant.expiry,
    requester: {
      memberId,
      hospitalId,
      isActive: BigInt(active.account) !== 0n,
      certificate: {
        serial: member.serial,
        notAfter: member.notAfter,
        ...(await sinceOf(home, { chain, from }, memberId)),
      },
    },
    earlier: earlierOf(delivered, requestId, memberId),
    record: { isActive: record.status === 1n, limit: record.maxAccessCount, used },
    hospital: { limit: hospitalLimit, used: usedAtHospital },
  };
}

function earlierOf(
  delivered: readonly ListedRequest[],
  requestId: Hex32,
  requester: Hex32,
): RequestDescription["earlier"] {
  const others = delivered.filter((each) => each.requester === requester && each.requestId !== requestId);
  const inState = (...states: RequestState[]) => others.filter(({ state }) => states.includes(state)).length;
  const latest = others
    .map(({ issuedAt }) => issuedAt)
    .sort((one, other) => (one < other ? -1 : 1))
    .at(-1);
  return {
    count: others.length,
    granted: inState("Authorized", "Granted"),
    refused: inState("Denied", "Refused"),
    ...(latest !== undefined && { latest }),
  };
}

/** When the member's present certificate became known. A home chain that does not answer is done without. */
async function sinceOf(
  home: ChainFrom | undefined,
  here: ChainFrom,
  memberId: Hex32,
): Promise<Pick<RequesterCertificate, "since" | "knownAt">> {
  if (home !== undefined) {
    const since = await latestLog(home, memberId, "MemberEnrolled").catch((error: unknown) => {
      if (MedexError.is(error)) return undefined; // the owner's own chain says when it came there
      throw error;
    });
    if (since !== undefined) return { since, knownAt: "home" };
  }
  const since =
    (await latestLog(here, memberId, "MemberImported")) ?? (await latestLog(here, memberId, "MemberEnrolled"));
  return { knownAt: "here", ...(since !== undefined && { since }) };
}

async function latestLog(
  { chain, from }: ChainFrom,
  memberId: Hex32,
  event: "MemberEnrolled" | "MemberImported",
): Promise<bigint | undefined> {
  const { hospitals } = chain;
  const filter = hospitals.filters[event](memberId);
  const logs = await chainLogs(chain, (first, last) => hospitals.queryFilter(filter, first, last), { from });
  const latest = logs.at(-1);
  if (latest === undefined) return undefined;
  const block = await ask(chain, () => chain.provider.getBlock(latest.blockNumber));
  return block === null ? undefined : BigInt(block.timestamp);
}
