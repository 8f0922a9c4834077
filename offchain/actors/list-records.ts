import { ask, type Chain, chainLogs, type Hex32, hex32 } from "@medexchain/chain";

/** What a chain has of a record. */
export interface RecordStanding {
  readonly recordId: Hex32;
  readonly owner: Hex32;
  readonly status: "none" | "active" | "revoked" | "unknown";
  /** How often one requester may be granted access. */
  readonly maxAccessCount: bigint;
  /** The number of the block. */
  readonly anchoredAt: bigint;
}

/** How a record stands on a chain: `none` where the chain does not know it. */
export async function recordStanding(chain: Chain, recordId: Hex32): Promise<RecordStanding> {
  const { owner, status, maxAccessCount, anchoredAt } = await ask(chain, () => chain.records.record(recordId));
  const name = (["none", "active", "revoked"] as const)[Number(status)] ?? "unknown";
  return { recordId, owner: hex32(owner), status: name, maxAccessCount, anchoredAt };
}

/**
 * An owner's records, the oldest first.
 *
 * @param from the block in which the contracts were deployed, or a later one
 */
export async function listRecords(chain: Chain, owner: Hex32, from: number): Promise<RecordStanding[]> {
  return Promise.all((await anchored(chain, owner, from)).map((recordId) => recordStanding(chain, recordId)));
}

/** The ids of all records of a chain that begin so, the oldest first. For who was told the beginning of an id: it reads every anchor. */
export async function recordsThatBegin(chain: Chain, prefix: string, from: number): Promise<Hex32[]> {
  return (await anchored(chain, undefined, from)).filter((recordId) => recordId.startsWith(prefix.toLowerCase()));
}

async function anchored(chain: Chain, owner: Hex32 | undefined, from: number): Promise<Hex32[]> {
  const { records } = chain;
  const filter = records.filters.RecordAnchored(undefined, owner);
  const logs = await chainLogs(chain, (first, last) => records.queryFilter(filter, first, last), { from });
  return logs.map(({ args }) => hex32(args.recordId));
}
