/** The firewall's view of its hospital, which is another service. */
import type { Deployment, Hex32 } from "@medexchain/chain";
import { decodeObject, MedexError, parseServiceUrl } from "@medexchain/core";
import type { Signer } from "ethers";
import type { z } from "zod";
import { encodeForwardedCall } from "./forwarded-call.ts";
import { hospitalStatusSchema } from "./hospital-server.ts";
import type { HospitalHealth, IssuedCall, IssuedMethod, Issuer } from "./issuer.ts";
import { METHODS, type MethodOutput } from "./methods.ts";
import { postCall } from "./post-call.ts";
import { readAnswer } from "./remote-answer.ts";
import { sealCall } from "./sealed-call.ts";

/** Shorter than the time of a member's call, so that the member is told which of the two is missing. */
const TIMEOUT_MS = 25_000;
/** Keys, hashes and error messages. */
const MAX_REPLY_BYTES = 8 * 1024;
const HEALTH_TIMEOUT_MS = 2_000;
/** How long it is believed what the hospital's health was. */
const HEALTH_MS = 5_000;

export interface HospitalLinkOptions {
  /** Of the hospital's own service, http or https. */
  readonly url: string;
  /** Of the hospital's home chain. */
  readonly deployment: Deployment;
  readonly hospitalId: Hex32;
  /** The hospital's X-Wing key, 1,216 bytes, as the firewall was told when the two were paired. */
  readonly hospitalKey: Uint8Array;
  /** The firewall's account; signs every call. */
  readonly caller: Signer;
  /** For each call, in milliseconds; 25 s unless given. */
  readonly timeoutMs?: number;
}

/**
 * Links a firewall to its hospital. Calls are sealed to the hospital's own key, so no URL, proxy or certificate authority is believed. Nothing
 * is tried again here: the hospital takes each call once, and the member makes another one.
 */
export function linkHospital(options: HospitalLinkOptions): Issuer {
  const { deployment, hospitalId, hospitalKey, caller, timeoutMs = TIMEOUT_MS } = options;
  const { url } = parseServiceUrl("hospital", options.url);
  const name = "the hospital behind the firewall";
  const target = {
    url: `${url}/v1/calls`,
    name, // members read it, who need not know where the hospital is
    maxReply: MAX_REPLY_BYTES,
    advice: "tell its operator, and try again later",
    unreachable: "HOSPITAL_UNREACHABLE",
  } as const;
  let known: { readonly until: number; readonly health: Promise<HospitalHealth> } | undefined;
  return {
    async issue<M extends IssuedMethod>({ method, signed }: IssuedCall<M>, signal: AbortSignal) {
      const forwarded = await encodeForwardedCall(caller, deployment, hospitalId, signed);
      const sealed = await sealCall(forwarded, hospitalKey, "hospital-call");
      const late = AbortSignal.timeout(timeoutMs);
      const reply = await postCall(target, sealed.bytes, AbortSignal.any([signal, late])).catch((error: unknown) => {
        signal.throwIfAborted(); // then it is not the hospital's doing
        throw error;
      });
      const output = readAnswer(openReply(sealed.openReply, reply), name);
      // A union of schemas, one per method: TypeScript does not see that M picks one.
      const schema = METHODS[method].output as unknown as z.ZodType<MethodOutput<M>>;
      return decodeObject(output, schema, `${name}'s answer`, "SERVICE_PROTOCOL");
    },
    health() {
      if (known === undefined || known.until < Date.now()) {
        known = { until: Date.now() + HEALTH_MS, health: askHealth(`${url}/v1/status`, hospitalId) };
      }
      return known.health;
    },
  };
}

/** Throws SERVICE_PROTOCOL in words that say which of the two services it was. */
function openReply(open: (bytes: Uint8Array) => Uint8Array, bytes: Uint8Array): Uint8Array {
  try {
    return open(bytes);
  } catch (cause) {
    throw new MedexError(
      "SERVICE_PROTOCOL",
      "what answers behind the firewall is not the hospital that it is paired with: its operator must check the hospital's URL",
      { cause },
    );
  }
}

/** Whatever does not say that it is this hospital is down for the firewall. */
async function askHealth(url: string, hospitalId: Hex32): Promise<HospitalHealth> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(HEALTH_TIMEOUT_MS), redirect: "error" });
    const status = hospitalStatusSchema.safeParse(JSON.parse(await readShort(response)));
    return response.ok && status.success && status.data.hospital === hospitalId ? "up" : "down";
  } catch {
    return "down";
  }
}

async function readShort(response: Response): Promise<string> {
  let text = "";
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    if (text.length > 1024) throw new MedexError("SERVICE_PROTOCOL", "the status is too long");
  }
  return text;
}
