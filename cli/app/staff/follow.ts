import { type Chain, chainLogRanges } from "@medexchain/chain";
import type { Log } from "ethers";

/** Blocks that are read again, as a node may have replaced them. */
const OVERLAP = 32;

/** Reads a chain's logs in order, each block once but for the last few; what it is asked at once, it does in turns. */
export function follow(
  chain: Chain,
  from: number,
  filter: { readonly address: string | string[]; readonly topics: (string | string[] | null)[] },
  take: (log: Log) => void,
): () => Promise<void> {
  let next = from;
  let turn: Promise<void> = Promise.resolve();
  const read = async (): Promise<void> => {
    const query = (fromBlock: number, toBlock: number) => chain.provider.getLogs({ ...filter, fromBlock, toBlock });
    for await (const { to, logs } of chainLogRanges(chain, query, { from: Math.max(from, next - OVERLAP) })) {
      for (const log of logs) take(log);
      next = to + 1;
    }
  };
  return () => {
    turn = turn.catch(() => {}).then(read);
    return turn;
  };
}
