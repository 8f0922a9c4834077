/** What a chain's lanes asked for, as its `Mailbox` told it. */
import type { Store } from "../store/store.ts";
import { intWord, type StoredLog } from "../store/stored-log.ts";
import { wordOf } from "./digests.ts";

/** Of the contracts' `LanePolicy`: as every lane begins, and where a proof is enough. */
const ATTESTED = 0n;
const PROVEN = 1n;

type Lookup = (log: StoredLog, sourceChainId: bigint) => bigint;
const lookups = new WeakMap<Store, Lookup>();

/**
 * Whether a chain took, at this log, what another said for its proof alone: then no relayer attested it, and it is what that chain's own
 * history must bear out.
 */
export const isProvenAlone = (store: Store, log: StoredLog, sourceChainId: bigint): boolean =>
  policyAt(store, log, sourceChainId) === PROVEN;

/** Whether a chain took, at this log, only what was proven, attested besides or not: then it stays what the other chain said. */
export const isProven = (store: Store, log: StoredLog, sourceChainId: bigint): boolean =>
  policyAt(store, log, sourceChainId) !== ATTESTED;

function policyAt(store: Store, log: StoredLog, sourceChainId: bigint): bigint {
  const lookup = lookups.get(store) ?? lookupIn(store);
  lookups.set(store, lookup);
  return lookup(log, sourceChainId);
}

function lookupIn(store: Store): Lookup {
  const latest = store.prepare(`
    SELECT data FROM log
    WHERE event = 'LanePolicySet' AND chain = ? AND (block, position) < (?, ?) AND substr(topics, 33, 32) = ?
    ORDER BY block DESC, position DESC LIMIT 1`);
  return ({ chainId, block, position }, sourceChainId) => {
    const row = latest.get(chainId, block, position, wordOf(sourceChainId));
    return row === undefined ? ATTESTED : intWord(row.data as Uint8Array, 0); // by the schema
  };
}
