/** OpenAPI 3.1 out of zod schemas. */
import { z } from "zod";
import { rootPackage } from "../workspaces.ts";

export type Json = Record<string, unknown>;

/** What a custom check of ours stands for: zod cannot say. */
const CUSTOM: Readonly<Record<"json" | "cbor", Json>> = {
  json: { type: "string", pattern: "^0x[0-9a-f]{64}$" },
  cbor: { type: "string", format: "binary", description: "a CBOR byte string" },
};

/** A schema as the one who reads it (`output`) or writes it (`input`) sees it. */
export function schemaOf(schema: z.ZodType, io: "input" | "output", format: "json" | "cbor" = "json"): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      const { type } = zodSchema._zod.def;
      if (type === "custom") Object.assign(jsonSchema, CUSTOM[format]);
      // A chain id: JSON has no integers of that size.
      if (type === "bigint") Object.assign(jsonSchema, { type: "string", pattern: "^[1-9][0-9]*$" });
    },
  });
  return rest;
}

export const json = (schema: z.ZodType, io: "input" | "output"): Json => ({
  "application/json": { schema: schemaOf(schema, io) },
});

export const answer = (description: string, content?: Json): Json => ({ description, ...(content && { content }) });

export interface Description {
  readonly title: string;
  readonly description: string;
  readonly paths: Json;
  readonly components?: Json;
  readonly tags: readonly { readonly name: string; readonly description: string }[];
}

export function openapi({ title, description, paths, components, tags }: Description): Json {
  const { version } = rootPackage().manifest;
  const license = { name: "MIT", identifier: "MIT" };
  return {
    openapi: "3.1.0",
    info: { title, version, description, license },
    tags,
    paths,
    ...(components && { components }),
  };
}
