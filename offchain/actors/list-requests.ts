import {
  accessRequestOf,
  ask,
  type Chain,
  chainLogs,
  chainTime,
  type Hex32,
  hex32,
  purposeText,
  type RequestState,
  requestStateOf,
  stateAt,
  ZERO_32,
} from "@medexchain/chain";
import type { Result } from "ethers";

/** A request in a list. */
export interface ListedRequest {
  readonly requestId: Hex32;
  readonly recordId: Hex32;
  /** The doctor's member id. */
  readonly requester: Hex32;
  /** The code of HL7's PurposeOfUse, with nothing in it that a terminal acts on. */
  readonly purpose: string;
  /** Unix seconds. */
  readonly issuedAt: bigint;
  /** Unix seconds. */
  readonly expiry: bigint;
  /** As it is on this chain, now. */
  readonly state: RequestState;
  /** Whether the doctor has said what became of the record; on the doctor's chain only. */
  readonly isAcknowledged: boolean;
}

interface Log {
  readonly blockNumber: number;
  readonly args: { readonly requestId: string; readonly request: unknown };
}

/**
 * The requests for an owner's records, on the owner's chain, the oldest first.
 *
 * @param from the block in which the contracts were deployed, or a later one
 */
export async function listDelivered(chain: Chain, owner: Hex32, from: number): Promise<ListedRequest[]> {
  const { own, early } = await deliveredIn(chain, owner, { from });
  return standings(chain, inOrder([...own, ...(await ofOwner(chain, owner, early))]));
}

/** A request that arrived, by its log. */
export interface DeliveredLog extends Log {
  readonly requestId: Hex32;
}

/**
 * The logs of requests that arrived in some blocks: for the owner's records, and for records that were not anchored by then, which name no
 * owner.
 */
export async function deliveredIn(
  chain: Chain,
  owner: Hex32,
  span: { readonly from: number; readonly to?: number },
): Promise<{ readonly own: DeliveredLog[]; readonly early: DeliveredLog[] }> {
  const { grants } = chain;
  const read = async (of: Hex32) => {
    const filter = grants.filters.RequestDelivered(undefined, undefined, of);
    const logs = await chainLogs(chain, (first, last) => grants.queryFilter(filter, first, last), span);
    return logs.map(({ blockNumber, args }) => ({ blockNumber, args, requestId: hex32(args.requestId) }));
  };
  return { early: await read(ZERO_32), own: await read(owner) };
}

/** Those of requests that came before their record was anchored whose record is an owner's by now. */
export async function ofOwner(chain: Chain, owner: Hex32, early: readonly DeliveredLog[]): Promise<DeliveredLog[]> {
  const owners = await Promise.all(
    early.map(async (log) => (await ask(chain, () => chain.records.record(requestOf(log).recordId))).owner),
  );
  return early.filter((_, at) => owners[at] === owner);
}

export const inOrder = (logs: readonly DeliveredLog[]): DeliveredLog[] =>
  logs.toSorted((one, other) => one.blockNumber - other.blockNumber);

/** Requests that arrived, as they stand now. */
export const standings = (chain: Chain, logs: readonly DeliveredLog[]): Promise<ListedRequest[]> =>
  listed(chain, logs, async (requestId) => ({ state: (await chain.grants.grant(requestId)).state }));

/** Unix seconds. */
export const expiryOf = (log: DeliveredLog): bigint => requestOf(log).expiry;

/** The requests that a doctor has made, on the doctor's chain, the oldest first. As above. */
export async function listFiled(chain: Chain, requester: Hex32, from: number): Promise<ListedRequest[]> {
  const { requests } = chain;
  const filter = requests.filters.AccessRequested(undefined, undefined, requester);
  const logs = await chainLogs(chain, (first, last) => requests.queryFilter(filter, first, last), { from });
  return listed(chain, logs, (requestId) => requests.status(requestId));
}

function listed(
  chain: Chain,
  logs: readonly Log[],
  read: (requestId: Hex32) => Promise<{ readonly state: bigint; readonly acknowledgement?: bigint }>,
): Promise<ListedRequest[]> {
  return Promise.all(
    logs.map(async (log) => {
      const requestId = hex32(log.args.requestId);
      const { recordId, requester, purpose, issuedAt, expiry } = requestOf(log);
      const { state: stored, acknowledgement = 0n } = await ask(chain, () => read(requestId));
      const state = stateAt(requestStateOf(stored), expiry, await chainTime(chain));
      const isAcknowledged = acknowledgement !== 0n;
      return { requestId, recordId, requester, purpose: purposeText(purpose), issuedAt, expiry, state, isAcknowledged };
    }),
  );
}

const requestOf = ({ args }: Log) => accessRequestOf(args.request as Result); // typed as a struct, decoded as a Result
