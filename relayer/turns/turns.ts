/** Relayers with databases of their own take turns in sending, and step in for each other when a step is late. */
import type { Hex32 } from "@medexchain/chain";
import type { RelayChains } from "../chains/relay-chain.ts";
import type { Database } from "../database/database.ts";
import { accountsSeen } from "../database/leases.ts";
import { quorumOf } from "../handle/attest.ts";
import { placeOf } from "./place.ts";

/** A step that is to be sent. */
export interface TurnOf {
  readonly requestId: Hex32;
  /** The chain that it is sent to: its relayers take turns. */
  readonly sentTo: bigint;
}

/**
 * For how many seconds each step is left to others, whose turn comes before. None where it is not known who they are: a step too many does
 * nothing twice, and one too few is lost time.
 */
export type Waits = (steps: readonly TurnOf[]) => Promise<number[]>;

export interface TurnsOptions {
  readonly chains: RelayChains;
  readonly database: Database;
  /** Address of this relayer's account. */
  readonly account: string;
  /** How long each has for a step before the next steps in. */
  readonly turnMs: number;
}

const AGE_MS = 5_000;

/** Makes what says how long a step is left to others. */
export function turnsOf({ chains, database, account, turnMs }: TurnsOptions): Waits {
  let known: { readonly at: number; readonly accounts: Promise<string[]> } | undefined;
  const ourAccounts = async (): Promise<Set<string>> => {
    if (!known || performance.now() - known.at >= AGE_MS) {
      known = { at: performance.now(), accounts: database.exclusive ? Promise.resolve([]) : accountsSeen(database) };
    }
    return new Set([account, ...(await known.accounts)].map((each) => each.toLowerCase()));
  };
  return async (steps) => {
    if (steps.length === 0) return [];
    const ours = await ourAccounts();
    const quorums = new Map(
      await Promise.all(
        [...new Set(steps.map(({ sentTo }) => sentTo))].map(async (chainId) => {
          const here = chains.get(chainId);
          return [chainId, here && (await quorumOf(here).catch(() => undefined))] as const;
        }),
      ),
    );
    return steps.map(({ requestId, sentTo }) => {
      const quorum = quorums.get(sentTo);
      if (!quorum) return 0;
      return (placeOf({ requestId, epoch: quorum.epoch }, quorum.relayers, ours) * turnMs) / 1_000;
    });
  };
}
