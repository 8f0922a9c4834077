/** The relayers of now, as the chain has them: whom a firewall deals to, and a device holds the dealing against. */
import { ask, type Chain, ContractRefusal, findRecord, fromHex32, toHex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { CONTENT_LIMITS, type ContentStore } from "@medexchain/ipfs";
import { type FirewallSources, parseCapsule } from "@medexchain/pre";
import { sealingKeysOf, tooFewKeys } from "./sealing-keys.ts";

/** The relayers of one epoch, and how many of them re-encrypt. */
export interface RelayersOfNow {
  readonly epoch: bigint;
  readonly threshold: number;
  /** Ascending. */
  readonly indices: readonly number[];
}

/**
 * Reads who the relayers are now.
 *
 * @throws RELAYERS_CHANGED when they change meanwhile; RELAYERS_UNREADY when they are fewer than must re-encrypt; SERVICE_UNREACHABLE
 */
export async function relayersOfNow(chain: Chain): Promise<RelayersOfNow> {
  const { relayers, deployment } = chain;
  const epoch = await ask(chain, () => relayers.epoch());
  const [members, [threshold]] = await Promise.all([
    ask(chain, () => relayers.membersAt(epoch)),
    ask(chain, () => relayers.epochAt(epoch)),
  ]);
  const indices = await Promise.all(
    members.map(async (member) => Number(await ask(chain, () => relayers.indexOf(member)))),
  );
  if (indices.includes(0)) {
    throw new MedexError("RELAYERS_CHANGED", `the relayers of chain ${deployment.chainId} just changed; try again`);
  }
  if (threshold === 0n || BigInt(indices.length) < threshold) {
    throw new MedexError(
      "RELAYERS_UNREADY",
      `chain ${deployment.chainId} has ${indices.length} relayers, of which ${threshold} must re-encrypt: its relayer manager must set that right`,
    );
  }
  return { epoch, threshold: Number(threshold), indices };
}

/**
 * Sends what holds for the relayers of an epoch.
 *
 * @throws RELAYERS_CHANGED when the contract refused it because they have changed; what `send` throws
 */
export async function untilRelayersChange<T>(send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (cause) {
    if (!(cause instanceof ContractRefusal) || cause.refusal !== "AccessGrantsWrongEpoch") throw cause;
    throw new MedexError("RELAYERS_CHANGED", "the relayers changed meanwhile: give the same command again", { cause });
  }
}

/**
 * What a firewall reads for itself: the relayers of now with their keys, and what is anchored of a record. A relayer that nothing can be sealed
 * to, be it that it has set no key, or what is no key, is left out as long as there are enough others: none of them is to block approvals.
 *
 * @param chain the hospital's home chain
 */
export function firewallSources(chain: Chain, store: ContentStore): FirewallSources {
  const keyOf = sealingKeysOf(chain, store);
  return {
    async relayers() {
      const { epoch, threshold, indices } = await relayersOfNow(chain);
      const found = await Promise.all(indices.map(async (index) => ({ index, key: await keyOf(index) })));
      const relayers = found.flatMap(({ index, key }) =>
        key instanceof Uint8Array ? [{ index, sealingKey: key }] : [],
      );
      if (relayers.length >= threshold) return { epoch, threshold, relayers };
      throw tooFewKeys(chain, threshold, found);
    },
    async capsule(recordId) {
      const { capsule } = await findRecord(chain, toHex32(recordId));
      return parseCapsule(await store.get(fromHex32(capsule), { maxBytes: CONTENT_LIMITS.capsule }));
    },
  };
}
