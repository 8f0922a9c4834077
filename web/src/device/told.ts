/** How a thread tells the page what became of a call. */
import { MedexError } from "@medexchain/core";

/** What an error is to a page: errors lose their codes on the way between threads. */
export interface Failure {
  readonly code: string;
  readonly message: string;
}
export type Outcome<T> = { readonly ok: T } | { readonly failure: Failure };

export const failureOf = (error: unknown): Failure => {
  if (MedexError.is(error)) return { code: error.code, message: error.message };
  // Nothing of an error that nobody foresaw is shown but its kind: it may hold what it was about.
  return { code: "UNFORESEEN", message: error instanceof Error ? error.name : "an error" };
};

type Told<A> = {
  [K in keyof A]: A[K] extends (...given: infer P) => infer R ? (...given: P) => Promise<Outcome<Awaited<R>>> : never;
};

/** Each function as one that tells errors as plain objects. */
export function told<A extends object>(functions: A): Told<A> {
  const wrapped = Object.entries(functions).map(([name, run]) => [
    name,
    async (...given: unknown[]): Promise<Outcome<unknown>> => {
      try {
        return { ok: await run(...given) };
      } catch (error) {
        return { failure: failureOf(error) };
      }
    },
  ]);
  return Object.fromEntries(wrapped) as Told<A>; // one for each
}
