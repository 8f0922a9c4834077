/** An IPFS node that serves all and keeps all but partials: behind it, a relayer believes that it publishes what nobody will find. */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** A partial's DAG-CBOR holds its fields' names; a dispute, which has one of them more, is kept. */
const isPartial = (body: Buffer): boolean => body.includes("gpartial") && !body.includes("eproof");

/**
 * @param target the node that serves and keeps
 * @param elsewhere a node that takes the partials, and answers as `target` would
 */
export async function startWithholdingStore(
  target: string,
  elsewhere: string,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer(async (request, response) => {
    try {
      const body = await readBody(request);
      const headers = new Headers();
      const type = request.headers["content-type"];
      if (type !== undefined) headers.set("content-type", type);
      const method = request.method ?? "POST";
      const url = new URL(request.url ?? "/", isPartial(body) ? elsewhere : target);
      const answer = await fetch(url, { method, headers, body: method === "GET" ? null : body });
      response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "application/json" });
      response.end(await answer.bytes());
    } catch {
      request.socket.destroy(); // as of a node that breaks off; whoever asked tries again
    }
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

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
}
