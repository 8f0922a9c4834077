import { MedexError } from "@medexchain/core";

/** The largest reply: the sealed shares of as many relayers as there may be, see `CONTENT_LIMITS`, with the sealed key and the shares. */
const MAX_REPLY_BYTES = 192 * 1024;

/** What undici names a connection that was never made, so that nothing was sent. */
const NOT_SENT = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT)$/;

/** A call that may have reached the hospital, and whose reply did not come back: nobody here knows whether it was carried out. */
export class LostReply extends MedexError {}

/**
 * Sends a sealed call.
 *
 * @param signal gives up
 * @returns the sealed reply
 * @throws SERVICE_UNREACHABLE, as a `LostReply` where the call may have arrived; GATEWAY_BUSY; SERVICE_PROTOCOL
 */
export async function postCall(url: string, body: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
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
    bytes = await readAtMost(response, MAX_REPLY_BYTES);
  } catch (cause) {
    if (MedexError.is(cause)) throw cause;
    const message = `the hospital's gateway does not answer at ${url}: check that it is up, and the URL`;
    throw wasNotSent(cause)
      ? new MedexError("SERVICE_UNREACHABLE", message, { cause })
      : new LostReply("SERVICE_UNREACHABLE", message, { cause });
  }
  if (response.status === 503)
    throw new MedexError("GATEWAY_BUSY", `the hospital's gateway at ${url} is busy; try again`);
  if (!response.ok) {
    throw new MedexError(
      "SERVICE_PROTOCOL",
      `the gateway at ${url} did not take the call (HTTP ${response.status}): is it this hospital's, with the keys that it registered?`,
    );
  }
  return bytes;
}

function wasNotSent(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && "code" in cause && NOT_SENT.test(String(cause.code));
}

async function readAtMost(response: Response, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > limit) throw new MedexError("SERVICE_PROTOCOL", "the gateway's reply is too long; check its URL");
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}
