import { MedexError, parseServiceUrl } from "@medexchain/core";

/** One call to a node. Rejects with a `JsonRpcError` where the node answers with an error. */
export type JsonRpc = (method: string, params?: readonly unknown[]) => Promise<unknown>;

/** An error that a node answered with. `data` holds the return data of a reverted call. */
export class JsonRpcError extends Error {
  override readonly name = "JsonRpcError";
  readonly code: number;
  readonly data: unknown;

  constructor(message: string, code: number, data: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

const TIMEOUT_MS = 30_000;

/**
 * A client of a node's JSON-RPC over HTTP, with basic authentication where the URL has credentials.
 *
 * @param network the chain's name, for errors; the URL is shown as its origin only
 * @throws CONFIG_INVALID for a URL that is none; the client's calls: SERVICE_UNREACHABLE without an answer in 30 s,
 * SERVICE_PROTOCOL when the answer is no JSON-RPC
 */
export function jsonRpc(network: string, rpcUrl: string): JsonRpc {
  const { url, credentials } = parseServiceUrl(`network ${network}`, rpcUrl);
  // The query may hold an API key, which parseServiceUrl leaves out of what can be printed.
  const target = `${url}${new URL(rpcUrl).search}`;
  const { origin } = new URL(url);
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (credentials !== undefined) {
    const pair = Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64");
    headers.authorization = `Basic ${pair}`;
  }
  let id = 0;
  return async (method, params = []) => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: ++id, method, params });
    let status: number;
    let text: string;
    try {
      const response = await fetch(target, {
        method: "POST",
        headers,
        body,
        redirect: "error",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      status = response.status;
      text = await response.text();
    } catch (cause) {
      const message = `${network} does not answer at ${origin}: check that the node is up, and the rpcUrl`;
      throw new MedexError("SERVICE_UNREACHABLE", message, { cause });
    }
    const answer = parseAnswer(text);
    if (answer === undefined) {
      throw new MedexError(
        "SERVICE_PROTOCOL",
        `${network} at ${origin} answered ${method} with HTTP ${status} and no JSON-RPC: check the rpcUrl`,
      );
    }
    if (answer.error) throw new JsonRpcError(answer.error.message, answer.error.code, answer.error.data);
    return answer.result;
  };
}

interface Answer {
  result?: unknown;
  error?: { message: string; code: number; data?: unknown };
}

function parseAnswer(text: string): Answer | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("result" in value || "error" in value)) return undefined;
    return value as Answer; // JSON-RPC 2.0: one of the two members is there
  } catch {
    return undefined;
  }
}
