/** What a firewall's and a hospital's HTTP have in common: sealed calls, and a status. */
import type { z } from "zod";
import { sealedCallSchema, sealedReplySchema } from "../../gateway/sealed-call.ts";
import { refusalSchema } from "../../gateway/server.ts";
import { answer, type Json, json, openapi, schemaOf } from "./document.ts";

const refusal = (description: string): Json => answer(description, json(refusalSchema, "output"));
const sealed = (name: string): Json => ({ "application/cbor": { schema: { $ref: `#/components/schemas/${name}` } } });

/** A service that takes sealed calls. Summaries are for people. */
export interface SealedService {
  readonly title: string;
  readonly description: string;
  readonly tag: { readonly name: string; readonly description: string };
  readonly call: string;
  readonly failed: string;
  readonly status: { readonly summary: string; readonly answer: string; readonly schema: z.ZodType };
  /** Beside those of calls and replies. */
  readonly schemas?: Readonly<Record<string, Json>>;
}

/** Its document. */
export function sealedService({ title, description, tag, call, failed, status, schemas }: SealedService): Json {
  return openapi({
    title,
    description,
    tags: [tag],
    paths: {
      "/v1/calls": {
        post: {
          operationId: "call",
          tags: [tag.name],
          summary: call,
          security: [],
          requestBody: { required: true, content: sealed("sealedCall") },
          responses: {
            "200": answer("The sealed reply, of success or of failure.", sealed("sealedReply")),
            "400": refusal("The call does not open."),
            "413": refusal("The call is too long."),
            "415": refusal("The body is not application/cbor."),
            "500": refusal(failed),
            "503": refusal("It works on as many calls as it can; come back after `retry-after` seconds."),
          },
        },
      },
      "/v1/status": {
        get: {
          operationId: "status",
          tags: [tag.name],
          summary: status.summary,
          security: [],
          responses: { "200": answer(status.answer, json(status.schema, "output")), "500": refusal(failed) },
        },
      },
    },
    components: {
      schemas: {
        sealedCall: schemaOf(sealedCallSchema, "input", "cbor"),
        sealedReply: schemaOf(sealedReplySchema, "output", "cbor"),
        ...schemas,
      },
    },
  });
}
