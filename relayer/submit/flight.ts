import type { SignedTransaction } from "../database/transactions.ts";
import type { JobOutcome } from "../observe/observer.ts";
import type { Price } from "./fees.ts";
import type { Step } from "./step.ts";

/** Whoever waits for a step. */
export interface Waiter {
  readonly step: Step;
  readonly since: number;
  /** When it no longer waits, by `performance.now()`. */
  readonly deadline: number;
  resolve(outcome: Extract<JobOutcome, "sent" | "already-done">): void;
  reject(reason: unknown): void;
}

/** A nonce that is in use: one call, signed once, or again for a higher fee. */
export interface Flight {
  readonly nonce: number;
  /** Under this nonce, oldest first; the last is the one that is sent. */
  readonly versions: SignedTransaction[];
  /** By place in the batch; undefined where nobody waits, as after a restart. */
  readonly waiters: (Waiter | undefined)[];
  readonly since: number;
  /** When it was last sent, by `performance.now()`. */
  sentAt: number;
  /** Why the node last refused it: a code, never its text. */
  refusal: string | undefined;
  refusals: number;
  /** Looks in a row that found its nonce used, and no receipt. */
  absences: number;
  /** Unknown after a restart. */
  price: Price | undefined;
  mined: MinedTransaction | undefined;
  /** The latest block when the node was last found to have it, and when that was; undefined where it was not. */
  foundAt: { readonly block: number; readonly time: number } | undefined;
  /** Settles with the flight. */
  readonly done: Promise<void>;
  readonly settled: () => void;
}

export interface MinedTransaction {
  readonly hash: string;
  readonly status: number | null;
  readonly block: number;
  readonly gasUsed: bigint;
  readonly logs: readonly MinedLog[];
}

export interface MinedLog {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
}

export function createFlight(
  versions: SignedTransaction[],
  nonce: number,
  waiters: (Waiter | undefined)[],
  price?: Price,
): Flight {
  const { promise, resolve } = Promise.withResolvers<void>();
  const now = performance.now();
  return {
    nonce,
    versions,
    waiters,
    since: now,
    sentAt: now,
    refusal: undefined,
    refusals: 0,
    absences: 0,
    price,
    mined: undefined,
    foundAt: undefined,
    done: promise,
    settled: resolve,
  };
}

/** The version that is sent, of a flight that has one, as every flight does. */
export function liveVersion({ versions, nonce }: Flight): SignedTransaction {
  const live = versions.at(-1);
  if (!live) throw new TypeError(`nonce ${nonce} has no transaction`);
  return live;
}
