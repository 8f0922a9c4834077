import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A directory that is removed at the end of the test that made it. */
export async function temporaryDirectory(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "medex-test-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

export type Handler = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void | Promise<void>;

/** An HTTP server on a free port, for hostile or silent answers. */
export async function startHttpServer(handler: Handler): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    await handler(request, response, Buffer.concat(parts));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo; // a TCP server has one
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(() => done()));
    },
  };
}

/** Headers that matter to the servers behind the proxy. */
const FORWARDED = ["content-type", "accept", "authorization"];

/** Forwards to `target` and lets `alter` change each answer's bytes, or drop the answer by returning nothing. */
export function tamperingProxy(
  target: () => string,
  alter: (request: IncomingMessage, answer: Uint8Array) => Uint8Array | undefined | Promise<Uint8Array | undefined>,
): Promise<{ url: string; close(): Promise<void> }> {
  return startHttpServer(async (request, response, body) => {
    const headers: Record<string, string> = {};
    for (const name of FORWARDED) if (typeof request.headers[name] === "string") headers[name] = request.headers[name];
    const answer = await fetch(`${target()}${request.url}`, {
      method: request.method ?? "POST",
      headers,
      ...(request.method === "GET" ? {} : { body: new Uint8Array(body) }),
    });
    const bytes = await alter(request, new Uint8Array(await answer.arrayBuffer()));
    if (bytes === undefined) {
      response
        .writeHead(404, { "content-type": "application/json" })
        .end('{"error":{"code":"404","message":"not found"}}');
      return;
    }
    response.writeHead(answer.status, {
      "content-type": answer.headers.get("content-type") ?? "application/octet-stream",
    });
    response.end(bytes);
  });
}
