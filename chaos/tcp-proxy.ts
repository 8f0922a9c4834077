/** A TCP service behind a bad network: connections break, or fall silent for a while. */
import { connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Blow } from "./edge.ts";

export interface TcpProxyOptions {
  readonly host: string;
  readonly port: number;
  /** What is to become of the next piece of data from the client. */
  readonly next: () => Blow | undefined;
}

export interface TcpProxy extends AsyncDisposable {
  readonly port: number;
}

export async function startTcpProxy({ host, port, next }: TcpProxyOptions): Promise<TcpProxy> {
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect({ host, port });
    const end = () => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on("error", end);
      socket.on("close", () => {
        open.delete(socket);
        end();
      });
    }
    upstream.pipe(client);
    // One piece after the other, so that a silence does not change their order.
    let last: Promise<void> = Promise.resolve();
    client.on("data", (data) => {
      last = last.then(async () => {
        const blow = next();
        if (blow?.fault === "lose") return end();
        if (blow?.fault === "hang") await sleep(blow.amount);
        if (!upstream.destroyed) upstream.write(data);
        return undefined;
      });
    });
    client.on("end", () => upstream.end());
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("a TCP server has a port");
  return {
    port: address.port,
    [Symbol.asyncDispose]: () => {
      for (const socket of open) socket.destroy();
      return new Promise((done) => server.close(() => done()));
    },
  };
}
