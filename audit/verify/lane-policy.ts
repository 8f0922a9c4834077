/** What a chain's lanes asked for, as its `Mailbox` told it. */
import type { Store } from "../store/store.ts";
import { intWord, type StoredLog } from "../store/stored-log.ts";
import { wordOf } from "./digests.ts";

/** `Proven` of the contracts' `LanePolicy`. */
const PROVEN = 1n;

type Lookup = (log: StoredLog, sourceChainId: bigint) => boolean;
const lookups = new WeakMap<Store, Lookup>();

/**
 * Whether a chain took, at this log, what another said for its proof alone: then no relayer attested it, and it is what that chain's own
 * history must bear out.
 */
export function isProvenAlone(store: Store, log: StoredLog, sourceChainId: bigint): boolean {
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
    return row !== undefined && intWord(row.data as Uint8Array, 0) === PROVEN; // by the schema
  };
}
