import { ask, chainLogs } from "@medexchain/chain";
import type { RelayChain, RelayChains } from "../chains/relay-chain.ts";
import type { RelayerKeys } from "../keys/read-keys.ts";
import { failureOf } from "../observe/failure.ts";
import type { Observer } from "../observe/observer.ts";

/**
 * Says where a chain's `RelayerSet` does not know this relayer, or has suspended it: jobs will be parked there. It is no
 * reason not to start, since relayers are admitted while they run.
 */
export async function reportStanding(chains: RelayChains, keys: RelayerKeys, observe: Observer): Promise<void> {
  const warn = (message: string) => observe({ type: "failed", where: "standing", code: "CONFIG_INVALID", message });
  const { address } = keys.account;
  for (const [chainId, here] of chains) {
    const { chain } = here;
    try {
      if (!(await ask(chain, () => chain.relayers.isRelayer(address)))) {
        const suspended = await suspensionOf(here, address);
        const why =
          suspended === undefined
            ? "is not in RelayerSet"
            : `was suspended in transaction ${suspended}, for two statements that contradict each other: compare them`;
        warn(`chain ${chainId}: ${address} ${why}; have it added`);
      }
    } catch (error) {
      const { code, message } = failureOf(error);
      observe({ type: "failed", where: "standing", code, message });
    }
  }
}

/** The transaction by which a relayer was suspended last; undefined where it never was. */
async function suspensionOf({ chain, config }: RelayChain, address: string): Promise<string | undefined> {
  const { relayers } = chain;
  const filter = relayers.filters.RelayerSuspended(address);
  const logs = await chainLogs(chain, (from, to) => relayers.queryFilter(filter, from, to), { from: config.fromBlock });
  return logs.at(-1)?.transactionHash;
}
