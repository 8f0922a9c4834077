/** The bodies of JSON-RPC 2.0: a call alone is an object, several are a batch. */
import type { RpcErrorBody } from "./node-errors.ts";

export interface RpcCall {
  readonly method: string;
  readonly params: readonly unknown[] | Readonly<Record<string, unknown>>;
}

/** What a node said to one call. */
export type RpcAnswer = { readonly result: unknown } | { readonly error: RpcErrorBody };

/** @param firstId the id of the first call; the others' follow it */
export function writeCalls(calls: readonly RpcCall[], firstId: number): string {
  const bodies = calls.map(({ method, params }, at) => ({ jsonrpc: "2.0", id: firstId + at, method, params }));
  return JSON.stringify(bodies.length === 1 ? bodies[0] : bodies);
}

/** Answers in the order of their calls; undefined for a call without one. Undefined altogether for what is no JSON-RPC. */
export function readAnswers(
  body: string,
  calls: number,
  firstId: number,
): { readonly isBatch: boolean; readonly answers: (RpcAnswer | undefined)[] } | undefined {
  let told: unknown;
  try {
    told = JSON.parse(body);
  } catch {
    return undefined;
  }
  const answers = new Array<RpcAnswer | undefined>(calls).fill(undefined);
  const isBatch = Array.isArray(told);
  for (const one of isBatch ? (told as unknown[]) : [told]) {
    const answer = answerOf(one);
    if (!answer) return undefined;
    // Where a node cannot tell which call an error belongs to, the id is null.
    const place = answer.id === null && calls === 1 ? 0 : Number(answer.id) - firstId;
    if (place in answers) answers[place] = answer.said;
  }
  return { isBatch, answers };
}

function answerOf(value: unknown): { id: unknown; said: RpcAnswer } | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { id, result, error } = value as Readonly<Record<string, unknown>>; // an object's properties
  if (error !== undefined && error !== null) {
    const { code, message = "", data } = error as Readonly<Record<string, unknown>>; // as above, or undefined
    if (typeof code !== "number" || typeof message !== "string") return undefined;
    return { id, said: { error: data === undefined ? { code, message } : { code, message, data } } };
  }
  return result === undefined ? undefined : { id, said: { result } };
}
