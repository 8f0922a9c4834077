/** One FHIR server over HTTP, believed in nothing: every answer has a size and a deadline, and nothing leads elsewhere. */
import { MedexError, parseServiceUrl } from "@medexchain/core";
import { FHIR_LIMITS, type FhirLimits } from "./limits.ts";
import { isObject, type Json, parseJson } from "./resource.ts";

export const FHIR_JSON = "application/fhir+json";

/** Gives the value of the header `Authorization`. */
export interface Authorizer {
  authorization(): Promise<string>;
  /** Told that the server no longer takes the last one. */
  renew(): void;
}

export interface FhirServerOptions {
  /** Its base, https unless it is on this machine. */
  readonly url: string;
  /** None unless given. */
  readonly authorizer?: Authorizer | undefined;
  readonly limits?: Partial<FhirLimits>;
}

export interface FhirCall {
  readonly method?: "GET" | "POST" | "DELETE";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface FhirAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface FhirServer {
  /** Without credentials or trailing slash. */
  readonly url: string;
  readonly limits: FhirLimits;
  /**
   * Sends a call to a place below the base, or to a URL that the server gave.
   *
   * @throws SERVICE_UNREACHABLE no answer in time; SERVICE_PROTOCOL the answer is too long, or leads to another server; FHIR_REFUSED a status of
   * 400 or more
   */
  call(place: string, call?: FhirCall): Promise<FhirAnswer>;
  /** A call whose answer is JSON. */
  json(place: string, call?: FhirCall): Promise<Json>;
}

/** @throws CONFIG_INVALID when the URL is none, has credentials or is http to another machine */
export function connectFhirServer({ url: given, authorizer, limits: own }: FhirServerOptions): FhirServer {
  const { url, credentials } = parseServiceUrl("FHIR server", given);
  if (credentials !== undefined) {
    throw new MedexError("CONFIG_INVALID", "FHIR server: credentials in the URL are not supported; use a client's key");
  }
  requireSafe(new URL(url), "FHIR server");
  const limits = { ...FHIR_LIMITS, ...own };

  const send = async (place: string, { method = "GET", headers = {}, body }: FhirCall): Promise<FhirAnswer> => {
    const target = resolve(url, place);
    const authorization = await authorizer?.authorization();
    return request(target, {
      method,
      headers: { accept: FHIR_JSON, ...headers, ...(authorization !== undefined && { authorization }) },
      ...(body !== undefined && { body }),
      maxBytes: limits.answerBytes,
      timeoutMs: limits.answerMs,
    });
  };
  const call: FhirServer["call"] = async (place, options = {}) => {
    let answer = await send(place, options);
    if (answer.status === 401 && authorizer !== undefined) {
      // A token may end before its time: once more with another.
      authorizer.renew();
      answer = await send(place, options);
    }
    if (answer.status >= 400) throw refusal(url, answer);
    return answer;
  };
  return {
    url,
    limits,
    call,
    json: async (place, options) => parseAnswer(url, (await call(place, options)).text),
  };
}

/** Parses an answer. Throws SERVICE_PROTOCOL when it is no JSON. */
export function parseAnswer(url: string, text: string): Json {
  try {
    return parseJson(text, "the answer");
  } catch (cause) {
    throw new MedexError("SERVICE_PROTOCOL", `${url} answered with something that is not JSON; is it a FHIR server?`, {
      cause,
    });
  }
}

/** Refuses http to another machine: what is read, and tokens, would travel in the clear. */
export function requireSafe(url: URL, what: string): void {
  const isHere = ["127.0.0.1", "[::1]", "localhost"].includes(url.hostname);
  if (url.protocol === "https:" || (url.protocol === "http:" && isHere)) return;
  throw new MedexError("CONFIG_INVALID", `${what}: ${url.origin} is not https; only this machine is spoken to without`);
}

/** The URL of a place below the base, or of an absolute one of the same origin. */
function resolve(base: string, place: string): URL {
  const target = URL.parse(place) ?? URL.parse(`${base}/${place}`);
  if (target?.origin === new URL(base).origin) return target;
  throw new MedexError(
    "SERVICE_PROTOCOL",
    `${base} leads on to ${target?.origin ?? "no URL"}, which is another server: nothing is fetched from there`,
  );
}

interface BoundedRequest extends FhirCall {
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

/**
 * One HTTP exchange, bounded. Follows no redirect.
 *
 * @throws SERVICE_UNREACHABLE, SERVICE_PROTOCOL
 */
export async function request(url: URL, { maxBytes, timeoutMs, ...init }: BoundedRequest): Promise<FhirAnswer> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, { ...init, redirect: "manual", signal });
    // A browser tells no status of a redirect.
    if (response.type === "opaqueredirect" || (response.status >= 300 && response.status < 400)) {
      await response.body?.cancel();
      throw new MedexError(
        "SERVICE_PROTOCOL",
        `${url.origin} redirects, which is not followed: give the address that it leads to, if you trust it`,
      );
    }
    return { status: response.status, headers: response.headers, text: await bounded(response, maxBytes, url) };
  } catch (cause) {
    if (MedexError.is(cause)) throw cause;
    const why = signal.aborted ? `gave no whole answer in ${timeoutMs / 1000} s` : "does not answer";
    throw new MedexError("SERVICE_UNREACHABLE", `${url.origin} ${why}; check the address, or try again later`, {
      cause,
    });
  }
}

/** The body as text, while it is no longer than it may be. */
async function bounded({ body }: Response, maxBytes: number, { origin }: URL): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  let length = 0;
  for await (const part of body ?? []) {
    length += part.length;
    if (length > maxBytes) {
      throw new MedexError("SERVICE_PROTOCOL", `${origin} answers with more than the ${maxBytes} bytes that are taken`);
    }
    text += decode(decoder, part, origin);
  }
  return text + decode(decoder, undefined, origin);
}

function decode(decoder: InstanceType<typeof TextDecoder>, part: Uint8Array | undefined, origin: string): string {
  try {
    return part === undefined ? decoder.decode() : decoder.decode(part, { stream: true });
  } catch (cause) {
    throw new MedexError("SERVICE_PROTOCOL", `${origin} answers with text that is not UTF-8`, { cause });
  }
}

const TOKEN = /^[a-z-]{1,40}$/;
const EXPRESSION = /^[A-Za-z0-9.[\]()]{1,120}$/;

/**
 * What an OperationOutcome says, by its codes and expressions: its free text may quote the record, and is kept for developers.
 */
function refusal(url: string, { status, text }: FhirAnswer): MedexError {
  let outcome: Json;
  try {
    outcome = parseJson(text, "the answer");
  } catch {
    outcome = null; // a proxy's page, for one
  }
  const issues = isObject(outcome) && Array.isArray(outcome.issue) ? outcome.issue.filter(isObject) : [];
  const said = issues.slice(0, 3).map(({ code, expression }) => {
    const where = (Array.isArray(expression) ? expression : []).filter((at) => EXPRESSION.test(String(at)));
    return [TOKEN.test(String(code)) ? code : "unknown", ...(where.length > 0 ? [`at ${where[0]}`] : [])].join(" ");
  });
  const hint = { 401: "; check the client and its key", 403: "; check the client's scopes", 404: "; check the id" }[
    status
  ];
  const cause = new Error(`${status} ${text.slice(0, 2_000)}`);
  return new MedexError(
    "FHIR_REFUSED",
    `${url} refused with status ${status}${said.length > 0 ? ` (${said.join("; ")})` : ""}${hint ?? ""}`,
    { cause },
  );
}
