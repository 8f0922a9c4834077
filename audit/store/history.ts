import type { Hex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import type { AccessHistory, AccessHistoryEntry, HistoryFilter, RecordChange } from "../access-history.ts";
import { joinRequest, type Parties } from "./join-request.ts";
import type { Store } from "./store.ts";
import { eventLogs, hexWord, intWord, positionOf, requestLogs, type StoredLog, toHex } from "./stored-log.ts";
import { studyParts } from "./study-parts.ts";

const REQUESTS = `
  FROM request
  LEFT JOIN member AS asker ON asker.id = request.requester
  LEFT JOIN record ON record.id = request.record
  LEFT JOIN member AS holder ON holder.id = record.owner`;

/** The joined history in a store. */
export function historyIn(store: Store): AccessHistory {
  return {
    heads: store
      .prepare("SELECT chain, block, hash FROM cursor ORDER BY chain")
      .all()
      // By the schema.
      .map(({ chain, block, hash }) => ({
        chainId: BigInt(chain as number),
        block: Number(block),
        hash: toHex(hash as Uint8Array) as Hex32,
      })),
    entries: (filter) => entries(store, filter ?? {}),
    recordChanges: (filter) => recordChanges(store, filter ?? {}),
    studyParts: (filter) => studyParts(store, filter ?? {}),
    count(filter = {}) {
      const { where, values } = conditions(filter);
      return Number(store.prepare(`SELECT count(*) AS many ${REQUESTS} ${where}`).get(...values)?.many);
    },
  };
}

function* entries(store: Store, filter: HistoryFilter): Generator<AccessHistoryEntry> {
  const { where, values } = conditions(filter);
  const rows = store
    .prepare(
      `SELECT request.id, asker.hospital AS asks, record.owner, holder.hospital AS holds ${REQUESTS} ${where}
       ORDER BY request.time, request.ordinal`,
    )
    .iterate(...values);
  const logs = requestLogs(store);
  for (const row of rows) {
    const id = row.id as Uint8Array; // by the schema
    const entry = wellFormed(id, () => joinRequest(toHex(id) as Hex32, logs(id), partiesOf(row)));
    if (entry) yield entry;
  }
}

/** Who a row of `REQUESTS` names. */
export function partiesOf(row: Record<string, unknown>): Parties {
  const hex = (value: unknown) => (value ? (toHex(value as Uint8Array) as Hex32) : undefined); // 32 bytes by the reader's schema
  return { requesterHospital: hex(row.asks), owner: hex(row.owner), ownerHospital: hex(row.holds) };
}

const CHANGES = { RecordAnchored: "anchored", RecordLimitSet: "limit-set", RecordRevoked: "revoked" } as const;

function* recordChanges(store: Store, filter: HistoryFilter): Generator<RecordChange> {
  const parties = store.prepare(
    "SELECT record.owner, holder.hospital AS holds FROM record LEFT JOIN member AS holder ON holder.id = record.owner WHERE record.id = ?",
  );
  for (const log of eventLogs(store, Object.keys(CHANGES))) {
    const change = wellFormed(log.transaction, () => {
      const { owner, ownerHospital } = partiesOf(parties.get(log.topics.subarray(32, 64)) ?? {});
      return recordChange(log, owner, ownerHospital);
    });
    const { since = change.at.timestamp, until = change.at.timestamp + 1n, member, record, hospital } = filter;
    if (change.at.timestamp < since || change.at.timestamp >= until) continue;
    if (member !== undefined && change.owner !== member) continue;
    if (record !== undefined && change.recordId !== record) continue;
    if (hospital !== undefined && change.ownerHospital !== hospital) continue;
    yield change;
  }
}

function recordChange(log: StoredLog, owner: Hex32 | undefined, ownerHospital: Hex32 | undefined): RecordChange {
  const { data, event } = log;
  const common = { recordId: hexWord(log.topics, 1), owner, ownerHospital, at: positionOf(log) };
  if (event === "RecordRevoked") return { ...common, kind: "revoked" };
  if (event === "RecordLimitSet") return { ...common, kind: "limit-set", maxAccessCount: intWord(data, 0) };
  return {
    ...common,
    kind: "anchored",
    capsule: hexWord(data, 0),
    publicFragment: hexWord(data, 1),
    privateFragment: hexWord(data, 2),
    maxAccessCount: intWord(data, 3),
  };
}

function conditions(filter: HistoryFilter): { where: string; values: (Buffer | bigint)[] } {
  const parts: string[] = [];
  const values: (Buffer | bigint)[] = [];
  const add = (condition: string, ...given: (Buffer | bigint)[]) => {
    parts.push(condition);
    values.push(...given);
  };
  const bytes = (id: Hex32) => Buffer.from(id.slice(2), "hex");
  const { member, record, hospital, since, until } = filter;
  if (member) add("(request.requester = ? OR record.owner = ?)", bytes(member), bytes(member));
  if (record) add("request.record = ?", bytes(record));
  if (hospital) add("(asker.hospital = ? OR holder.hospital = ?)", bytes(hospital), bytes(hospital));
  if (since !== undefined) add("request.time >= ?", since);
  if (until !== undefined) add("request.time < ?", until);
  return { where: parts.length > 0 ? `WHERE ${parts.join(" AND ")}` : "", values };
}

function wellFormed<T>(id: Uint8Array, join: () => T): T {
  try {
    return join();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new MedexError("AUDIT_MISMATCH", `the logs of ${toHex(id)} are malformed: medex audit verify says which`, {
      cause,
    });
  }
}
