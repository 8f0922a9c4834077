/** SMART Backend Services (SMART App Launch 2.2, "Backend Services" and "Asymmetric Authentication"; RFC 7523): tokens for a client with a key. */
import { MedexError } from "@medexchain/core";
import { importJWK, type JWK, SignJWT } from "jose";
import { z } from "zod";
import { type Authorizer, request, requireSafe } from "./fhir-server.ts";

/** What a client signs with. SMART asks servers for these two. */
const ALGORITHMS = ["ES384", "RS384"] as const;
/** An assertion's life; SMART allows five minutes at most. */
const ASSERTION_SECONDS = 240;
/** A token is replaced this long before it ends, so that it does not end on its way. */
const LEEWAY_MS = 10_000;
const MAX_BYTES = 65_536;
const TIMEOUT_MS = 30_000;

export interface BackendServicesOptions {
  /** Of the FHIR server, where `.well-known/smart-configuration` is. */
  readonly fhirUrl: string;
  readonly clientId: string;
  /** The client's private key, an EC key on P-384 or an RSA key, as JWK with its `kid`. */
  readonly privateKey: JWK;
  /** `system/*.rs` unless given. */
  readonly scope?: string | undefined;
  /** Asked of the server unless given; must be given where it is of another origin. */
  readonly tokenUrl?: string | undefined;
}

const configurationSchema = z.looseObject({ token_endpoint: z.url({ protocol: /^https?$/ }) });
const tokenSchema = z.looseObject({
  access_token: z.string().regex(/^[\x21-\x7e]{1,16000}$/),
  token_type: z.string().regex(/^bearer$/i),
  expires_in: z.number().positive().max(86_400).optional(),
});

/**
 * Fetches a token when one is needed, and again before it ends.
 *
 * @throws CONFIG_INVALID when the key is none that SMART knows; from the authorizer, CONFIG_INVALID when the server names a token endpoint of another server
 * or one that would be spoken to in the clear, SERVICE_UNREACHABLE, SERVICE_PROTOCOL, and FHIR_REFUSED when the
 * server does not know the client
 */
export async function backendServices(options: BackendServicesOptions): Promise<Authorizer> {
  const { clientId, privateKey, scope = "system/*.rs" } = options;
  const alg = privateKey.kty === "EC" ? ALGORITHMS[0] : ALGORITHMS[1];
  if (
    privateKey.d === undefined ||
    privateKey.kid === undefined ||
    (privateKey.kty === "EC" && privateKey.crv !== "P-384")
  ) {
    throw new MedexError("CONFIG_INVALID", "the client's key must be a private JWK with a kid: EC on P-384, or RSA");
  }
  const key = await importJWK(privateKey, alg).catch((cause: unknown) => {
    throw new MedexError("CONFIG_INVALID", "the client's key is no private JWK, EC on P-384 or RSA", { cause });
  });
  const { kid } = privateKey;
  let token: Promise<{ readonly value: string; readonly until: number }> | undefined;

  const fetchToken = async () => {
    const endpoint = new URL(options.tokenUrl ?? (await discover(options.fhirUrl)));
    requireSafe(endpoint, "the token endpoint");
    const assertion = await new SignJWT()
      .setProtectedHeader({ alg, kid, typ: "JWT" })
      .setIssuer(clientId)
      .setSubject(clientId)
      .setAudience(endpoint.href)
      .setJti(crypto.randomUUID())
      .setIssuedAt()
      .setExpirationTime(`${ASSERTION_SECONDS}s`)
      .sign(key);
    const asked = performance.now();
    const form = new URLSearchParams({
      grant_type: "client_credentials",
      scope,
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      client_assertion: assertion,
    });
    const { status, text } = await request(endpoint, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
      body: form.toString(),
      maxBytes: MAX_BYTES,
      timeoutMs: TIMEOUT_MS,
    });
    if (status >= 400) {
      throw new MedexError(
        "FHIR_REFUSED",
        `${endpoint.origin} gives the client no token (status ${status}): check its id, its key there, and the scopes`,
      );
    }
    const { access_token: value, expires_in: seconds = 300 } = parsed(tokenSchema, text, endpoint);
    return { value, until: asked + seconds * 1_000 - LEEWAY_MS };
  };

  // Of several calls at once one fetches; a failure is not kept.
  const ask = () => {
    token ??= fetchToken().catch((error: unknown) => {
      token = undefined;
      throw error;
    });
    return token;
  };

  return {
    async authorization() {
      const held = ask();
      const { value, until } = await held;
      if (performance.now() < until) return `Bearer ${value}`;
      if (token === held) token = undefined;
      return `Bearer ${(await ask()).value}`;
    },
    renew() {
      token = undefined;
    },
  };
}

async function discover(fhirUrl: string): Promise<string> {
  const url = new URL(`${fhirUrl.replace(/\/+$/, "")}/.well-known/smart-configuration`);
  requireSafe(url, "FHIR server");
  const headers = { accept: "application/json" };
  const { status, text } = await request(url, { headers, maxBytes: MAX_BYTES, timeoutMs: TIMEOUT_MS });
  if (status !== 200) {
    throw new MedexError(
      "FHIR_REFUSED",
      `${url.origin} has no SMART configuration (status ${status}): give the token endpoint, or use no client`,
    );
  }
  const endpoint = new URL(parsed(configurationSchema, text, url).token_endpoint);
  requireSafe(endpoint, "the token endpoint");
  // The token that it gives is sent to this server: another's, where the client is known too, would be this one's to use.
  if (endpoint.origin !== url.origin) {
    throw new MedexError(
      "CONFIG_INVALID",
      `${url.origin} names a token endpoint of another server, ${endpoint.origin}: if its tokens are for ${url.origin}, give its address (--token-url)`,
    );
  }
  return endpoint.href;
}

function parsed<T>(schema: z.ZodType<T>, text: string, { origin }: URL): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    // Without the cause, which may quote the token.
    throw new MedexError("SERVICE_PROTOCOL", `${origin} answered with something that is not what SMART asks for`);
  }
}
