import type { Store } from "./store.ts";
import { arrayRows, type StoredLog, toHex } from "./stored-log.ts";

/** A transaction as the node told it. */
export interface StoredTransaction {
  /** In lower case. */
  readonly sender: string;
  readonly recipient: string | undefined;
  readonly input: Uint8Array;
  /** What its own fields hash to, the digest that was signed, and the signature; undefined where the node does not tell. */
  readonly signed: readonly [hash: Uint8Array, digest: Uint8Array, signature: Uint8Array] | undefined;
}

type TransactionRow = readonly [
  block: number,
  place: number,
  sender: Uint8Array,
  recipient: Uint8Array | null,
  input: Uint8Array,
  signed: Uint8Array | null,
];

const COLUMNS = "block, place, sender, recipient, input, signed";
/** Transactions that are passed over on the way to one: beyond, looking it up is faster. */
const MOST_PASSED_OVER = 32;

/**
 * Makes a reader of the transactions of a chain's logs. Logs are met in their order, as their transactions lie in the store: reading
 * these one after the other takes a third of looking each up.
 */
export function transactionReader(store: Store, chainId: bigint): (log: StoredLog) => StoredTransaction {
  const onwards = `SELECT ${COLUMNS} FROM tx WHERE chain = ${chainId} AND (block, place) >= (?, ?) ORDER BY block, place`;
  let rows: Iterator<unknown> | undefined;
  let last: { readonly row: TransactionRow; readonly transaction: StoredTransaction } | undefined;
  const isAt = (row: TransactionRow, { block, place }: StoredLog) => row[0] === block && row[1] === place;
  const isBefore = (row: TransactionRow, { block, place }: StoredLog) =>
    row[0] < block || (row[0] === block && row[1] < place);

  /** The row of a log that comes soon after the last one. */
  const next = (log: StoredLog): TransactionRow | undefined => {
    for (let passed = 0; rows && passed < MOST_PASSED_OVER; passed++) {
      const { value, done } = rows.next();
      if (done) return undefined;
      const row = value as TransactionRow; // by the schema
      if (isAt(row, log)) return row;
      if (!isBefore(row, log)) return undefined;
    }
    return undefined;
  };
  const lookUp = (log: StoredLog): TransactionRow => {
    rows = arrayRows(store, onwards).iterate(log.block, log.place);
    const row = next(log);
    if (!row) throw new RangeError("a log's transaction is not in the store"); // it is written with the log
    return row;
  };

  return (log) => {
    // A batch brings many logs.
    if (last && isAt(last.row, log)) return last.transaction;
    const row = (last && isBefore(last.row, log) ? next(log) : undefined) ?? lookUp(log);
    const [, , sender, recipient, input, signed] = row;
    const transaction: StoredTransaction = {
      sender: toHex(sender),
      recipient: recipient ? toHex(recipient) : undefined,
      input,
      signed: signed ? [signed.subarray(0, 32), signed.subarray(32, 64), signed.subarray(64)] : undefined,
    };
    last = { row, transaction };
    return transaction;
  };
}
