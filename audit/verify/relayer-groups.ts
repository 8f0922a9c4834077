/** The relayers of every epoch of a chain, by its events: to whom a key could be sealed. */

import type { Store } from "../store/store.ts";
import { addressWord, eventLogs, intWord } from "../store/stored-log.ts";

/** The relayers of an epoch. */
export interface RelayerGroup {
  readonly threshold: number;
  /** Addresses in lower case by index, ascending. */
  readonly members: ReadonlyMap<number, string>;
}

/** All epochs of a chain's relayers. It throws a RangeError on a malformed log, which the pass over the chain has reported. */
export function relayerGroups(store: Store, chainId: bigint): ReadonlyMap<bigint, RelayerGroup> {
  const groups = new Map<bigint, RelayerGroup>();
  let now: RelayerGroup = { threshold: 0, members: new Map() };
  for (const log of eventLogs(store, ["RelayerAdded", "RelayerRemoved", "RelayerSuspended", "ThresholdSet"])) {
    if (log.chainId !== chainId) continue;
    const { topics, data, event } = log;
    if (event === "ThresholdSet") {
      now = { ...now, threshold: Number(intWord(data, 0)) };
      groups.set(intWord(data, 1), now);
      continue;
    }
    const members = new Map(now.members);
    const index = Number(intWord(topics, 2));
    if (event === "RelayerAdded") members.set(index, addressWord(topics, 1));
    else members.delete(index);
    now = { ...now, members };
    groups.set(intWord(data, 0), now);
  }
  return groups;
}
