import { type ErrorCode, MedexError, summariseUnforeseen } from "@medexchain/core";
import type { Observer } from "./observer.ts";

/** An error as it may be stored and logged. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retriable: boolean;
}

/**
 * What an error says in public. An error that is not ours may quote anything in its message, so only its kind and the place
 * where it arose are kept; it may be passing, so it is tried again.
 */
export function failureOf(error: unknown): Failure {
  if (MedexError.is(error)) return { code: error.code, message: error.message, retriable: error.retriable };
  const internal = new MedexError("RELAYER_INTERNAL", `${summariseUnforeseen(error)}; report it`);
  return { code: internal.code, message: internal.message, retriable: internal.retriable };
}

/** Tells an observer of a failure that nobody else is told of: what a loop or a background task threw. */
export const failedIn =
  (where: string, observe: Observer) =>
  (error: unknown): void => {
    const { code, message } = failureOf(error);
    observe({ type: "failed", where, code, message });
  };
