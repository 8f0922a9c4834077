/** Keeps passes over several chains at about the same time of their histories, so that what two chains say is met close together. */
export interface InStep {
  /** Waits while another pass is at an earlier time. The earliest never waits. */
  reach(chainId: bigint, time: number): Promise<void>;
  /** A pass has ended, in whatever way: nobody waits for it any more. */
  leave(chainId: bigint): void;
}

export function inStep(chainIds: Iterable<bigint>): InStep {
  const times = new Map([...chainIds].map((chainId) => [chainId, Number.NEGATIVE_INFINITY]));
  let moved = Promise.withResolvers<void>();
  const move = () => {
    moved.resolve();
    moved = Promise.withResolvers<void>();
  };
  return {
    async reach(chainId, time) {
      times.set(chainId, time);
      move();
      while ([...times.values()].some((each) => each < time)) await moved.promise;
    },
    leave(chainId) {
      times.delete(chainId);
      move();
    },
  };
}
