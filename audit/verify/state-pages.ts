/** The contracts' lists of requests, page by page, and which of the pages need not be asked for again. */
import { type Hex32, requestStateOf } from "@medexchain/chain";
import type { Interface } from "ethers";
import type { NodeClient } from "../read/node-client.ts";
import type { Store } from "../store/store.ts";
import { hexWord, intWord } from "../store/stored-log.ts";

/** Requests that are asked for at once. */
const PAGE = 200;

/**
 * Pages of requests that were compared, of which none can change any more. On the owner's chain an ended request stays as it is. On the
 * requester's an answer that is acknowledged, or grants nothing, stays if it was proven. One that was attested can be corrected by relayers of a
 * later epoch, or by a proof once its lane asks for that: it stays as long as the epoch does in which it was given. So a node that is asked for the
 * epoch need not be asked for these.
 */
export interface ClosedPages {
  /** Of the chain's relayers. */
  readonly epoch: bigint;
  /** Page numbers, from 0. */
  readonly statuses: ReadonlySet<number>;
  readonly grants: ReadonlySet<number>;
}

/** One of the two lists. */
export interface RequestList {
  readonly name: "statuses" | "grants";
  readonly contract: "requests" | "grants";
  readonly abi: Interface;
  /** Of one struct. */
  readonly words: number;
  /** The event whose second topic numbers the requests, and the first number. */
  readonly event: string;
  readonly first: bigint;
  /** Whether a struct stays as it is while the epoch does. */
  isClosed(struct: Uint8Array, epoch: bigint): boolean;
}

/** Words of a `RequestStatus`: state, acknowledgement, epoch of the answer, block of the answer. */
const [STATE, ACKNOWLEDGEMENT, ANSWERED_IN, RESPONDED_AT] = [1, 2, 4, 7];

export const isClosedStatus = (status: Uint8Array, epoch: bigint): boolean =>
  // An answer that was given in time still reaches a request that was ended for want of it.
  intWord(status, RESPONDED_AT) > 0n &&
  [0n, epoch].includes(intWord(status, ANSWERED_IN)) &&
  (requestStateOf(intWord(status, STATE)) !== "Granted" || intWord(status, ACKNOWLEDGEMENT) > 0n);

/** The word of a `Grant` with its state. */
const GRANT_STATE = 7;
const ENDED: ReadonlySet<string> = new Set(["Granted", "Denied", "Refused", "Expired"]);

export const isClosedGrant = (grant: Uint8Array): boolean => ENDED.has(requestStateOf(intWord(grant, GRANT_STATE)));

/**
 * Reads a list and compares each of its requests.
 *
 * @param count of the requests in it
 * @param skipped pages that are not asked for
 * @param compare takes a request with its struct
 * @returns the pages that are full, and closed
 * @throws RangeError where an answer is no page
 */
export async function readPages(
  node: NodeClient,
  contract: string,
  list: RequestList,
  { count, skipped, block, epoch }: { count: bigint; skipped: ReadonlySet<number>; block: number; epoch: bigint },
  compare: (id: Hex32, struct: Uint8Array) => void,
): Promise<ReadonlySet<number>> {
  const closed = new Set<number>();
  for (let page = 0; BigInt(page) * BigInt(PAGE) < count; page++) {
    if (skipped.has(page)) {
      closed.add(page);
      continue;
    }
    const from = BigInt(page) * BigInt(PAGE);
    const [answer] = await node.calls(contract, [list.abi.encodeFunctionData(list.name, [from, PAGE])], block);
    const structs = answer && structsIn(answer, list, count - from);
    if (!structs) throw new RangeError(`no answer to ${list.name}`);
    for (const [id, struct] of structs) compare(id, struct);
    if (structs.length === PAGE && structs.every(([, struct]) => list.isClosed(struct, epoch))) closed.add(page);
  }
  return closed;
}

function structsIn(answer: Uint8Array, { name, words }: RequestList, left: bigint): [Hex32, Uint8Array][] {
  const [ids, structs] = [0, 1].map((part) => answer.subarray(Number(intWord(answer, part))));
  if (!ids || !structs) throw new RangeError(`no lists in the answer to ${name}`);
  const expected = left < BigInt(PAGE) ? left : BigInt(PAGE);
  if (intWord(ids, 0) !== expected || intWord(structs, 0) !== expected)
    throw new RangeError(`${name} gives another number than it counts`);
  return Array.from({ length: Number(expected) }, (_, at) => {
    const start = 32 * (1 + at * words);
    return [hexWord(ids, at + 1), structs.subarray(start, start + 32 * words)];
  });
}

/** The pages of a list that have a request of which a chain said something after a block. */
export function pagesSince(
  store: Store,
  chainId: bigint,
  block: number,
  { event, first }: RequestList,
): ReadonlySet<number> {
  const rows = store.prepare(
    `SELECT log.topics FROM (SELECT DISTINCT request AS id FROM log WHERE chain = ? AND block > ? AND request IS NOT NULL) AS new
     CROSS JOIN log ON log.request = new.id AND log.event = ? AND log.chain = ?`,
  );
  return new Set(
    rows
      .all(chainId, block, event, chainId)
      .map(({ topics }) => Number((intWord(topics as Uint8Array, 1) - first) / BigInt(PAGE))), // by the schema
  );
}
