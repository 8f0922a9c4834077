import { ask, blsKeyRegistration, possessionDigestOf } from "@medexchain/chain";
import { hexlify, type Wallet } from "ethers";
import type { RelayChain, RelayChains } from "../chains/relay-chain.ts";
import { registeredKeys } from "../handle/aggregate.ts";
import { failureOf } from "../observe/failure.ts";
import type { Observer } from "../observe/observer.ts";

/**
 * Registers this relayer's key for aggregates wherever they count, and it is a relayer with another key, or none. To be done again and
 * again, as relayers are admitted and aggregates turned on while they run. A chain that fails does not hold up the others.
 */
export async function registerKey(
  chains: RelayChains,
  account: Wallet,
  blsKey: Uint8Array,
  observe: Observer,
): Promise<void> {
  for (const relayChain of chains.values()) {
    try {
      await registerOn(relayChain, account, blsKey);
    } catch (error) {
      const { code, message } = failureOf(error);
      observe({ type: "failed", where: "register-key", code, message });
    }
  }
}

async function registerOn(relayChain: RelayChain, account: Wallet, blsKey: Uint8Array): Promise<void> {
  const { chain, submitter } = relayChain;
  const { chainId, relayers: address } = chain.deployment;
  const set = { chainId, address };
  const isRelayer = await ask(chain, () => chain.relayers.isRelayer(account.address));
  if (!isRelayer || !(await registeredKeys(relayChain))) return;
  const { key, proof } = blsKeyRegistration(blsKey, set, account.address);
  const isDone = async () => {
    const registered = (await registeredKeys(relayChain))?.get(account.address.toLowerCase());
    return registered !== undefined && hexlify(registered.key) === hexlify(key);
  };
  if (await isDone()) return;
  await submitter.submit({
    // It belongs to no request; a digest of its own stands in the history in the place of one.
    requestId: possessionDigestOf(set, account.address, key),
    action: "setBlsKey",
    to: address,
    data: () => chain.relayers.interface.encodeFunctionData("setBlsKey", [key, proof]),
    isDone,
  });
}
