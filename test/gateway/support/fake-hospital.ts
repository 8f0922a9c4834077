/** Something behind a firewall that is not, or not quite, its hospital. */
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface FakeHospital extends AsyncDisposable {
  readonly url: string;
  /** How many calls came. */
  calls(): number;
}

/** Listens, and answers calls as it is told. Of its status it says what an honest one would. */
export async function fakeHospital(
  hospitalId: string,
  answer: (call: Uint8Array, response: ServerResponse) => Promise<void> | void,
): Promise<FakeHospital> {
  let calls = 0;
  const server = createServer(async (request, response) => {
    if (request.method === "GET") {
      const status = { service: "medex-hospital", hospital: hospitalId, scheme: "ibe" };
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(status));
      return;
    }
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    calls += 1;
    await answer(new Uint8Array(Buffer.concat(parts)), response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // a TCP server has one
  return {
    url: `http://127.0.0.1:${port}`,
    calls: () => calls,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
