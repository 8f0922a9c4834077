import { basicAuthorization, MAX_TIMER_MS, MedexError, parseServiceUrl } from "@medexchain/core";
import { create, type KuboRPCClient } from "kubo-rpc-client";

/** A Kubo RPC client, the printable URL of its node, and how long one call may take. */
export interface KuboConnection {
  readonly client: KuboRPCClient;
  readonly url: string;
  /** Where the RPC's commands are: the URL, with Kubo's path where it has none. */
  readonly api: string;
  /** For each call, with the credentials. Never print. */
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** A call that the node answered with an HTTP error. */
export class KuboRefusal extends Error {
  readonly status: number;

  /** @param message what the node says */
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** One call of the RPC. */
export interface KuboCall {
  /** What it is about, for messages: a block or a verb. */
  readonly subject: string;
  /** Whether it asks for content that may be nowhere: only then is a node that goes on searching one that has not found it. */
  readonly isLookup: boolean;
  /** Gives up; its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
}

/** How long the probe that tells a silent node from missing content waits. */
const PROBE_MS = 2_000;

/** What Kubo says, over its versions, when a block is nowhere to be found. */
const NOT_FOUND = /not found|could not find|no link named|no such block/i;

/**
 * Connects nothing yet: makes a client for any Kubo RPC endpoint.
 *
 * @param options.url of the node, for example http://127.0.0.1:5001; `user:password@` becomes an Authorization header
 * @param options.timeoutMs for each call
 * @throws MedexError CONFIG_INVALID
 */
export function connectKubo(options: { url: string; timeoutMs: number }): KuboConnection {
  const { url, credentials } = parseServiceUrl("IPFS", options.url);
  if (!Number.isSafeInteger(options.timeoutMs) || options.timeoutMs <= 0 || options.timeoutMs > MAX_TIMER_MS) {
    throw new MedexError(
      "CONFIG_INVALID",
      `IPFS at ${url}: timeoutMs must be a positive whole number of milliseconds, at most ${MAX_TIMER_MS}`,
    );
  }
  const headers: Record<string, string> = {};
  if (credentials) headers.authorization = basicAuthorization(credentials);
  const api = new URL(url).pathname === "/" ? `${url}/api/v0` : url; // as the client does
  return { client: create({ url, headers }), url, api, headers, timeoutMs: options.timeoutMs };
}

/**
 * Runs one call with the connection's timeout and turns its failure into a registered error.
 *
 * @throws MedexError SERVICE_UNREACHABLE (no answer), CONTENT_NOT_FOUND (the node has not found what is looked up, or still searches),
 *   SERVICE_PROTOCOL (any other answer)
 */
export async function callKubo<T>(
  connection: KuboConnection,
  { subject, isLookup, signal }: KuboCall,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const timeout = AbortSignal.timeout(connection.timeoutMs);
  try {
    return await call(signal ? AbortSignal.any([timeout, signal]) : timeout);
  } catch (error) {
    signal?.throwIfAborted();
    if (MedexError.is(error)) throw error;
    throw await translate(connection, { subject, isLookup, error, timedOut: timeout.aborted });
  }
}

interface Failure extends Pick<KuboCall, "subject" | "isLookup"> {
  readonly error: unknown;
  readonly timedOut: boolean;
}

async function translate(
  { client, url, timeoutMs }: KuboConnection,
  { subject, isLookup, error, timedOut }: Failure,
): Promise<MedexError> {
  const unreachable = (why: string): MedexError =>
    new MedexError("SERVICE_UNREACHABLE", `IPFS at ${url} ${why}; check that the node is up and the URL is right`, {
      cause: error,
    });
  const notFound = (why: string): MedexError =>
    new MedexError("CONTENT_NOT_FOUND", `IPFS at ${url}: ${subject} was not found${why}`, { cause: error });

  if (timedOut) {
    if (!isLookup) return unreachable(`did not finish ${subject} within ${timeoutMs} ms`);
    // Kubo searches the DHT without end for a block that nobody has: a node that still answers is searching.
    const alive = await client.version({ signal: AbortSignal.timeout(Math.min(PROBE_MS, timeoutMs)) }).then(
      () => true,
      () => false,
    );
    return alive ? notFound(` within ${timeoutMs} ms`) : unreachable(`gave no answer within ${timeoutMs} ms`);
  }
  const status = responseStatus(error);
  if (status === undefined) {
    return isConnectionFailure(error)
      ? unreachable("cannot be reached")
      : new MedexError("SERVICE_PROTOCOL", `IPFS at ${url} answered ${subject} with malformed data`, { cause: error });
  }
  if (status === 502 || status === 503 || status === 504) return unreachable(`is not available (HTTP ${status})`);
  if (isLookup && status === 500 && error instanceof Error && NOT_FOUND.test(error.message)) return notFound("");
  const hint = status === 401 || status === 403 ? "; check the credentials" : "; is this a Kubo RPC endpoint?";
  return new MedexError("SERVICE_PROTOCOL", `IPFS at ${url} refused ${subject} (HTTP ${status})${hint}`, {
    cause: error,
  });
}

/** What fetch throws when no answer came ("fetch failed") or it broke off ("terminated"). */
function isConnectionFailure(error: unknown): boolean {
  return error instanceof TypeError && /^(fetch failed|terminated)/.test(error.message);
}

/** The status of an HTTP answer that the client threw, or nothing when there was no answer at all. */
function responseStatus(error: unknown): number | undefined {
  if (error instanceof KuboRefusal) return error.status;
  if (typeof error !== "object" || error === null || !("response" in error)) return undefined;
  const { response } = error;
  return response instanceof Response ? response.status : undefined;
}
