import { MedexError } from "./errors.ts";

/** Where a service answers, with the credentials taken out so that the URL can be printed. */
export interface ServiceUrl {
  /** Without credentials, query, fragment or trailing slash: safe in errors and logs. */
  readonly url: string;
  /** From `user:password@`, percent-decoded. Never print. */
  readonly credentials?: { readonly username: string; readonly password: string };
}

/**
 * Parses the URL of a service.
 *
 * @param service its name, for errors ("IPFS", "Tangle")
 * @param value an http or https URL, with `user:password@` if the service wants basic authentication (RFC 7617)
 * @throws MedexError CONFIG_INVALID; the value itself is not in the message, since it may hold credentials
 */
export function parseServiceUrl(service: string, value: string): ServiceUrl {
  const parsed = URL.parse(value);
  if (parsed === null || (parsed.protocol !== "http:" && parsed.protocol !== "https:")) {
    throw new MedexError(
      "CONFIG_INVALID",
      `${service}: the URL is not an http or https URL; set one like http://host:port`,
    );
  }
  const url = `${parsed.origin}${parsed.pathname.replace(/\/+$/, "")}`;
  if (parsed.username === "" && parsed.password === "") return { url };
  try {
    const username = decodeURIComponent(parsed.username);
    const password = decodeURIComponent(parsed.password);
    return { url, credentials: { username, password } };
  } catch (cause) {
    throw new MedexError("CONFIG_INVALID", `${service}: the credentials in the URL are not percent-encoded`, { cause });
  }
}

/** The header `authorization` of basic authentication (RFC 7617), in UTF-8: `fetch` takes no URL with credentials in it. */
export function basicAuthorization({ username, password }: NonNullable<ServiceUrl["credentials"]>): string {
  const bytes = new TextEncoder().encode(`${username}:${password}`);
  return `Basic ${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))}`;
}
