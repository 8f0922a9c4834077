import type { StatementSync } from "node:sqlite";
import type { Hex32 } from "@medexchain/chain";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { ChainPosition } from "../access-history.ts";
import type { FindingPlace } from "../finding.ts";
import type { Store } from "./store.ts";

/** A log as it is stored, with the time of its block. */
export interface StoredLog {
  readonly chainId: bigint;
  readonly block: number;
  readonly position: number;
  /** Of its transaction, in the block. */
  readonly place: number;
  /** Its transaction's hash. */
  readonly transaction: Uint8Array;
  readonly contract: string;
  readonly event: string;
  readonly topics: Uint8Array;
  readonly data: Uint8Array;
  /** Of the block, Unix seconds. */
  readonly timestamp: number;
}

const COLUMNS =
  "log.chain, log.block, log.position, log.place, log.tx, log.contract, log.event, log.topics, log.data, block.timestamp";
const FROM = "log JOIN block ON block.chain = log.chain AND block.number = log.block";

/** A statement whose rows are arrays: a fifth faster than objects. */
export function arrayRows(store: Store, sql: string): StatementSync {
  const statement = store.prepare(sql);
  statement.setReturnArrays(true);
  return statement;
}

/** All logs of a chain after a block in its order, read as they are taken; from the first on where no block is given. */
export function* logsOf(store: Store, chainId: bigint, after = -1): Generator<StoredLog> {
  const order = "ORDER BY log.block, log.position";
  const rows = arrayRows(store, `SELECT ${COLUMNS} FROM ${FROM} WHERE log.chain = ? AND log.block > ? ${order}`);
  for (const row of rows.iterate(chainId, after)) yield storedLog(row);
}

/** The logs of one event on a chain in its order, but for the first ones. */
export function* logsOfEvent(store: Store, chainId: bigint, event: string, skipped: number): Generator<StoredLog> {
  const order = "ORDER BY log.block, log.position LIMIT -1 OFFSET ?";
  const rows = arrayRows(store, `SELECT ${COLUMNS} FROM ${FROM} WHERE log.event = ? AND log.chain = ? ${order}`);
  for (const row of rows.iterate(event, chainId, skipped)) yield storedLog(row);
}

/** The logs of some events on a chain in its order. */
export function* logsOfEvents(store: Store, chainId: bigint, events: readonly string[]): Generator<StoredLog> {
  const marks = events.map(() => "?").join(", ");
  const order = "ORDER BY log.block, log.position";
  const rows = arrayRows(
    store,
    `SELECT ${COLUMNS} FROM ${FROM} WHERE log.event IN (${marks}) AND log.chain = ? ${order}`,
  );
  for (const row of rows.iterate(...events, chainId)) yield storedLog(row);
}

/** Makes a reader of all logs of a request, on all chains or on one; by chain and in its order. */
export function requestLogs(store: Store, chainId?: bigint): (requestId: Uint8Array) => StoredLog[] {
  const only = chainId === undefined ? "" : `AND log.chain = ${chainId}`;
  const order = "ORDER BY log.chain, log.block, log.position";
  const rows = arrayRows(store, `SELECT ${COLUMNS} FROM ${FROM} WHERE log.request = ? ${only} ${order}`);
  return (requestId) => rows.all(requestId).map(storedLog);
}

/** All logs of some events on all chains, in the order of their times. */
export function* eventLogs(store: Store, events: readonly string[]): Generator<StoredLog> {
  const marks = events.map(() => "?").join(", ");
  const order = "ORDER BY block.timestamp, log.chain, log.block, log.position";
  const rows = arrayRows(store, `SELECT ${COLUMNS} FROM ${FROM} WHERE log.event IN (${marks}) ${order}`);
  for (const row of rows.iterate(...events)) yield storedLog(row);
}

/** Chain, block, position, place, transaction, contract, event, topics, data, timestamp: as `COLUMNS` has them. */
type LogRow = readonly [number, number, number, number, Uint8Array, string, string, Uint8Array, Uint8Array, number];

function storedLog(row: unknown): StoredLog {
  // By the schema, which is strict.
  const [chain, block, position, place, transaction, contract, event, topics, data, timestamp] = row as LogRow;
  return { chainId: BigInt(chain), block, position, place, transaction, contract, event, topics, data, timestamp };
}

/** 32 bytes of a log's data or topics, by their number from 0. A RangeError where the log is too short. */
export function word(bytes: Uint8Array, number: number): Uint8Array {
  const end = 32 * (number + 1);
  if (bytes.length < end) throw new RangeError(`no word ${number} in ${bytes.length} bytes`);
  return bytes.subarray(end - 32, end);
}

/** A word in its contract form. */
export const hexWord = (bytes: Uint8Array, number: number): Hex32 => toHex(word(bytes, number)) as Hex32; // 32 bytes

/** A word as an integer. */
export function intWord(bytes: Uint8Array, number: number): bigint {
  const { buffer, byteOffset } = word(bytes, number);
  const view = new DataView(buffer, byteOffset, 32);
  const low = view.getBigUint64(24);
  // Nearly all numbers are small, and text is a slow way to a large one.
  if (view.getBigUint64(16) === 0n && view.getBigUint64(8) === 0n && view.getBigUint64(0) === 0n) return low;
  return BigInt(hexWord(bytes, number));
}

/** A word as an address in lower case. */
export const addressWord = (bytes: Uint8Array, number: number): string => toHex(word(bytes, number).subarray(12));

/** A dynamic `bytes` whose offset, from `base` on, is in a word. */
export function bytesAt(data: Uint8Array, base: number, offsetWord: number): Uint8Array {
  const start = base + Number(intWord(data.subarray(base), offsetWord));
  const length = Number(intWord(data.subarray(start), 0));
  if (!(start + 32 + length <= data.length)) throw new RangeError("bytes beyond the end of the log");
  return data.subarray(start + 32, start + 32 + length);
}

export const toHex = (bytes: Uint8Array): string => `0x${bytesToHex(bytes)}`;

/** Where a log is, for a finding. */
export const placeOf = (log: StoredLog): FindingPlace => ({
  chainId: log.chainId,
  block: log.block,
  transactionHash: toHex(log.transaction),
  logIndex: log.position,
});

/** Where a log is, for the history. */
export const positionOf = (log: StoredLog): ChainPosition => ({
  chainId: log.chainId,
  block: log.block,
  logIndex: log.position,
  transactionHash: toHex(log.transaction) as Hex32, // 32 bytes by the reader's schema
  timestamp: BigInt(log.timestamp),
});
