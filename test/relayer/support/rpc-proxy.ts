/** A JSON-RPC node that misbehaves: it forwards to a real one, and a test decides what comes of each call. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

interface Call {
  readonly id: number;
  readonly method: string;
  readonly params: unknown[];
}

/** What the client gets instead of the node's answer. `drop` breaks the connection. */
export type Misbehaviour =
  | { error: { code: number; message: string; data?: string } }
  | { result: unknown }
  | "drop"
  | undefined;

/** Decides about one call; `forward` asks the real node, with other parameters if given. Undefined means the node's own answer. */
export type Intercept = (
  method: string,
  params: unknown[],
  forward: (params?: unknown[]) => Promise<unknown>,
) => Promise<Misbehaviour>;

export interface RpcProxy extends AsyncDisposable {
  readonly url: string;
  /** Replaced by tests; undefined forwards everything. */
  intercept: Intercept | undefined;
  /** Methods, in the order in which they came. */
  readonly calls: string[];
}

export async function startRpcProxy(target: string): Promise<RpcProxy> {
  const forward = async (call: unknown): Promise<Record<string, unknown>> => {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(target, { method: "POST", headers, body: JSON.stringify(call) });
    return (await answer.json()) as Record<string, unknown>; // a JSON-RPC answer is an object
  };
  const answer = async (call: Call): Promise<Record<string, unknown> | "drop"> => {
    proxy.calls.push(call.method);
    const misbehaviour = await proxy.intercept?.(call.method, call.params, (params = call.params) =>
      forward({ ...call, params }),
    );
    if (misbehaviour === "drop") return "drop";
    return misbehaviour ? { jsonrpc: "2.0", id: call.id, ...misbehaviour } : forward(call);
  };
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const body: Call | Call[] = JSON.parse(Buffer.concat(parts).toString());
    const answers = await Promise.all((Array.isArray(body) ? body : [body]).map(answer));
    if (answers.includes("drop")) return request.socket.destroy();
    response.setHeader("content-type", "application/json");
    return response.end(JSON.stringify(Array.isArray(body) ? answers : answers[0]));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo; // a TCP server has one
  const proxy: RpcProxy = {
    url: `http://127.0.0.1:${port}`,
    intercept: undefined,
    calls: [],
    [Symbol.asyncDispose]: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(() => done()));
    },
  };
  return proxy;
}
