import { ERROR_CODES } from "@medexchain/core";
import { initCurve } from "@medexchain/pre";
import { z } from "zod";
import { checkCall } from "./admit.ts";
import { openDesk } from "./desk.ts";
import { carryOut, type Site } from "./handle.ts";
import { ISSUED_METHODS } from "./issuer.ts";
import { answerAt, type Gateway, type ListenOptions, listen, openCallServer } from "./serve-calls.ts";

export const statusSchema = z.object({
  service: z.literal("medex-gateway"),
  hospital: z.string().regex(/^0x[0-9a-f]{64}$/),
  scheme: z.enum(["ibe", "clc"]),
  /** Whether the hospital's own service answers; `together` where one process is both. */
  issuer: z.enum(["up", "down", "together"]),
});
/** How a call that cannot be opened is refused, in the clear. */
export const refusalSchema = z.object({ code: z.enum(ERROR_CODES) });

export interface GatewayOptions extends Site, ListenOptions {
  /** What the X-Wing key pair grows from whose public half is in the hospital's parameters, 32 bytes. */
  readonly gatewaySeed: Uint8Array;
}

/**
 * Serves a hospital's reverse firewall to the hospital's members, and through it what the hospital issues to them: `POST /v1/calls` takes a
 * sealed call and answers with a sealed reply, errors included; `GET /v1/status` says which hospital this is, and whether it answers. What
 * cannot be opened, or there is no time for, is refused in the clear, with a code and without detail. Serve one hospital by one process: `X`
 * and the nonces of calls live in memory.
 *
 * @throws CONFIG_INVALID when it cannot listen
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  await initCurve();
  const { hospital, issuer, gatewaySeed } = options;
  const desk = openDesk({
    ...options,
    service: "gateway",
    kind: "gateway-call",
    seed: gatewaySeed,
    check: (bytes, guard) => checkCall(options, guard, bytes),
    carryOut: (call, signal) => carryOut(options, call, signal),
    passedOn: new Set(ISSUED_METHODS),
  });
  const http = openCallServer();
  http.post("/v1/calls", (request, reply) => answerAt(desk, request, reply));
  http.get(
    "/v1/status",
    async () =>
      ({
        service: "medex-gateway",
        hospital: hospital.id,
        scheme: hospital.scheme,
        issuer: await issuer.health(),
      }) satisfies z.infer<typeof statusSchema>,
  );
  return listen(http, "gateway", options);
}
