import { ask, toHex32 } from "@medexchain/chain";
import type { RelayChains } from "../chains/relay-chain.ts";
import type { RelayerKeys } from "../keys/read-keys.ts";
import { failureOf } from "../observe/failure.ts";
import type { Observer } from "../observe/observer.ts";

/**
 * Says where a chain's `RelayerSet` does not know this relayer, or has another sealing key: jobs will be parked there. It is no
 * reason not to start, since relayers are admitted and keys rotated while they run.
 */
export async function reportStanding(chains: RelayChains, keys: RelayerKeys, observe: Observer): Promise<void> {
  const warn = (message: string) => observe({ type: "failed", where: "standing", code: "CONFIG_INVALID", message });
  const { address } = keys.account;
  const ours = toHex32(keys.sealing.publicKey);
  for (const [chainId, { chain }] of chains) {
    try {
      const [admitted, sealingKey] = await ask(chain, () =>
        Promise.all([chain.relayers.isRelayer(address), chain.relayers.sealingKey()]),
      );
      if (!admitted) warn(`chain ${chainId}: ${address} is not in RelayerSet; have it added`);
      if (sealingKey !== ours) warn(`chain ${chainId}: RelayerSet's sealing key is ${sealingKey}, ours is ${ours}`);
    } catch (error) {
      const { code, message } = failureOf(error);
      observe({ type: "failed", where: "standing", code, message });
    }
  }
}
