/** Writes docs/schemas/: the JSON Schema of what each command prints with `--json`, of its errors, and of `medex.config.json`. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { jsonSchemas } from "./json-schemas.ts";

const FOLDER = new URL("../docs/schemas/", import.meta.url);

const schemas = jsonSchemas();
mkdirSync(FOLDER, { recursive: true });
for (const name of readdirSync(FOLDER)) if (!schemas.has(name)) rmSync(new URL(name, FOLDER));
for (const [name, text] of schemas) writeFileSync(new URL(name, FOLDER), text);
