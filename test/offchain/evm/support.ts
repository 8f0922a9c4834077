/** A node of our own: an HTTP server that answers as a test tells it to. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Call {
  readonly id: number;
  readonly method: string;
  readonly params: unknown[];
}

export interface OwnNode extends AsyncDisposable {
  readonly url: string;
  /** Every body that it was sent. */
  readonly bodies: unknown[];
}

export async function startNode(
  answer: (body: Call | Call[], request: IncomingMessage, response: ServerResponse) => void,
): Promise<OwnNode> {
  const bodies: unknown[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const body = JSON.parse(Buffer.concat(parts).toString()) as Call | Call[]; // by our own client
    bodies.push(body);
    answer(body, request, response);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo; // a TCP server has one
  return {
    bodies,
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/** Answers each call with what `one` says, batches in reverse. */
export const answering =
  (one: (call: Call) => object) =>
  (body: Call | Call[], _request: IncomingMessage, response: ServerResponse): void => {
    const answerTo = (call: Call) => ({ jsonrpc: "2.0", id: call.id, ...one(call) });
    response.end(JSON.stringify(Array.isArray(body) ? body.map(answerTo).reverse() : answerTo(body)));
  };
