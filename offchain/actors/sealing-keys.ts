/** The keys that relayers have set for themselves, as a firewall needs them: those to which something can be sealed. */
import { ask, type Chain, fromHex32, type Hex32, hex32, ZERO_32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { CONTENT_LIMITS, type ContentStore } from "@medexchain/ipfs";
import { parseRelayerKey, sealByXWing } from "@medexchain/pre";

/** How many relayers' keys are kept: they are fetched once for each digest. */
const MAX_KEYS = 256;
/** How long one key may take to be fetched: the others do not wait for it. */
const FETCH_MS = 5_000;
/** For how long what was no key is not asked for again. */
const REST_MS = 10_000;

/** Why nothing can be sealed to a relayer. */
export interface NoKey {
  /** In words, for its operator. */
  readonly problem: string;
  readonly cause?: unknown;
}

/**
 * Reads sealing keys, each at most once for its digest.
 *
 * @returns for a relayer's index its X-Wing key of 1,216 bytes, or why there is none; throws what asking the chain throws
 */
export function sealingKeysOf(chain: Chain, store: ContentStore): (index: number) => Promise<Uint8Array | NoKey> {
  const keys = new Map<Hex32, Uint8Array>();
  const failed = new Map<Hex32, { readonly until: number; readonly why: NoKey }>();
  return async (index) => {
    const { sealingKeyDigest } = await ask(chain, () => chain.relayers.tenure(index));
    const digest = hex32(sealingKeyDigest);
    if (digest === ZERO_32) return { problem: "has set no sealing key" };
    const known = keys.get(digest);
    if (known !== undefined) return known;
    const before = failed.get(digest);
    if (before !== undefined && performance.now() < before.until) return before.why;
    try {
      const key = await fetchKey(store, digest);
      if (keys.size >= MAX_KEYS) keys.clear();
      keys.set(digest, key);
      failed.delete(digest);
      return key;
    } catch (cause) {
      const why: NoKey = { problem: "has set a sealing key that cannot be fetched, or is none", cause };
      if (failed.size >= MAX_KEYS) failed.clear();
      failed.set(digest, { until: performance.now() + REST_MS, why });
      return why;
    }
  };
}

/** A key by its digest, with which something was sealed: not all that has its length is one. */
async function fetchKey(store: ContentStore, digest: Hex32): Promise<Uint8Array> {
  const signal = AbortSignal.timeout(FETCH_MS);
  const key = parseRelayerKey(await store.get(fromHex32(digest), { maxBytes: CONTENT_LIMITS.relayerKey, signal }));
  await sealByXWing(key, new Uint8Array(), new Uint8Array(1));
  return key;
}

/**
 * The error where nothing can be sealed to as many relayers as must re-encrypt.
 *
 * @param all relayers, each with its key or why it has none
 */
export function tooFewKeys(
  chain: Chain,
  threshold: number,
  all: readonly { readonly index: number; readonly key: Uint8Array | NoKey }[],
): MedexError {
  const without = all.flatMap(({ index, key }) => (key instanceof Uint8Array ? [] : [{ index, ...key }]));
  const [first] = without;
  const isNodeDown = without.every(({ cause }) => MedexError.is(cause, "SERVICE_UNREACHABLE"));
  if (isNodeDown && first?.cause instanceof MedexError) return first.cause; // then it is no relayer's fault
  const each = without.map(({ index, problem }) => `relayer ${index} ${problem}`).join("; ");
  return new MedexError(
    "RELAYERS_UNREADY",
    `of the ${all.length} relayers of chain ${chain.deployment.chainId}, ${threshold} must re-encrypt, and a share can be sealed to ${all.length - without.length} only: ${each}. Their operators must start them, or the relayer manager remove them`,
    { cause: first?.cause },
  );
}
