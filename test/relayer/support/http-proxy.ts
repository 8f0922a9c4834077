/** An HTTP service that misbehaves: it forwards to a real one, and a test decides what comes of each call. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** What the client gets: the service's own answer, another body, or a broken connection. */
export type HttpFault = "drop" | { status: number; type: string; body: string | Uint8Array } | undefined;

export interface HttpProxy extends AsyncDisposable {
  readonly url: string;
  /** The real service; undefined while there is none, which breaks connections. */
  target: string | undefined;
  /** Another service for some calls; undefined for `target`. */
  route: ((path: string) => string | undefined) | undefined;
  /** Replaced by tests; undefined forwards everything. `answer` asks the service. */
  intercept: ((path: string, answer: () => Promise<Uint8Array>) => Promise<HttpFault>) | undefined;
}

export async function startHttpProxy(target?: string): Promise<HttpProxy> {
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const ask = () => {
      const headers = new Headers();
      const type = request.headers["content-type"];
      if (type !== undefined) headers.set("content-type", type);
      const method = request.method ?? "POST";
      return fetch(new URL(request.url ?? "/", proxy.route?.(request.url ?? "/") ?? proxy.target), {
        method,
        headers,
        body: method === "GET" ? null : Buffer.concat(parts),
      });
    };
    const fault = await proxy.intercept?.(request.url ?? "/", async () => (await ask()).bytes());
    if (fault === "drop" || (!fault && proxy.target === undefined)) return request.socket.destroy();
    if (fault) return response.writeHead(fault.status, { "content-type": fault.type }).end(fault.body);
    const answer = await ask();
    const type = answer.headers.get("content-type") ?? "application/json";
    return response.writeHead(answer.status, { "content-type": type }).end(await answer.bytes());
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo; // a TCP server has one
  const proxy: HttpProxy = {
    url: `http://127.0.0.1:${port}`,
    target,
    route: undefined,
    intercept: undefined,
    [Symbol.asyncDispose]: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(() => done()));
    },
  };
  return proxy;
}
