import type { Json } from "./document.ts";
import { gateway } from "./gateway.ts";
import { hospital } from "./hospital.ts";
import { relayer } from "./relayer.ts";

/** The documents by their files. */
export const DOCUMENTS: Readonly<Record<string, Json>> = {
  "docs/openapi/gateway.json": gateway,
  "docs/openapi/hospital.json": hospital,
  "docs/openapi/relayer.json": relayer,
};

export const textOf = (document: Json): string => `${JSON.stringify(document, null, 2)}\n`;
