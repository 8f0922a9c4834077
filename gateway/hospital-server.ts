import { encodeObject } from "@medexchain/core";
import { initCurve } from "@medexchain/pre";
import { z } from "zod";
import { checkCall, type SignedCall } from "./admit.ts";
import { openDesk } from "./desk.ts";
import { decodeForwardedCall } from "./forwarded-call.ts";
import { type IssuingHospital, issue } from "./issue.ts";
import { ISSUED_METHODS, type IssuedMethod } from "./issuer.ts";
import { decodeInput, type Method } from "./methods.ts";
import { refused } from "./refused.ts";
import { answerAt, type Gateway, type ListenOptions, listen, openCallServer } from "./serve-calls.ts";

export const hospitalStatusSchema = z.object({
  service: z.literal("medex-hospital"),
  hospital: z.string().regex(/^0x[0-9a-f]{64}$/),
  scheme: z.enum(["ibe", "clc"]),
});

export interface HospitalServiceOptions extends IssuingHospital, ListenOptions {
  /** What the X-Wing key pair grows from to which the firewall seals its calls, 32 bytes. */
  readonly serviceSeed: Uint8Array;
  /** The address of the account that signs the firewall's calls. */
  readonly caller: string;
}

/**
 * Serves a hospital to its own firewall, in another process than that: `POST /v1/calls` takes what the firewall hands on, sealed and signed by
 * it, in which is the call that a member signed. The hospital asks the registry itself whether that is a member, takes each call once, and
 * answers for the methods that need its secret or account. Nothing else of a member's calls comes here. `GET /v1/status` says which hospital
 * this is.
 *
 * @throws CONFIG_INVALID when it cannot listen
 */
export async function startHospitalService(options: HospitalServiceOptions): Promise<Gateway> {
  await initCurve();
  const { hospital, chain, caller, serviceSeed } = options;
  const desk = openDesk({
    ...options,
    service: "hospital",
    kind: "hospital-call",
    seed: serviceSeed,
    check: (bytes, guard) =>
      checkCall(options, guard, decodeForwardedCall(bytes, chain.deployment, hospital.id, caller)),
    carryOut: (call, signal) => issueSigned(options, call, signal),
  });
  const http = openCallServer();
  http.post("/v1/calls", (request, reply) => answerAt(desk, request, reply));
  http.get(
    "/v1/status",
    async () =>
      ({ service: "medex-hospital", hospital: hospital.id, scheme: hospital.scheme }) satisfies z.infer<
        typeof hospitalStatusSchema
      >,
  );
  return listen(http, "hospital", options);
}

async function issueSigned(site: IssuingHospital, { call, bytes }: SignedCall, signal: AbortSignal) {
  const { method, member, payload } = call;
  if (!isIssued(method)) throw refused("is one that a hospital's firewall answers itself");
  const input = decodeInput(method, payload);
  return encodeObject({ ...(await issue(site, { method, input, member, signed: bytes }, signal)) });
}

const isIssued = (method: Method): method is IssuedMethod => (ISSUED_METHODS as readonly Method[]).includes(method);
