import http from "node:http";
import https from "node:https";
import { AnswerTooLong } from "./node-errors.ts";

export interface Posted {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface PostOptions {
  /** For the whole exchange: a node that sends a byte now and then has not answered. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** That nothing is done twice when it is sent twice. */
  readonly isRead?: boolean | undefined;
  /** Of the answer; 256 MiB unless given. */
  readonly maxBytes?: number | undefined;
}

/** Connections stay open between calls. They do not keep the process alive. */
const AGENTS = { http: new http.Agent({ keepAlive: true }), https: new https.Agent({ keepAlive: true }) };
const MOST_BYTES = 256 * 1024 * 1024;

/**
 * Posts JSON. `fetch` does the same with streams and event targets of its own, which takes several times as long as the call.
 * Redirections are not followed.
 *
 * @param url may carry a user and a password (RFC 7617)
 * @throws Error when there is no answer within `timeoutMs`, or the signal aborts; AnswerTooLong
 */
export function post(url: string, body: string | Uint8Array, options: PostOptions): Promise<Posted> {
  const { timeoutMs, signal, maxBytes = MOST_BYTES } = options;
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
      let length = 0;
      answer.on("data", (part: Buffer) => {
        length += part.length;
        if (length > maxBytes) request.destroy(new AnswerTooLong(target.origin, maxBytes));
        else parts.push(part);
      });
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
  const timer = setTimeout(() => request.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  request.on("error", (error: NodeJS.ErrnoException) => {
    // A node may close a connection that was kept open just as it is used again.
    if (options.isRead && request.reusedSocket && error.code === "ECONNRESET") resolve(post(url, body, options));
    else reject(error);
  });
  request.on("close", () => {
    clearTimeout(timer);
    reject(new Error("the connection broke off")); // nothing happens where there was an answer
  });
  request.end(body);
  return promise;
}
