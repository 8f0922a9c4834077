/** A chain's relayers by epoch, as `RelayerSet` has them: who counts, and how many must. */

/** For how long after its end an epoch's attestations count: `RelayerSet.EPOCH_GRACE`. */
const GRACE_SECONDS = 3_600;

export interface KeyHolder {
  /** Address in lower case. */
  readonly relayer: string;
  /** See `verifyBls`. */
  readonly key: Uint8Array;
}

/** Relayers and threshold as they stand between two logs. */
export interface RelayerEpochs {
  /** Addresses in lower case, each with the epoch since which it is one. */
  readonly members: ReadonlyMap<string, bigint>;
  threshold(): bigint;
  /** The epoch of now. */
  epoch(): bigint;
  /** How many relayers had to attest at a time, in Unix seconds, what names an epoch; undefined where that counts no longer, or not yet. */
  needed(epoch: bigint, time: number): bigint | undefined;
  /** The higher threshold of an epoch's and of now; undefined for an epoch that there was not. */
  neededSince(epoch: bigint): bigint | undefined;
  /** The index of the tenure of a relayer of now. */
  indexOf(relayer: string): number | undefined;
  /** @param index of the tenure that begins */
  added(relayer: string, index: number, epoch: bigint, time: number): void;
  removed(relayer: string, epoch: bigint, time: number): void;
  thresholdSet(threshold: bigint, epoch: bigint, time: number): void;
  aggregatesSet(on: boolean): void;
  /** A relayer set its key for aggregates; nothing, where the index is not that of its tenure. */
  keySet(relayer: string, index: number, key: Uint8Array): void;
  /** Whether aggregates count. */
  aggregatesOn(): boolean;
  /** The relayer with an index that has a key, and is a relayer still. */
  keyAt(index: number): KeyHolder | undefined;
  /** To go on from. */
  state(): RelayerEpochsState;
}

/** All that a chain's relayers are at a block, to go on from. */
export interface RelayerEpochsState {
  readonly members: ReadonlyMap<string, bigint>;
  readonly indices: ReadonlyMap<string, number>;
  readonly keys: ReadonlyMap<number, KeyHolder>;
  readonly isAggregating: boolean;
  readonly ended: ReadonlyMap<bigint, EndedEpoch>;
  readonly threshold: bigint;
  readonly epoch: bigint;
}

interface EndedEpoch {
  readonly threshold: bigint;
  /** Unix seconds. */
  readonly at: number;
}

/** @param state what to go on from; nobody unless given */
export function relayerEpochs(state?: RelayerEpochsState): RelayerEpochs {
  const members = new Map(state?.members);
  const indices = new Map(state?.indices);
  const keys = new Map(state?.keys);
  const ended = new Map(state?.ended);
  let { isAggregating = false, threshold = 0n, epoch = 0n } = state ?? {};
  const begin = (next: bigint, time: number): void => {
    ended.set(epoch, { threshold, at: time });
    epoch = next;
  };
  return {
    members,
    state: () => ({ members, indices, keys, isAggregating, ended, threshold, epoch }),
    threshold: () => threshold,
    epoch: () => epoch,
    needed(named, time) {
      if (named === epoch) return threshold;
      const before = ended.get(named);
      if (!before || time >= before.at + GRACE_SECONDS) return undefined;
      return before.threshold > threshold ? before.threshold : threshold;
    },
    neededSince(named) {
      const its = named === epoch ? threshold : ended.get(named)?.threshold;
      return its !== undefined && its < threshold ? threshold : its;
    },
    indexOf: (relayer) => indices.get(relayer),
    added(relayer, index, next, time) {
      begin(next, time);
      members.set(relayer, next);
      indices.set(relayer, index);
    },
    removed(relayer, next, time) {
      begin(next, time);
      members.delete(relayer);
      keys.delete(indices.get(relayer) ?? 0);
      indices.delete(relayer);
    },
    thresholdSet(next, itsEpoch, time) {
      begin(itsEpoch, time);
      threshold = next;
    },
    aggregatesSet(on) {
      isAggregating = on;
    },
    keySet(relayer, index, key) {
      if (indices.get(relayer) === index) keys.set(index, { relayer, key });
    },
    aggregatesOn: () => isAggregating,
    keyAt: (index) => keys.get(index),
  };
}
