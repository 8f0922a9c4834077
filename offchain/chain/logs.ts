import type { Hex32 } from "@medexchain/core";
import { fromHex32, hex32, MedexError, toHex32 } from "@medexchain/core";
import { keccak256 } from "@medexchain/evm";
import type { Result } from "ethers";
import type { Chain } from "./connect.ts";
import { decisionOf } from "./decisions.ts";
import { chainLogs } from "./log-ranges.ts";
import {
  type AccessRequest,
  type AccessResponse,
  answerDigestOf,
  requestIdOf,
  type StandingConsent,
} from "./messages.ts";
import { ask } from "./transact.ts";

/** The tuple of a request in a decoded event, as a plain object. */
export function accessRequestOf(tuple: Result): AccessRequest {
  // The ABI fixes names and types; ethers' Result is untyped.
  return tuple.toObject() as unknown as AccessRequest;
}

/** The tuple of a response in a decoded event, as a plain object. */
export function accessResponseOf(tuple: Result): AccessResponse {
  // As above.
  const response = tuple.toObject() as unknown as AccessResponse;
  decisionOf(response.decision);
  return response;
}

/** The tuple of a standing consent in a decoded event, as a plain object. */
export function givenConsentOf(tuple: Result): StandingConsent {
  // As above; its lists are Results, too, which cannot be written to.
  const given = tuple.toObject() as unknown as StandingConsent;
  const { hospitals, members, purposes, records, classes } = given;
  return {
    ...given,
    hospitals: [...hospitals],
    members: [...members],
    purposes: [...purposes],
    records: [...records],
    classes: [...classes],
  };
}

const oneBlock = (block: bigint) => ({ from: Number(block), to: Number(block) });

/** The request that was filed on `chain` under this id, from its log. `block` is its `requestedAt`. */
export async function findRequest(chain: Chain, requestId: Hex32, block: bigint): Promise<AccessRequest> {
  const { requests } = chain;
  const filter = requests.filters.AccessRequested(undefined, requestId);
  const [log] = await chainLogs(chain, (from, to) => requests.queryFilter(filter, from, to), oneBlock(block));
  if (log === undefined) throw missingLog(chain, "AccessRequested", requestId);
  return accessRequestOf(log.args.request as unknown as Result); // typed as a struct, decoded as a Result
}

/** Where a request came from, and in which block, by its grant. */
export interface DeliveryPlace {
  readonly sourceChainId: bigint;
  readonly deliveredAt: bigint;
}

/**
 * The request that was delivered to the owner's `chain` under this id: from its log, and proven by the id, which is its digest.
 *
 * @throws SERVICE_PROTOCOL when the node has no such log, or shows another request; SERVICE_UNREACHABLE
 */
export async function findDelivered(
  chain: Chain,
  requestId: Hex32,
  { sourceChainId, deliveredAt }: DeliveryPlace,
): Promise<AccessRequest> {
  const { grants } = chain;
  const filter = grants.filters.RequestDelivered(undefined, requestId);
  const [logs, address] = await Promise.all([
    chainLogs(chain, (from, to) => grants.queryFilter(filter, from, to), oneBlock(deliveredAt)),
    ask(chain, () => grants.peerOf(sourceChainId)),
  ]);
  const [log] = logs;
  if (log === undefined) throw missingLog(chain, "RequestDelivered", requestId);
  const request = accessRequestOf(log.args.request as unknown as Result); // as above
  if (requestIdOf({ chainId: sourceChainId, address }, request) !== requestId) {
    throw new MedexError(
      "SERVICE_PROTOCOL",
      `chain ${chain.deployment.chainId}: the request in the log of ${requestId} is another, or the lane's peer was replaced; use another node, or deny the request`,
    );
  }
  return request;
}

/** Where the answer that holds is, by the status of its request. */
export interface AnswerPlace {
  readonly respondedAt: bigint;
  /** Its digest. */
  readonly answer: string;
}

/**
 * The answer that holds on `chain` under this id: from the log of the response, or of its latest correction, and proven by the digest
 * that the contract keeps.
 *
 * @throws SERVICE_PROTOCOL when the node has no such log; SERVICE_UNREACHABLE
 */
export async function findResponse(
  chain: Chain,
  requestId: Hex32,
  { respondedAt, answer }: AnswerPlace,
): Promise<AccessResponse> {
  const { requests } = chain;
  const [delivered, corrected] = [
    requests.filters.ResponseDelivered(requestId),
    requests.filters.ResponseCorrected(requestId),
  ];
  // One block may hold several.
  const logs = [
    ...(await chainLogs(chain, (from, to) => requests.queryFilter(delivered, from, to), oneBlock(respondedAt))),
    ...(await chainLogs(chain, (from, to) => requests.queryFilter(corrected, from, to), oneBlock(respondedAt))),
  ];
  for (const { args } of logs) {
    const response = accessResponseOf(args.response as unknown as Result); // as above
    if (answerDigestOf(response) === answer) return response;
  }
  throw missingLog(chain, "ResponseDelivered", requestId);
}

/** A record as its owner anchored it: ids and digests of `contracts/types/Record.sol`. */
export interface AnchoredRecord {
  readonly owner: Hex32;
  readonly contents: Hex32;
  readonly capsule: Hex32;
  readonly publicFragment: Hex32;
  readonly privateFragment: Hex32;
}

/**
 * A record with its digests, from the log of the block that the registry names, and proven by the commitment that it holds.
 *
 * @throws RECORD_UNKNOWN when the record was never anchored; SERVICE_PROTOCOL when the node withholds or forges the log;
 *   SERVICE_UNREACHABLE
 */
export async function findRecord(chain: Chain, recordId: Hex32): Promise<AnchoredRecord> {
  const { records, deployment } = chain;
  const { owner, contents, anchoredAt } = await ask(chain, () => records.record(recordId));
  if (anchoredAt === 0n) {
    throw new MedexError("RECORD_UNKNOWN", `chain ${deployment.chainId} has no record ${recordId}; check the id`);
  }
  const filter = records.filters.RecordAnchored(recordId);
  const [log] = await chainLogs(chain, (from, to) => records.queryFilter(filter, from, to), oneBlock(anchoredAt));
  if (log === undefined) throw missingLog(chain, "RecordAnchored", recordId);
  const { capsule, publicFragment, privateFragment } = log.args;
  // What `RecordRegistry` commits to: three words one after the other.
  const proof = toHex32(keccak256(...[capsule, publicFragment, privateFragment].map(fromHex32)));
  if (proof !== contents) {
    throw new MedexError(
      "SERVICE_PROTOCOL",
      `chain ${deployment.chainId}: the digests in the log of record ${recordId} are not those that it commits to; use another node`,
    );
  }
  return {
    owner: hex32(owner),
    contents: hex32(contents),
    capsule: hex32(capsule),
    publicFragment: hex32(publicFragment),
    privateFragment: hex32(privateFragment),
  };
}

/** The node may only be behind with its logs: whoever can wait tries again. */
function missingLog(chain: Chain, event: string, id: Hex32): MedexError {
  return new MedexError(
    "SERVICE_PROTOCOL",
    `chain ${chain.deployment.chainId} has no ${event} log of ${id}: its node withholds logs or is behind; try again, or use another`,
  );
}
