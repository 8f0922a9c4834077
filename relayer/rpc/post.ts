import http from "node:http";
import https from "node:https";

export interface Posted {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

/** Connections stay open between calls. They do not keep the process alive. */
const AGENTS = { http: new http.Agent({ keepAlive: true }), https: new https.Agent({ keepAlive: true }) };

/**
 * Posts JSON. `fetch` does the same with streams and event targets of its own, which takes several times as long as the call.
 *
 * @param url may carry a user and a password
 * @throws Error when there is no answer within `timeoutMs`, or the signal aborts
 */
export function post(url: string, body: string | Uint8Array, timeoutMs: number, signal?: AbortSignal): Promise<Posted> {
  const target = new URL(url);
  const [client, agent] = target.protocol === "https:" ? [https, AGENTS.https] : [http, AGENTS.http];
  const { promise, resolve, reject } = Promise.withResolvers<Posted>();
  const request = client.request(
    target,
    {
      method: "POST",
      agent,
      headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
      ...(signal ? { signal } : {}),
    },
    (answer) => {
      const parts: Buffer[] = [];
      answer.on("data", (part: Buffer) => parts.push(part));
      answer.on("error", reject);
      answer.on("end", () => {
        const headers = Object.entries(answer.headers).map(([name, value]) => [name, String(value)]);
        resolve({
          status: answer.statusCode ?? 0,
          statusText: answer.statusMessage ?? "",
          headers: Object.fromEntries(headers),
          body: Buffer.concat(parts),
        });
      });
    },
  );
  // Of the whole call: a node that sends a byte now and then has not answered.
  const timer = setTimeout(() => request.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  request.on("error", (error: NodeJS.ErrnoException) => {
    // A node may close a connection that was kept open just as it is used again; a call that is made twice does nothing twice.
    if (request.reusedSocket && error.code === "ECONNRESET") resolve(post(url, body, timeoutMs, signal));
    else reject(error);
  });
  request.on("close", () => {
    clearTimeout(timer);
    reject(new Error("the connection broke off")); // nothing happens where there was an answer
  });
  request.end(body);
  return promise;
}
