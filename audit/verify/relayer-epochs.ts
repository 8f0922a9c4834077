/** A chain's relayers by epoch, as `RelayerSet` has them: who counts, and how many must. */

/** For how long after its end an epoch's attestations count: `RelayerSet.EPOCH_GRACE`. */
const GRACE_SECONDS = 3_600;

/** Relayers and threshold as they stand between two logs. */
export interface RelayerEpochs {
  /** Addresses in lower case, each with the epoch since which it is one. */
  readonly members: ReadonlyMap<string, bigint>;
  threshold(): bigint;
  /** The epoch of now. */
  epoch(): bigint;
  /** How many relayers had to attest at a time, in Unix seconds, what names an epoch; undefined where that counts no longer, or not yet. */
  needed(epoch: bigint, time: number): bigint | undefined;
  added(relayer: string, epoch: bigint, time: number): void;
  removed(relayer: string, epoch: bigint, time: number): void;
  thresholdSet(threshold: bigint, epoch: bigint, time: number): void;
}

export function relayerEpochs(): RelayerEpochs {
  const members = new Map<string, bigint>();
  const ended = new Map<bigint, { readonly threshold: bigint; readonly at: number }>();
  let threshold = 0n;
  let epoch = 0n;
  const begin = (next: bigint, time: number): void => {
    ended.set(epoch, { threshold, at: time });
    epoch = next;
  };
  return {
    members,
    threshold: () => threshold,
    epoch: () => epoch,
    needed(named, time) {
      if (named === epoch) return threshold;
      const before = ended.get(named);
      if (!before || time >= before.at + GRACE_SECONDS) return undefined;
      return before.threshold > threshold ? before.threshold : threshold;
    },
    added(relayer, next, time) {
      begin(next, time);
      members.set(relayer, next);
    },
    removed(relayer, next, time) {
      begin(next, time);
      members.delete(relayer);
    },
    thresholdSet(next, itsEpoch, time) {
      begin(itsEpoch, time);
      threshold = next;
    },
  };
}
