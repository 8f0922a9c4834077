import { ask, type Hex32, toHex32 } from "@medexchain/chain";
import { CONTENT_LIMITS, type ContentStore } from "@medexchain/ipfs";
import { encodeRelayerKey } from "@medexchain/pre";
import { concat, keccak256, toUtf8Bytes, type Wallet } from "ethers";
import type { RelayChain, RelayChains } from "../chains/relay-chain.ts";
import { failureOf } from "../observe/failure.ts";
import type { Observer } from "../observe/observer.ts";

export interface SealingKeyContext {
  readonly chains: RelayChains;
  readonly store: ContentStore;
  readonly account: Wallet;
  /** X-Wing, 1216 bytes. */
  readonly publicKey: Uint8Array;
  readonly observe: Observer;
}

/**
 * Publishes the key to which firewalls seal this relayer's shares, and sets its digest wherever it is a relayer with another, or none. To be done
 * again and again, as relayers are admitted while they run. A chain that fails does not hold up the others.
 */
export async function registerSealingKey({
  chains,
  store,
  account,
  publicKey,
  observe,
}: SealingKeyContext): Promise<void> {
  const { digest } = await store.put(encodeRelayerKey(publicKey), { maxBytes: CONTENT_LIMITS.relayerKey });
  for (const relayChain of chains.values()) {
    try {
      await registerOn(relayChain, account.address, toHex32(digest));
    } catch (error) {
      const { code, message } = failureOf(error);
      observe({ type: "failed", where: "register-sealing-key", code, message });
    }
  }
}

async function registerOn({ chain, submitter }: RelayChain, relayer: string, digest: Hex32): Promise<void> {
  const { relayers: set } = chain;
  const index = await ask(chain, () => set.indexOf(relayer));
  if (index === 0n) return;
  const isDone = async () => (await ask(chain, () => set.tenure(index))).sealingKeyDigest === digest;
  if (await isDone()) return;
  await submitter.submit({
    // It belongs to no request; a digest of its own stands in the history in the place of one.
    requestId: keccak256(concat([toUtf8Bytes("medexchain/v1/sealing-key"), relayer, digest])) as Hex32, // 32 bytes
    action: "setSealingKey",
    to: chain.deployment.relayers,
    data: () => set.interface.encodeFunctionData("setSealingKey", [digest]),
    isDone,
  });
}
