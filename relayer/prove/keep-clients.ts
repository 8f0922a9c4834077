import { ask } from "@medexchain/chain";
import type { RelayChain, RelayChains } from "../chains/relay-chain.ts";
import { failureOf } from "../observe/failure.ts";
import type { Observer } from "../observe/observer.ts";
import { laneProofs } from "./lane-proofs.ts";
import { believedHeader, compareLatest, followingOf, latestOf } from "./light-client.ts";

/** A client that was shown nothing for this part of its trusting period is shown a header, so that it does not expire where nothing is said. */
const IDLE_PART = 3n;

/**
 * Looks at every light client, says how it stands, shows it where validators sealed another block than it has, and keeps those alive that are idle. To be done again and again. A lane that fails does not hold
 * up the others.
 */
export async function keepClients(chains: RelayChains, observe: Observer, everyBlocks: number): Promise<void> {
  for (const keeper of chains.values()) {
    for (const source of chains.values()) {
      if (source === keeper) continue;
      try {
        await keepClient(source, keeper, observe, everyBlocks);
      } catch (error) {
        const { code, message } = failureOf(error);
        observe({ type: "failed", where: "light-client", code, message });
      }
    }
  }
}

async function keepClient(
  source: RelayChain,
  keeper: RelayChain,
  observe: Observer,
  everyBlocks: number,
): Promise<void> {
  const { policy, client } = await laneProofs(keeper, source.chain.deployment.chainId);
  if (policy === "attested" && client === undefined) return;
  const following = await followingOf(source, keeper, observe, everyBlocks);
  const latest = await latestOf(following);
  await compareLatest(following, latest);
  const { number, timestamp } = latest;
  const [period, now] = await Promise.all([
    ask(keeper.chain, () => following.client.TRUSTING_PERIOD()),
    ask(keeper.chain, () => keeper.chain.provider.getBlock("latest")),
  ]);
  if (BigInt(now?.timestamp ?? 0) - timestamp > period / IDLE_PART) await believedHeader(following, number + 1);
}
