import type { Hex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { type AttestationsAnswer, attestationsAnswerSchema } from "../http/attestations.ts";

/** Most that an answer may have: a few times what `MOST_TOLD` attestations take. */
const MAX_BYTES = 64 * 1024;

/**
 * Asks a relayer for its attestations of a request.
 *
 * @param url of its HTTP
 * @param signal ends the asking, and the reading
 * @throws SERVICE_UNREACHABLE, SERVICE_PROTOCOL, each with the peer's origin; the signal's reason
 */
export async function readAnswer(
  url: string,
  { chainId, requestId }: { readonly chainId: bigint; readonly requestId: Hex32 },
  signal: AbortSignal,
): Promise<AttestationsAnswer> {
  const { origin } = new URL(url);
  const path = `v1/attestations/${chainId}/${requestId}`;
  let status: number;
  let body: Uint8Array | undefined;
  try {
    // A peer's word sends nobody elsewhere.
    const answer = await fetch(new URL(path, url.endsWith("/") ? url : `${url}/`), { signal, redirect: "error" });
    status = answer.status;
    body = await readLimited(answer);
  } catch (cause) {
    signal.throwIfAborted();
    throw new MedexError("SERVICE_UNREACHABLE", `the peer at ${origin} does not answer; is it running?`, { cause });
  }
  if (!body) throw wrong(origin, `with more than ${MAX_BYTES} bytes`);
  if (status !== 200) throw wrong(origin, `with status ${status}`);
  const parsed = attestationsAnswerSchema.safeParse(parseJson(body));
  if (!parsed.success) throw wrong(origin, "with something else than attestations");
  return parsed.data;
}

const wrong = (origin: string, how: string): MedexError =>
  new MedexError("SERVICE_PROTOCOL", `the peer at ${origin} answers ${how}; does it run this version?`);

/** The body; undefined when it is longer than it may be, of which no more is read than that. */
async function readLimited({ body }: Response): Promise<Uint8Array | undefined> {
  if (!body) return new Uint8Array();
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of body) {
    length += part.length;
    if (length > MAX_BYTES) return undefined; // leaving the loop cancels the rest
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined; // no JSON is no answer either
  }
}
