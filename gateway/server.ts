import type { Hex32 } from "@medexchain/chain";
import { type ErrorCode, encodeObject, MedexError } from "@medexchain/core";
import { initCurve } from "@medexchain/pre";
import fastify, { type FastifyInstance } from "fastify";
import { handleCall, type Site } from "./handle.ts";
import type { Method } from "./methods.ts";
import { createReplayGuard } from "./replay-guard.ts";
import { openCall } from "./sealed-call.ts";

/** The largest sealed call: a sign-off is about 1 KiB. */
const MAX_CALL_BYTES = 16 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;
/** Calls that are worked on at once; more are told to come back. */
const MAX_CONCURRENT_CALLS = 64;

/** What became of one call. Ids and codes only. */
export interface GatewayEvent {
  readonly type: "call";
  /** Absent when the call was not authentic. */
  readonly member?: Hex32;
  readonly method?: Method;
  readonly outcome: "ok" | ErrorCode;
  readonly milliseconds: number;
}

export interface GatewayOptions extends Site {
  /** The X25519 key pair whose public half is in the hospital's parameters. */
  readonly gatewayKeys: { readonly publicKey: Uint8Array; readonly privateKey: Uint8Array };
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly observer?: (event: GatewayEvent) => void;
}

export interface Gateway {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves a hospital's key issuing and its reverse firewall to its own members: `POST /v1/calls` takes a sealed call and answers with
 * a sealed reply, errors included; `GET /v1/status` says which hospital this is. What cannot be opened is refused in the clear, with
 * a code and without detail. Serve one hospital by one process: `X` and the nonces of calls live in memory.
 *
 * @throws CONFIG_INVALID when it cannot listen
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  await initCurve();
  const { hospital, gatewayKeys, host, port, observer = () => {} } = options;
  const guard = createReplayGuard();
  const http = fastify({
    logger: false,
    bodyLimit: MAX_CALL_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
  });
  http.removeAllContentTypeParsers();
  http.addContentTypeParser("application/cbor", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  refuseInTheClear(http);

  let running = 0;
  http.post<{ Body: Buffer }>("/v1/calls", async (request, reply) => {
    if (running >= MAX_CONCURRENT_CALLS) {
      return reply.code(503).header("retry-after", "1").send({ code: "GATEWAY_INTERNAL" });
    }
    running += 1;
    const started = performance.now();
    const about: { member?: Hex32; method?: Method } = {};
    const tell = (outcome: GatewayEvent["outcome"]) =>
      observer({ type: "call", ...about, outcome, milliseconds: Math.round(performance.now() - started) });
    try {
      const body = request.body instanceof Uint8Array ? new Uint8Array(request.body) : new Uint8Array();
      const call = await openCall(body, gatewayKeys).catch((error: unknown) => {
        tell("GATEWAY_CALL_INVALID");
        throw error;
      });
      let answer: Record<string, unknown>;
      try {
        const ok = await handleCall(options, guard, call.plaintext, ({ member, method }) =>
          Object.assign(about, { member, method }),
        );
        answer = { ok };
        tell("ok");
      } catch (error) {
        const { code, message } = foreseen(error);
        answer = { error: { code, message } };
        tell(code);
      }
      return reply.type("application/cbor").send(Buffer.from(call.sealReply(encodeObject(answer))));
    } finally {
      running -= 1;
    }
  });
  http.get("/v1/status", async () => ({ service: "medex-gateway", hospital: hospital.id, scheme: hospital.scheme }));

  try {
    const url = await http.listen({ host, port });
    return { url, close: () => http.close() };
  } catch (cause) {
    await http.close();
    throw new MedexError("CONFIG_INVALID", `the gateway cannot listen on ${host}:${port}; choose another port`, {
      cause,
    });
  }
}

function refuseInTheClear(http: FastifyInstance): void {
  http.setErrorHandler((error, _request, reply) => {
    if (MedexError.is(error)) return reply.code(400).send({ code: error.code });
    const status = error instanceof Error && "statusCode" in error ? Number(error.statusCode) : 500;
    const code: ErrorCode = status >= 500 ? "GATEWAY_INTERNAL" : "GATEWAY_CALL_INVALID";
    return reply.code(status).send({ code });
  });
  http.setNotFoundHandler((_request, reply) => reply.code(404).send({ code: "GATEWAY_CALL_INVALID" }));
}

/** A registered error as it is; anything else is ours, and says nothing. */
function foreseen(error: unknown): MedexError {
  if (error instanceof MedexError) return error;
  return new MedexError("GATEWAY_INTERNAL", "the hospital's gateway failed; try again, and tell its operator", {
    cause: error,
  });
}
