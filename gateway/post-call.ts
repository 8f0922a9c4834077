import { MedexError } from "@medexchain/core";
import { concatBytes } from "@noble/hashes/utils.js";

/** What undici names a connection that was never made, so that nothing was sent. */
const NOT_SENT = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT)$/;

/** A call that may have reached the other side, and whose reply did not come back: nobody here knows whether it was carried out. */
export class LostReply extends MedexError {}

/** Whom a call goes to. */
export interface CallTarget {
  /** Of its calls. */
  readonly url: string;
  /** For errors: who, and where, if the reader may know. */
  readonly name: string;
  /** The largest reply, in bytes. */
  readonly maxReply: number;
  /** What to do when it does not answer. */
  readonly advice: string;
  /** What is thrown then. */
  readonly unreachable: "SERVICE_UNREACHABLE" | "HOSPITAL_UNREACHABLE";
}

/**
 * Sends a sealed call.
 *
 * @param signal gives up
 * @returns the sealed reply
 * @throws what `unreachable` says, as a `LostReply` where the call may have arrived; GATEWAY_BUSY; SERVICE_PROTOCOL
 */
export async function postCall(target: CallTarget, body: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
  const { url, name } = target;
  let response: Response;
  let bytes: Uint8Array;
  try {
    response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/cbor" },
      body: new Uint8Array(body), // over an ArrayBuffer of its own, as fetch's type wants it
      redirect: "error",
      signal,
    });
    bytes = await readAtMost(response, target);
  } catch (cause) {
    if (MedexError.is(cause)) throw cause;
    const message = `${name} does not answer: ${target.advice}`;
    throw wasNotSent(cause)
      ? new MedexError(target.unreachable, message, { cause })
      : new LostReply(target.unreachable, message, { cause });
  }
  if (response.status === 503) throw new MedexError("GATEWAY_BUSY", `${name} is busy; try again`);
  if (!response.ok) {
    throw new MedexError(
      "SERVICE_PROTOCOL",
      `${name} did not take the call (HTTP ${response.status}): is it the right one, with the keys that it registered?`,
    );
  }
  return bytes;
}

function wasNotSent(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && "code" in cause && NOT_SENT.test(String(cause.code));
}

async function readAtMost(response: Response, { name, maxReply }: CallTarget): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > maxReply) throw new MedexError("SERVICE_PROTOCOL", `the reply of ${name} is too long`);
    chunks.push(chunk);
  }
  return concatBytes(...chunks);
}
