/**
 * What a run proved, kept for the next one: the next replays only what came since. It is bound to the blocks up to which it goes, to the
 * code that checks, and to all that was configured; of anything else nothing is taken over, and everything is proven again.
 */
import { ABIS, type Hex32, MESSAGE_DOMAINS, MESSAGE_TYPES } from "@medexchain/chain";
import { id } from "ethers";
import type { AuditSource } from "../access-history.ts";
import type { Finding } from "../finding.ts";
import type { ReadChains, ReadSource } from "../read/read-chains.ts";
import { codeDigest } from "../store/code-digest.ts";
import { continuedPeaks } from "../store/decode.ts";
import type { PassState } from "./chain-pass.ts";
import type { VerifyContext } from "./context.ts";
import { compareLate, type KeptCheckpoint } from "./ledger-checkpoints.ts";
import type { ClosedPages } from "./state-pages.ts";

/** What is kept of one chain. */
export interface KeptChain {
  readonly block: number;
  readonly hash: Uint8Array;
  readonly state: PassState;
  readonly closed: ClosedPages;
  /** How many checkpoints of its ledger each other chain kept. */
  readonly checkpoints: ReadonlyMap<bigint, number>;
}

/** What is kept of an audit that passed. */
export interface KeptAudit {
  /** By `bindingOf`. */
  readonly binding: string;
  /** By chain id. */
  readonly chains: ReadonlyMap<bigint, KeptChain>;
  /** What was found in the passes over the chains: warnings. */
  readonly warnings: readonly Finding[];
  /** The requests of which something was found. */
  readonly found: readonly Hex32[];
}

/** All that a verdict depends on, besides what the chains say. */
export function bindingOf(sources: readonly AuditSource[]): string {
  const configured = sources.map(({ deployment, ...source }) => ({ ...source, ...deployment }));
  const bound = [codeDigest(), process.version, ABIS, MESSAGE_TYPES, MESSAGE_DOMAINS, configured];
  return id(JSON.stringify(bound, (_, value: unknown) => (typeof value === "bigint" ? `${value}` : value)));
}

/** What an earlier run proved, where it still holds: all of it is of this configuration, and of blocks that are in the chains. */
export async function earlierAudit(
  { chains, kept, findings }: ReadChains & { readonly findings: readonly Finding[] },
  binding: string,
  checkpoints: ReadonlyMap<bigint, readonly KeptCheckpoint[]>,
): Promise<KeptAudit | undefined> {
  // Its code was right: it is what this program wrote.
  const earlier = kept.value as KeptAudit | undefined;
  if (!earlier || earlier.binding !== binding || findings.length > 0) return undefined;
  for (const [chainId, source] of chains) {
    const chain = earlier.chains.get(chainId);
    if (!chain || !(await isInChain(chain, source)) || !isBeforeLate(chain, checkpoints.get(chainId) ?? []))
      return undefined;
  }
  return earlier;
}

async function isInChain({ block, hash }: KeptChain, { node, witness, head }: ReadSource): Promise<boolean> {
  if (!head || head.block < block) return false;
  const headers = await Promise.all([node, ...(witness ? [witness] : [])].map((each) => each.header(block)));
  return headers.every((header) => header?.hash.equals(hash) ?? false);
}

/** Checkpoints that came since, of entries that were replayed. */
function lateCheckpoints({ state, checkpoints: before }: KeptChain, checkpoints: readonly KeptCheckpoint[]) {
  const first = state.ledger.begun?.length ?? 0n;
  return [...Map.groupBy(checkpoints, ({ keptBy }) => keptBy)]
    .flatMap(([keptBy, kept]) => kept.slice(before.get(keptBy) ?? 0))
    .filter(({ entryCount }) => entryCount > first && entryCount <= state.ledger.length);
}

/** The range from which late checkpoints can be compared. */
function comparableFrom({ lastCompared, begun }: PassState["ledger"]) {
  if (lastCompared) return lastCompared;
  return begun ? { size: Number(begun.length), peaks: continuedPeaks(begun.log) } : { size: 0, peaks: [] };
}

const isBeforeLate = (chain: KeptChain, checkpoints: readonly KeptCheckpoint[]): boolean => {
  const { size } = comparableFrom(chain.state.ledger);
  return lateCheckpoints(chain, checkpoints).every(({ entryCount }) => entryCount > BigInt(size));
};

/** What the pass over a chain goes on from: with the checkpoints compared that came since of what was replayed. */
export function resumed(
  context: VerifyContext,
  chainId: bigint,
  chain: KeptChain,
  checkpoints: readonly KeptCheckpoint[],
): PassState {
  const late = lateCheckpoints(chain, checkpoints);
  const { ledger } = chain.state;
  if (late.length === 0) return chain.state;
  const first = Number(ledger.begun?.length ?? 0n);
  const lastCompared = compareLate(context, chainId, late, comparableFrom(ledger), first);
  return { ...chain.state, ledger: { ...ledger, lastCompared } };
}

/** How many checkpoints each chain keeps. */
export const countByKeeper = (checkpoints: readonly KeptCheckpoint[]): ReadonlyMap<bigint, number> =>
  new Map([...Map.groupBy(checkpoints, ({ keptBy }) => keptBy)].map(([keptBy, kept]) => [keptBy, kept.length]));
