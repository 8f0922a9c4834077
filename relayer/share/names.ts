/** What relayers on one database share out among themselves. */
import type { JobKind } from "../observe/observer.ts";

/** What is looked for once for all: expired and forgotten requests, what is old. */
export const UPKEEP = "upkeep";

/** Reading a chain's blocks. */
export const readingOf = (chainId: bigint): string => `read.${chainId}`;

/** The kinds of job whose steps share transactions: one relayer has those of a chain, so that it fills them. */
export const LANE_KINDS = ["deliver-request", "re-encrypt", "deliver-response"] as const satisfies readonly JobKind[];

/** Doing the jobs of a kind that one chain's events ask for. */
export const laneOf = (kind: JobKind, chainId: bigint): string => `${kind}.${chainId}`;

/** Of each class a relayer has its share: whoever reads does not therefore have fewer lanes. */
export type LeaseClass = "read" | "lane" | "upkeep";

export function classOf(name: string): LeaseClass {
  if (name === UPKEEP) return "upkeep";
  return name.startsWith("read.") ? "read" : "lane";
}

/** All that there is to share out, for these chains. */
export const sharedNames = (chainIds: readonly bigint[]): string[] => [
  UPKEEP,
  ...chainIds.flatMap((chainId) => [readingOf(chainId), ...LANE_KINDS.map((kind) => laneOf(kind, chainId))]),
];
