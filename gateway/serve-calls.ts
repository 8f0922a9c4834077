/** A service of sealed calls over HTTP: what a firewall's gateway and the hospital behind it have in common. */
import { type ErrorCode, MedexError, summariseUnforeseen } from "@medexchain/core";
import fastify, { type FastifyInstance, type FastifyReply } from "fastify";
import { boundConnections } from "./connections.ts";
import type { Desk, GatewayEvent } from "./desk.ts";
import { networkOf } from "./network-of.ts";

/** The largest sealed call: a sign-off is about 1 KiB. */
const MAX_CALL_BYTES = 16 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;
const MAX_CONNECTIONS = 1024;

export interface Gateway {
  readonly url: string;
  /** For `guardProcess` of @medexchain/core/process-guard: tells the observer of an error that nobody handled. */
  crashed(error: unknown): Promise<void>;
  close(): Promise<void>;
}

/** Prepares a server that takes calls and refuses the rest; its routes are for the caller to add. */
export function openCallServer(): FastifyInstance {
  const http = fastify({
    logger: false,
    bodyLimit: MAX_CALL_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
  });
  boundConnections(http.server, MAX_CONNECTIONS);
  http.removeAllContentTypeParsers();
  http.addContentTypeParser("application/cbor", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  refuseInTheClear(http);
  return http;
}

/** Answers one call at a desk. */
export async function answerAt(
  desk: Desk,
  { body, ip }: { readonly body: unknown; readonly ip: string },
  reply: FastifyReply,
): Promise<FastifyReply> {
  const bytes = body instanceof Uint8Array ? new Uint8Array(body) : new Uint8Array();
  const answer = await desk.answer(bytes, networkOf(ip), hangUpOf(reply));
  return reply.type("application/cbor").send(Buffer.from(answer));
}

export interface ListenOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly observer?: (event: GatewayEvent) => void;
}

/** @throws CONFIG_INVALID when it cannot listen */
export async function listen(
  http: FastifyInstance,
  service: "gateway" | "hospital",
  { host, port, observer }: ListenOptions,
): Promise<Gateway> {
  try {
    const url = await http.listen({ host, port });
    const started = performance.now();
    return {
      url,
      crashed: async (error) => {
        const milliseconds = Math.round(performance.now() - started);
        observer?.({ type: "crashed", outcome: "GATEWAY_INTERNAL", milliseconds, fault: summariseUnforeseen(error) });
      },
      close: () => http.close(),
    };
  } catch (cause) {
    await http.close();
    throw new MedexError("CONFIG_INVALID", `the ${service} cannot listen on ${host}:${port}; choose another port`, {
      cause,
    });
  }
}

/** Aborted when the connection ends before the answer is out. */
function hangUpOf({ raw }: FastifyReply): AbortSignal {
  const caller = new AbortController();
  raw.once("close", () => {
    if (!raw.writableFinished) caller.abort(new MedexError("GATEWAY_CALL_ABANDONED", "the caller hung up"));
  });
  return caller.signal;
}

function refuseInTheClear(http: FastifyInstance): void {
  http.setErrorHandler((error, _request, reply) => {
    if (MedexError.is(error)) {
      const isBusy = error.code === "GATEWAY_BUSY";
      if (isBusy) reply.header("retry-after", "1");
      return reply.code(isBusy ? 503 : 400).send({ code: error.code });
    }
    const status = error instanceof Error && "statusCode" in error ? Number(error.statusCode) : 500;
    const code: ErrorCode = status >= 500 ? "GATEWAY_INTERNAL" : "GATEWAY_CALL_INVALID";
    return reply.code(status).send({ code });
  });
  http.setNotFoundHandler((_request, reply) => reply.code(404).send({ code: "GATEWAY_CALL_INVALID" }));
}
