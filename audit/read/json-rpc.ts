/**
 * JSON-RPC over HTTP, for the bulk of an audit: answers are parsed by the engine. ethers decodes them in JavaScript, which takes longer
 * than all checks together.
 */
import { setTimeout } from "node:timers/promises";
import { chainError, type Deployment } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { makeError } from "ethers";
import { z } from "zod";

/** Calls of one request: what public nodes take. */
const BATCH = 50;
/** A node that takes longer to answer counts as down. */
const TIMEOUT_MS = 60_000;
const ATTEMPTS = 4;

const answerSchema = z.object({
  id: z.number(),
  result: z.unknown().optional(),
  error: z.looseObject({ code: z.number(), message: z.string() }).optional(),
});
const answersSchema = z.array(answerSchema);

export interface Call {
  readonly method: string;
  readonly params: readonly unknown[];
}

/** Sends calls and gives their results in the same order. */
export type Send = (calls: readonly Call[]) => Promise<unknown[]>;

/**
 * A sender to one node.
 *
 * @throws SERVICE_UNREACHABLE, SERVICE_PROTOCOL; `NodeRefusal` for the first call that the node refuses; the signal's reason
 */
export function jsonRpc(deployment: Deployment, signal?: AbortSignal): Send {
  const { chainId } = deployment;
  const url = new URL(deployment.rpcUrl);
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (url.username !== "" || url.password !== "") {
    const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    headers.authorization = `Basic ${Buffer.from(pair).toString("base64")}`;
    url.username = "";
    url.password = "";
  }
  const post = async (calls: readonly Call[]): Promise<unknown[]> => {
    const requests = calls.map((call, id) => ({ jsonrpc: "2.0", id, ...call }));
    const body = JSON.stringify(requests.length === 1 ? requests[0] : requests);
    const answered = await tryAgain(
      async () => {
        const timeout = AbortSignal.timeout(TIMEOUT_MS);
        const ended = signal ? AbortSignal.any([signal, timeout]) : timeout;
        const response = await fetch(url, { method: "POST", headers, body, signal: ended });
        if (response.status >= 500 || response.status === 429) throw new Error(`HTTP ${response.status}`);
        return (await response.json()) as unknown;
      },
      deployment,
      signal,
    );
    if (!Array.isArray(answered) && calls.length > 1) {
      // It takes no batches.
      const results: unknown[] = [];
      for (const call of calls) results.push(...(await post([call])));
      return results;
    }
    const parsed = answersSchema.safeParse(Array.isArray(answered) ? answered : [answered]);
    if (!parsed.success) throw malformed(chainId, "what was sent");
    const byId = new Map(parsed.data.map((answer) => [answer.id, answer]));
    return calls.map(({ method }, id) => {
      const answer = byId.get(id);
      if (answer?.error) throw new NodeRefusal(chainId, method, answer.error.code);
      if (answer?.result === undefined) throw malformed(chainId, method);
      return answer.result;
    });
  };
  return async (calls) => {
    const results: unknown[] = [];
    for (let from = 0; from < calls.length; from += BATCH)
      results.push(...(await post(calls.slice(from, from + BATCH))));
    return results;
  };
}

/** Everything that is asked only reads, and a connection that was kept for a while may be closed by the node just then. */
async function tryAgain<T>(ask: () => Promise<T>, deployment: Deployment, signal?: AbortSignal): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask();
    } catch (cause) {
      signal?.throwIfAborted();
      if (attempt === ATTEMPTS) {
        throw chainError(makeError("no answer", "NETWORK_ERROR", { event: "audit", info: { cause } }), deployment);
      }
      await setTimeout(attempt * 200);
    }
  }
}

/** The node answered a call with an error of its own. */
export class NodeRefusal extends MedexError {
  constructor(chainId: bigint, method: string, code: number) {
    super("SERVICE_PROTOCOL", `chain ${chainId}: the node refuses ${method} with error ${code}: use another node`);
  }
}

export const malformed = (chainId: bigint, method: string): MedexError =>
  new MedexError("SERVICE_PROTOCOL", `chain ${chainId}: the node's answer to ${method} is malformed: use another node`);
