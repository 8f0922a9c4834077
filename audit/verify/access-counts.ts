/** How often each requester was granted access, by a ledger's entries. */
import type { Hex32 } from "@medexchain/chain";
import type { StoredLog } from "../store/stored-log.ts";

/** How often a requester was granted access before the first entry of a ledger that tells it. */
export interface EarlierCount {
  readonly of: "hospital" | "record";
  /** Of the hospital or record. */
  readonly id: Hex32;
  readonly requester: Hex32;
  readonly count: bigint;
  /** Of the entry from which the count follows. */
  readonly log: StoredLog;
}

export interface AccessCounts {
  /** From here on, who is not known yet was counted by a predecessor. */
  goOn(): void;
  /** The count before an entry: by the entries so far; where none names it, what the entry tells, for a ledger that goes on from another. */
  take(told: EarlierCount): bigint;
  set(of: EarlierCount["of"], id: Hex32, requester: Hex32, count: bigint): void;
  /** Those that a predecessor is to have counted. */
  readonly earlier: readonly EarlierCount[];
  /** To go on from. */
  state(): AccessCountsState;
}

export interface AccessCountsState {
  readonly counts: Map<string, bigint>;
  readonly earlier: EarlierCount[];
  readonly hasPredecessor: boolean;
}

/** @param state what to go on from; nothing unless given. It is taken over: whoever gives it must not use it any more. */
export function accessCounts(state?: AccessCountsState): AccessCounts {
  const { counts = new Map(), earlier = [] } = state ?? {};
  let hasPredecessor = state?.hasPredecessor ?? false;
  const keyOf = (of: EarlierCount["of"], id: Hex32, requester: Hex32) => `${of} ${id} ${requester}`;
  return {
    earlier,
    state: () => ({ counts, earlier, hasPredecessor }),
    goOn() {
      hasPredecessor = true;
    },
    take(told) {
      const known = counts.get(keyOf(told.of, told.id, told.requester));
      if (known !== undefined) return known;
      if (!hasPredecessor) return 0n;
      earlier.push(told);
      return told.count;
    },
    set: (of, id, requester, count) => counts.set(keyOf(of, id, requester), count),
  };
}
