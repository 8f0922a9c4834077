/** The relayers of an epoch: to whom a re-encryption key is sealed, and who of them still counts. */
import { ask, type Chain, chainTime, type Hex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import type { RelayChain } from "../chains/relay-chain.ts";
import { type Quorum, quorumOf } from "./attest.ts";

export interface RelayerGroup {
  readonly epoch: bigint;
  /** How many of them re-encrypt. */
  readonly threshold: number;
  /** Unix seconds; zero while the epoch lasts. */
  readonly endedAt: bigint;
  /** Index by address in lower case, ascending by index. */
  readonly indexOf: ReadonlyMap<string, number>;
}

const AGE_MS = 5_000;
/** So long after an epoch's end its attestations count: `RelayerSet.EPOCH_GRACE`. */
const GRACE_SECONDS = 3_600n;
const known = new WeakMap<Chain, Map<bigint, { at: number; group: Promise<RelayerGroup> }>>();

/**
 * The relayers that a chain had in an epoch, as it says it at most some seconds ago: what is past stays, but a reorganisation may change it.
 *
 * @throws REQUEST_UNKNOWN when its node does not show the epoch yet
 */
export function groupOf(chain: Chain, epoch: bigint): Promise<RelayerGroup> {
  const ofChain = known.get(chain) ?? new Map<bigint, { at: number; group: Promise<RelayerGroup> }>();
  known.set(chain, ofChain);
  const latest = ofChain.get(epoch);
  if (latest && performance.now() - latest.at < AGE_MS) return latest.group;
  const group = readGroup(chain, epoch);
  ofChain.set(epoch, { at: performance.now(), group });
  group.catch(() => ofChain.delete(epoch)); // whoever awaits it is told; the next one asks again
  return group;
}

async function readGroup(chain: Chain, epoch: bigint): Promise<RelayerGroup> {
  const { relayers: set } = chain;
  const [now, count] = await ask(chain, () => Promise.all([set.epoch(), set.tenureCount()]));
  if (now < epoch) {
    const { chainId } = chain.deployment;
    throw new MedexError("REQUEST_UNKNOWN", `chain ${chainId} does not show epoch ${epoch} of its relayers yet`);
  }
  const indices = Array.from({ length: Number(count) }, (_, at) => at + 1);
  const [[threshold, endedAt], tenures] = await ask(chain, () =>
    Promise.all([set.epochAt(epoch), Promise.all(indices.map((index) => set.tenure(index)))]),
  );
  const indexOf = new Map<string, number>();
  for (const [at, { relayer, from, until }] of tenures.entries()) {
    if (from <= epoch && (until === 0n || epoch < until)) indexOf.set(relayer.toLowerCase(), at + 1);
  }
  return { epoch, threshold: Number(threshold), endedAt, indexOf };
}

/**
 * Who of an epoch's relayers counts now, and how many are needed, as `RelayerSet` says: members then and now, and the greater threshold.
 *
 * @param dealtTo addresses in lower case: who was dealt nothing has nothing to re-encrypt with
 * @throws RELAYERS_CHANGED when those who are left, or the time that is, no longer suffice: the owner has to seal anew
 */
export async function quorumSince(
  relayChain: Pick<RelayChain, "chain">,
  epoch: bigint,
  requestId: Hex32,
  dealtTo: Pick<ReadonlySet<string>, "has">,
): Promise<Quorum> {
  const { chain } = relayChain;
  const latest = await quorumOf(relayChain);
  // What is sealed to a later epoch than the one that is remembered shows that there is a later one.
  const now = latest.epoch < epoch ? await quorumOf(relayChain, 0) : latest;
  if (now.epoch === epoch) return now;
  const [then, today] = await Promise.all([groupOf(chain, epoch), groupOf(chain, now.epoch)]);
  const threshold = Math.max(then.threshold, now.threshold);
  const left = [...then.indexOf].filter(
    ([relayer, index]) => today.indexOf.get(relayer) === index && dealtTo.has(relayer),
  );
  const relayers = new Set(left.map(([relayer]) => relayer));
  const isOver = threshold > 1 && then.endedAt !== 0n && (await chainTime(chain)) >= then.endedAt + GRACE_SECONDS;
  if (relayers.size < threshold || isOver) {
    throw new MedexError(
      "RELAYERS_CHANGED",
      `chain ${chain.deployment.chainId}: request ${requestId} is sealed to the relayers of epoch ${epoch}, which has ended, and too few of them are left; its owner must seal it anew (\`medex access reseal\`)`,
    );
  }
  const keys = now.keys && new Map([...now.keys].filter(([relayer]) => relayers.has(relayer)));
  return { threshold, epoch, relayers, keys };
}
