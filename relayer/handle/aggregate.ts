/** Aggregates of attestations: who has a key for them, and one attestation made of many shares. */
import {
  type Aggregate,
  type AggregateShare,
  type Attestation,
  addBlsSignatures,
  aggregateOf,
  ask,
  type Chain,
  type Hex32,
  verifyBls,
} from "@medexchain/chain";
import { getBytes } from "ethers";
import type { RelayChain } from "../chains/relay-chain.ts";
import type { StoredAttestation } from "../database/attestations.ts";

/** From so many signers on an aggregate costs less gas than their signatures: `docs/gas.md`. */
export const LEAST_AGGREGATED = 13;
/** So many signatures fit into an item of a batch: `RelayerSet.MAX_THRESHOLD`. */
export const MOST_SINGLE = 24;

/** A relayer's key for aggregates, as its set has it. */
export interface RegisteredKey {
  /** Of the relayer's tenure. */
  readonly index: number;
  readonly key: Uint8Array;
}

/** By address in lower case. */
export type RegisteredKeys = ReadonlyMap<string, RegisteredKey>;

const holders = new WeakMap<Chain, Map<bigint, string>>();

/** The keys that a chain's set has; undefined where aggregates do not count there. */
export async function registeredKeys({ chain }: Pick<RelayChain, "chain">): Promise<RegisteredKeys | undefined> {
  const { relayers: set } = chain;
  if (!(await ask(chain, () => set.aggregatesOn()))) return undefined;
  const stored = await ask(chain, () => set.aggregateKeys());
  const entries = stored.map(async ({ index, key }) => {
    const registered: RegisteredKey = { index: Number(index), key: getBytes(key) };
    return [await holderOf(chain, index), registered] as const;
  });
  return new Map(await Promise.all(entries));
}

/** Whose tenure has an index, which never changes. */
async function holderOf(chain: Chain, index: bigint): Promise<string> {
  const known = holders.get(chain) ?? new Map<bigint, string>();
  holders.set(chain, known);
  const holder = known.get(index) ?? (await ask(chain, () => chain.relayers.tenure(index))).relayer.toLowerCase();
  known.set(index, holder);
  return holder;
}

interface Share extends AggregateShare {
  readonly relayer: string;
  readonly key: Uint8Array;
}

/**
 * Attestations of exactly so many relayers, those with sound shares in one aggregate; undefined where too few have such shares for
 * an aggregate to save gas, or there are too few attestations.
 *
 * @param set address of the RelayerSet
 * @param given attestations that hold, all of `digest`; of one relayer there may be several, which differ in their shares
 */
export function aggregated(
  { set, keys, digest }: { readonly set: string; readonly keys: RegisteredKeys; readonly digest: Hex32 },
  given: readonly StoredAttestation[],
  needed: number,
): Attestation[] | undefined {
  if (needed < LEAST_AGGREGATED) return undefined;
  const shares = given.flatMap(({ relayer, share }): Share[] => {
    const registered = keys.get(relayer.toLowerCase());
    return registered && share !== undefined ? [{ relayer, ...registered, signature: getBytes(share) }] : [];
  });
  if (new Set(shares.map(({ relayer }) => relayer)).size < LEAST_AGGREGATED) return undefined;
  const sound = soundShares(digest, shares, needed);
  if (sound.length < LEAST_AGGREGATED) return undefined;
  const inAggregate = new Set(sound.map(({ relayer }) => relayer));
  const single = new Map<string, Attestation>();
  for (const { relayer, signature } of given) {
    if (!inAggregate.has(relayer) && single.size < needed - sound.length) single.set(relayer, { relayer, signature });
  }
  if (sound.length + single.size < needed) return undefined;
  return [aggregateOf(set, sound), ...single.values()];
}

/** So many shares that verify, one of each relayer; one bad share would spoil the sum, so where it does each is looked at. */
function soundShares(digest: Hex32, shares: readonly Share[], most: number): readonly Share[] {
  const of = new Map<string, Share[]>();
  for (const share of shares) of.set(share.relayer, [...(of.get(share.relayer) ?? []), share]);
  // Where peers give two shares of one relayer, one of them is made up.
  const chosen = [...of.values()].flatMap((all) => {
    const found = all.length === 1 ? all[0] : all.find((share) => verifies(digest, [share]));
    return found ? [found] : [];
  });
  const first = chosen.slice(0, most);
  if (verifies(digest, first)) return first;
  return chosen.filter((share) => verifies(digest, [share])).slice(0, most);
}

function verifies(digest: Hex32, shares: readonly Share[]): boolean {
  let signature: Aggregate["signature"];
  try {
    signature = addBlsSignatures(shares.map((share) => share.signature));
  } catch (error) {
    if (error instanceof RangeError) return false; // one is no point
    throw error;
  }
  return verifyBls(
    shares.map(({ key }) => key),
    digest,
    signature,
  );
}
