/** An HTTP service as the other side of a bad network sees it: every call goes through, or goes wrong as it is told. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { MedexError } from "@medexchain/core";
import type { Blow } from "./edge.ts";

/** A call, with its whole body. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface HttpProxyOptions {
  /** Base URL of the real service. */
  readonly target: string;
  /** What is to become of the next call; undefined when nothing bad. */
  readonly next?: () => Blow | undefined;
  /** Round each call to the service: to look at it, or to keep it waiting. */
  readonly around?: (call: Call, forward: () => Promise<Answer>) => Promise<Answer>;
  /** The answer for `error`, and what a node that is behind or withholds answers. By default 503, and the true answer. */
  readonly errorFor?: (call: Call) => Answer;
  /** The answer for `node-error`; undefined where this call is not met by one. */
  readonly nodeErrorFor?: (call: Call) => Answer | undefined;
  /** The call that is made instead for `stale`. */
  readonly stale?: (call: Call, amount: number) => Promise<Call>;
  readonly distort?: (call: Call, answer: Answer, blow: Blow) => Answer;
}

export interface Proxy extends AsyncDisposable {
  readonly url: string;
}

/** Starts the proxy on a port of the system's choice. */
export async function startHttpProxy(options: HttpProxyOptions): Promise<Proxy> {
  const server = createServer((request, response) => {
    handle(options, request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("a TCP server has a port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    [Symbol.asyncDispose]: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(() => done()));
    },
  };
}

async function handle(options: HttpProxyOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  const call: Call = {
    method: request.method ?? "GET",
    path: request.url ?? "/",
    headers: request.headers,
    body: Buffer.concat(parts),
  };
  const passOn = (made: Call) => {
    const forward = () => forwardTo(options.target, made);
    return options.around ? options.around(made, forward) : forward();
  };
  const through = () => passOn(call);
  const breakOff = () => request.socket.destroy();
  const answer = (given: Answer) => {
    response.writeHead(given.status, { ...given.headers, "content-type": given.type });
    response.end(given.body);
  };

  const blow = options.next?.();
  if (blow === undefined) return answer(await through());
  switch (blow.fault) {
    case "error":
      return answer(options.errorFor?.(call) ?? unavailable);
    case "lose":
      breakOff();
      return;
    case "lose-answer":
      await through();
      breakOff();
      return;
    case "hang":
      await sleep(blow.amount);
      breakOff();
      return;
    case "slow": {
      const given = await through();
      await sleep(blow.amount);
      return answer(given);
    }
    case "late":
      await sleep(blow.amount);
      return answer(await through());
    case "twice":
      await through();
      return answer(await through());
    case "node-error":
      return answer(options.nodeErrorFor?.(call) ?? (await through()));
    case "stale":
      return answer(await passOn((await options.stale?.(call, blow.amount)) ?? call));
    case "wrong-bytes":
      return answer(withOtherBytes(await through()));
    case "trickle":
      return trickle(await through(), response);
    default: {
      const given = await through();
      return answer(options.distort?.(call, given, blow) ?? given);
    }
  }
}

/** The same length, and one byte in the middle that is another. */
function withOtherBytes(given: Answer): Answer {
  const body = Buffer.from(given.body);
  const middle = Math.floor(body.length / 2);
  if (body.length > 0) body.writeUInt8((body.readUInt8(middle) + 1) % 256, middle);
  return { ...given, body };
}

/** A byte each so many ms, as long as the other side has patience. */
const TRICKLE_MS = 100;

async function trickle(given: Answer, response: ServerResponse): Promise<void> {
  response.writeHead(given.status, { ...given.headers, "content-type": given.type });
  for (let sent = 0; !response.destroyed; sent += 1) {
    response.write(given.body.subarray(sent % Math.max(1, given.body.length)).subarray(0, 1));
    await sleep(TRICKLE_MS);
  }
}

const unavailable: Answer = {
  status: 503,
  type: "text/plain",
  headers: {},
  body: Buffer.from("the service is not available"),
};

const NOT_FORWARDED = ["host", "connection", "content-length", "transfer-encoding", "accept-encoding", "expect"];
const FORWARDED_BACK = ["x-chunked-output", "x-stream-output", "trailer"];

async function forwardTo(target: string, { method, path, headers, body }: Call): Promise<Answer> {
  const sent = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    value === undefined || NOT_FORWARDED.includes(name)
      ? []
      : [[name, Array.isArray(value) ? value.join(", ") : value]],
  );
  let reply: Response;
  try {
    const hasBody = method !== "GET" && method !== "HEAD";
    reply = await fetch(`${target}${path}`, { method, headers: sent, ...(hasBody && { body: Uint8Array.from(body) }) });
  } catch (cause) {
    throw new MedexError("SERVICE_UNREACHABLE", `${target} does not answer the proxy before it`, { cause });
  }
  const back = FORWARDED_BACK.flatMap((name): [string, string][] => {
    const value = reply.headers.get(name);
    return value === null ? [] : [[name, value]];
  });
  return {
    status: reply.status,
    type: reply.headers.get("content-type") ?? "application/octet-stream",
    headers: Object.fromEntries(back),
    body: Buffer.from(await reply.arrayBuffer()),
  };
}
