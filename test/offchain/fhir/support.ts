import type { IncomingMessage } from "node:http";
import { type ErrorCode, MedexError } from "@medexchain/core";
import { expect } from "chai";
import { startHttpServer } from "../ipfs/support.ts";

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON, unless it is text already. */
  readonly body?: unknown;
}

/** A server whose every answer the test says. */
export async function startFhir(
  answer: (request: IncomingMessage, body: string) => Answer | Promise<Answer>,
): Promise<AsyncDisposable & { readonly url: string; readonly asked: string[] }> {
  const asked: string[] = [];
  const server = await startHttpServer(async (request, response, body) => {
    asked.push(`${request.method} ${request.url}`);
    const { status = 200, headers, body: text } = await answer(request, body.toString());
    response.writeHead(status, { "content-type": "application/fhir+json", ...headers });
    response.end(typeof text === "string" ? text : JSON.stringify(text ?? null));
  });
  return { url: server.url, asked, [Symbol.asyncDispose]: server.close };
}

/** The error of a call that must fail with this code. */
export async function failsWith(code: ErrorCode, call: () => unknown): Promise<MedexError> {
  try {
    await call();
  } catch (error) {
    if (!MedexError.is(error)) throw error;
    expect(error.code, error.message).to.equal(code);
    return error;
  }
  throw new Error(`it did not fail with ${code}`);
}

export const patient = { resourceType: "Patient", id: "p1", name: [{ family: "Test" }], birthDate: "1970-01-31" };
export const loinc = (code: string) => ({ coding: [{ system: "http://loinc.org", code }] });

export function observation(id: string, more: object = {}) {
  return {
    resourceType: "Observation",
    id,
    status: "final",
    code: loinc("29463-7"),
    subject: { reference: "Patient/p1" },
    effectiveDateTime: "2024-05-06",
    ...more,
  };
}

export const searchset = (resources: readonly object[], next?: string) => ({
  resourceType: "Bundle",
  type: "searchset",
  link: next === undefined ? [] : [{ relation: "next", url: next }],
  entry: resources.map((resource) => ({ resource, search: { mode: "match" } })),
});

export const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
