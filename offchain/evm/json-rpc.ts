import { MedexError, sleep } from "@medexchain/core";
import { AnswerTooLong, NodeRefusal } from "./node-errors.ts";
import type { Posted } from "./post.ts";
import { type RpcAnswer, type RpcCall, readAnswers, writeCalls } from "./rpc-body.ts";
import type { Transport } from "./transport.ts";

export interface JsonRpcOptions {
  /** What is asked, for errors: "chain 31337". */
  readonly node: string;
  /** Where it is asked, for errors: the origin of a URL, as its path and query may hold an API key. */
  readonly place: string;
  readonly transport: Transport;
  /** Calls of one request; nodes refuse batches that are much larger than 100, which it is unless given. */
  readonly batchSize?: number;
  /** How often a request is made while the node says that it is asked too often (HTTP 429); 4 unless given. */
  readonly attempts?: number;
  /** Everything that is asked only reads: a request that breaks off, or that fails in the node (HTTP 5xx), is made again as well. */
  readonly readsOnly?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A client of JSON-RPC 2.0 over HTTP, for one node or what stands for one. All calls end: each attempt by the transport's timeout.
 *
 * Each throws SERVICE_UNREACHABLE without an answer, SERVICE_PROTOCOL for one that is no JSON-RPC or too long, and the signal's reason.
 */
export interface JsonRpc {
  /** Makes one call; `NodeRefusal` where the node answers with an error. */
  request(method: string, params?: RpcCall["params"]): Promise<unknown>;
  /** Makes calls in batches; results in their order. `NodeRefusal` for the first that the node refuses. */
  batch(calls: readonly RpcCall[]): Promise<unknown[]>;
  /** As `batch`, but each answer as it came, an error too. */
  answers(calls: readonly RpcCall[]): Promise<RpcAnswer[]>;
}

const PAUSE_MS = 250;
/** The longest pause that a node may ask for (RFC 9110, Retry-After). */
const LONGEST_PAUSE_MS = 10_000;

export function jsonRpc(options: JsonRpcOptions): JsonRpc {
  const { node, place, batchSize = 100 } = options;
  let nextId = 1;

  const ask = async (calls: readonly RpcCall[]): Promise<RpcAnswer[]> => {
    const firstId = nextId;
    nextId += calls.length;
    const { status, body } = await postPatiently(options, writeCalls(calls, firstId), calls.every(isRead));
    if (status === 413) throw new AnswerTooLong(node, body.length);
    const read = readAnswers(new TextDecoder().decode(body), calls.length, firstId);
    if (!read && (status === 429 || status >= 500)) throw unreachable(options, new Error(`HTTP ${status}`));
    // It takes no batches.
    if (read && !read.isBatch && calls.length > 1) return inTurn(calls, ask);
    const answers = read?.answers ?? [];
    return calls.map(({ method }, at) => {
      const answer = answers[at];
      if (answer) return answer;
      const said = status >= 200 && status < 300 ? "" : ` (HTTP ${status})`;
      throw new MedexError(
        "SERVICE_PROTOCOL",
        `${node} at ${place} answers ${method} with no JSON-RPC${said}: check the rpcUrl, or use another node`,
      );
    });
  };
  const answers = async (calls: readonly RpcCall[]): Promise<RpcAnswer[]> => {
    const all: RpcAnswer[] = [];
    for (let from = 0; from < calls.length; from += batchSize)
      all.push(...(await ask(calls.slice(from, from + batchSize))));
    return all;
  };
  const batch = async (calls: readonly RpcCall[]): Promise<unknown[]> =>
    (await answers(calls)).map((answer, at) => {
      if ("error" in answer) throw new NodeRefusal(node, calls[at]?.method ?? "", answer.error);
      return answer.result;
    });
  return { answers, batch, request: async (method, params = []) => (await batch([{ method, params }]))[0] };
}

async function inTurn(
  calls: readonly RpcCall[],
  ask: (calls: readonly RpcCall[]) => Promise<RpcAnswer[]>,
): Promise<RpcAnswer[]> {
  const all: RpcAnswer[] = [];
  for (const call of calls) all.push(...(await ask([call])));
  return all;
}

/** Posts; again while the node is busy, and where only reading is done, when a connection breaks off. */
async function postPatiently(options: JsonRpcOptions, body: string, isRead: boolean): Promise<Posted> {
  const { transport, attempts = 4, readsOnly = false, signal } = options;
  for (let attempt = 1; ; attempt++) {
    let pause = attempt * PAUSE_MS;
    try {
      const posted = await transport(body, { signal, isRead });
      const isPassing = posted.status === 429 || (readsOnly && posted.status >= 500);
      if (!isPassing || attempt >= attempts) return posted;
      const seconds = Number(posted.headers["retry-after"] ?? Number.NaN);
      if (seconds >= 0) pause = Math.min(seconds * 1_000, LONGEST_PAUSE_MS);
    } catch (cause) {
      signal?.throwIfAborted();
      if (MedexError.is(cause)) throw cause;
      if (!readsOnly || attempt >= attempts) throw unreachable(options, cause);
    }
    await sleep(pause, signal).catch(() => signal?.throwIfAborted());
  }
}

/** A transaction, and whatever a development node does besides, is not to be sent twice without a look at what became of it. */
const isRead = ({ method }: RpcCall): boolean => /^(eth|net|web3)_(?!send)/.test(method);

const unreachable = ({ node, place }: JsonRpcOptions, cause: unknown): MedexError =>
  new MedexError(
    "SERVICE_UNREACHABLE",
    `${node} does not answer at ${place}: check that the node is up, and the rpcUrl`,
    { cause },
  );
