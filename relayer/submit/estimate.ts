import { type Chain, ContractRefusal, chainError, chainTimes } from "@medexchain/chain";

/** Refusals that only say which time it is: what a node that tries a call in the time of an old block says too early. */
const OF_TIME: ReadonlySet<string | undefined> = new Set([
  "AccessGrantsInvalidTime",
  "AccessGrantsNotExpired",
  "AccessRequestsInvalidTime",
  "AccessRequestsNotExpired",
]);
/** How old the latest block must be for the chain to count as idle, in seconds: clocks differ, and blocks take their time. */
const IDLE_SECONDS = 15n;

const isOfTime = (error: unknown): boolean => error instanceof ContractRefusal && OF_TIME.has(error.refusal);

/**
 * The gas that a call takes, tried out on the latest block: with what waits in the pool, a call that another account is about to make
 * needless would be refused, and it would not be done yet either.
 *
 * On a chain without empty blocks the latest block may be hours old, and a node may try a call in its time, though it would be mined in
 * that of the clock. A refusal that is about time alone is then put to the pending block, and where that is as old, is not believed.
 *
 * @returns undefined where it can only be found out by sending the call
 * @throws CHAIN_REVERTED, SERVICE_UNREACHABLE, SERVICE_PROTOCOL
 */
export async function estimateGas(
  chain: Chain,
  call: { readonly from: string; readonly to: string; readonly data: string },
): Promise<bigint | undefined> {
  const on = async (tag: "latest" | "pending"): Promise<bigint> => {
    try {
      return BigInt(String(await chain.provider.send("eth_estimateGas", [call, tag])));
    } catch (error) {
      throw chainError(error, chain.deployment);
    }
  };
  try {
    return await on("latest");
  } catch (error) {
    // Another node may be asked about it, at the same block; what is only refused in the time of the next one, not.
    if (error instanceof ContractRefusal) error.call = call;
    if (!isOfTime(error)) throw error;
    const { latest, next } = await chainTimes(chain);
    if (next - latest < IDLE_SECONDS) throw error;
    return on("pending").catch((again: unknown) => {
      if (!isOfTime(again)) throw again;
      return undefined;
    });
  }
}
