/** `post.ts` for browsers: by `fetch`, which is all they have. */
import { basicAuthorization, parseServiceUrl } from "@medexchain/core";
import { concatBytes } from "@noble/hashes/utils.js";
import { AnswerTooLong } from "./node-errors.ts";
import type { Posted, PostOptions } from "./post.ts";

const MOST_BYTES = 256 * 1024 * 1024;

export async function post(url: string, body: string | Uint8Array, options: PostOptions): Promise<Posted> {
  const { timeoutMs, signal, maxBytes = MOST_BYTES } = options;
  const { credentials } = parseServiceUrl("chain", url);
  const target = new URL(url);
  target.username = "";
  target.password = "";
  const timeout = AbortSignal.timeout(timeoutMs);
  const answer = await fetch(target, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(credentials && { authorization: basicAuthorization(credentials) }),
    },
    body: typeof body === "string" ? body : new Uint8Array(body),
    redirect: "error",
    credentials: "omit",
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
  });
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of answer.body ?? []) {
    length += part.length;
    if (length > maxBytes) throw new AnswerTooLong(target.origin, maxBytes); // leaving the loop ends the connection
    parts.push(part);
  }
  const { status, statusText, headers } = answer;
  return { status, statusText, headers: Object.fromEntries(headers), body: concatBytes(...parts) };
}
