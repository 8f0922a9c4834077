import { allLogs, type LogRange, type LogRangesOptions, logRanges, mayMeanFewer } from "@medexchain/evm";
import type { Chain } from "./connect.ts";
import { chainError, nodeErrorOf } from "./revert.ts";
import { ask } from "./transact.ts";

/** Which blocks, ends included, and how they are read; see `LogRangesOptions`. */
export interface LogSpan
  extends Pick<LogRangesOptions<unknown>, "from" | "pace" | "latestFirst" | "patienceMs" | "signal"> {
  /** Up to the latest block unless given. */
  readonly to?: number;
}

/**
 * Reads logs through ethers range by range, as `logRanges` does: `read` is called with bounds that the node answers.
 *
 * @param read e.g. `(from, to) => records.queryFilter(filter, from, to)`
 * @throws SERVICE_UNREACHABLE; the node's refusal of a single block; the signal's reason
 */
export async function* chainLogRanges<T>(
  chain: Chain,
  read: (from: number, to: number) => Promise<readonly T[]>,
  span: LogSpan,
): AsyncGenerator<LogRange<T>, void> {
  try {
    yield* logRanges(await optionsOf(chain, read, span));
  } catch (error) {
    throw chainError(error, chain.deployment);
  }
}

/** As `chainLogRanges`, in one list, in order of blocks: for filters that few logs match. */
export async function chainLogs<T>(
  chain: Chain,
  read: (from: number, to: number) => Promise<readonly T[]>,
  span: LogSpan,
): Promise<T[]> {
  const options = await optionsOf(chain, read, span);
  return ask(chain, () => allLogs(options));
}

async function optionsOf<T>(
  chain: Chain,
  read: (from: number, to: number) => Promise<readonly T[]>,
  { to, ...span }: LogSpan,
): Promise<LogRangesOptions<T>> {
  const last = to ?? (await ask(chain, () => chain.provider.getBlockNumber()));
  const node = `chain ${chain.deployment.chainId}`;
  return {
    node,
    read,
    ...span,
    to: last,
    isRefusal: (error) => mayMeanFewer(error) || nodeErrorOf(error) !== undefined,
  };
}
