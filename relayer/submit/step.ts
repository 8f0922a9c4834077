import type { Hex32 } from "@medexchain/chain";

/** One contract call that a step of the protocol needs. */
export interface Step {
  readonly requestId: Hex32;
  /** The contract function, for the history. */
  readonly action: string;
  readonly to: string;
  /** Call data for the step alone, hexadecimal. */
  data(): string;
  /** Asks the chain whether the call has become needless. */
  isDone(): Promise<boolean>;
  /** When the chain was last asked that, and said no, by `performance.now()`. */
  readonly notDoneAt?: number;
  /** It is not sent where it would take more gas; no batch has this. */
  readonly mostGas?: bigint;
  /** How the step goes out together with others; alone where it is absent. */
  readonly batch?: StepBatch;
}

/** A contract call that takes many steps at once, and skips and reports those that it refuses. */
export interface StepBatch {
  /** Steps with equal keys may share a transaction. */
  readonly key: string;
  /** The contract function, for the history. */
  readonly action: string;
  readonly item: unknown;
  /** Call data for the items of several steps with this key. */
  encode(items: readonly unknown[]): string;
}

/** Makes a step's batch. All steps with the same key must have items of the same type. */
export function batchOf<T>(key: string, action: string, item: T, encode: (items: T[]) => string): StepBatch {
  // Only items of batches with this key are ever put together, and those are T.
  return { key, action, item, encode: (items) => encode(items as T[]) };
}

/** Whether a transaction with this action and these requests carries the step. */
export function carries(
  transaction: { readonly action: string; readonly requestIds: readonly Hex32[] },
  { action, batch, requestId }: Step,
): boolean {
  return (
    (transaction.action === action || transaction.action === batch?.action) &&
    transaction.requestIds.includes(requestId)
  );
}
