import { ERROR_CODES, type ErrorCode, MedexError, summariseUnforeseen } from "@medexchain/core";
import { initCurve } from "@medexchain/pre";
import fastify, { type FastifyInstance, type FastifyReply } from "fastify";
import { z } from "zod";
import { boundConnections } from "./connections.ts";
import { type DeskOptions, openDesk } from "./desk.ts";
import { networkOf } from "./network-of.ts";

/** The largest sealed call: a sign-off is about 1 KiB. */
const MAX_CALL_BYTES = 16 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;
const MAX_CONNECTIONS = 1024;

export const statusSchema = z.object({
  service: z.literal("medex-gateway"),
  hospital: z.string().regex(/^0x[0-9a-f]{64}$/),
  scheme: z.enum(["ibe", "clc"]),
});
/** How a call that cannot be opened is refused, in the clear. */
export const refusalSchema = z.object({ code: z.enum(ERROR_CODES) });

export interface GatewayOptions extends DeskOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

export interface Gateway {
  readonly url: string;
  /** For `guardProcess` of @medexchain/core/process-guard: tells the observer of an error that nobody handled. */
  crashed(error: unknown): Promise<void>;
  close(): Promise<void>;
}

/**
 * Serves a hospital's key issuing and its reverse firewall to its own members: `POST /v1/calls` takes a sealed call and answers with
 * a sealed reply, errors included; `GET /v1/status` says which hospital this is. What cannot be opened, or there is no time for, is
 * refused in the clear, with a code and without detail. Serve one hospital by one process: `X` and the nonces of calls live in memory.
 *
 * @throws CONFIG_INVALID when it cannot listen
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  await initCurve();
  const { hospital, host, port, observer } = options;
  const desk = openDesk(options);
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

  http.post<{ Body: Buffer }>("/v1/calls", async (request, reply) => {
    const body = request.body instanceof Uint8Array ? new Uint8Array(request.body) : new Uint8Array();
    const answer = await desk.answer(body, networkOf(request.ip), hangUpOf(reply));
    return reply.type("application/cbor").send(Buffer.from(answer));
  });
  http.get(
    "/v1/status",
    async () =>
      ({ service: "medex-gateway", hospital: hospital.id, scheme: hospital.scheme }) satisfies z.infer<
        typeof statusSchema
      >,
  );

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
    throw new MedexError("CONFIG_INVALID", `the gateway cannot listen on ${host}:${port}; choose another port`, {
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
