import type { Server } from "node:http";
import type { Socket } from "node:net";
import { networkOf } from "./network-of.ts";

/**
 * Bounds a server's open connections. Above the limit the oldest of whoever has most is closed: honest calls are short, and connections
 * that are kept open to fill the server are old.
 */
export function boundConnections(server: Server, limit: number): void {
  const open = new Map<string, Set<Socket>>(); // sockets in the order in which they came
  let count = 0;
  const forget = (network: string, socket: Socket): void => {
    const sockets = open.get(network);
    if (!sockets?.delete(socket)) return;
    count -= 1;
    if (sockets.size === 0) open.delete(network);
  };
  server.on("connection", (socket) => {
    const network = networkOf(socket.remoteAddress ?? "");
    open.set(network, (open.get(network) ?? new Set()).add(socket));
    count += 1;
    socket.once("close", () => forget(network, socket));
    if (count <= limit) return;
    const [most] = [...open].sort(([, a], [, b]) => b.size - a.size);
    const [oldest] = most?.[1] ?? [];
    if (most === undefined || oldest === undefined) return;
    forget(most[0], oldest); // now, as it is closed a moment later
    oldest.destroy();
  });
}
