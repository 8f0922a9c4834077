/**
 * Writes the JSON Schemas of what medex prints with `--json`, of its errors and of `medex.config.json` into `docs/schemas/`, from the zod
 * schemas that the commands use themselves. With `--check` nothing is written, and the exit code is 1 when a file is not up to date.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { errorOutputSchema } from "../cli/output/error-output.ts";
import { RESULTS } from "../cli/results.ts";
import { configSchema } from "../cli/session/config.ts";
import { relayerConfigSchema } from "../relayer/config.ts";
import { secretFilesSchema } from "../relayer/load-config.ts";

const FOLDER = fileURLToPath(new URL("../docs/schemas/", import.meta.url));

/** A JSON Schema of draft 2020-12. */
function describe(title: string, schema: z.ZodType, io: "input" | "output"): string {
  const body = z.toJSONSchema(schema, {
    io,
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      // JSON's readers keep 53 bits: a larger integer is written as a string.
      if (zodSchema._zod.def.type === "bigint") {
        Object.assign(jsonSchema, { anyOf: [{ type: "integer" }, { type: "string", pattern: "^[0-9]+$" }] });
      }
    },
  });
  return `${JSON.stringify({ title, ...body }, undefined, 2)}\n`;
}

/** Every schema's text, by the name of its file. */
export function schemaFiles(): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const [command, schema] of Object.entries(RESULTS)) {
    files.set(`${command.replaceAll(" ", "-")}.json`, describe(`medex ${command} --json`, schema, "output"));
  }
  files.set("error.json", describe("errors of medex with --json", errorOutputSchema, "output"));
  // In the file chains may stand outside of the section, and the database may come from DATABASE_URL.
  const relayer = relayerConfigSchema
    .partial({ chains: true, database: true })
    .extend({ secrets: secretFilesSchema.exactOptional() });
  const config = configSchema.extend({ relayer: relayer.exactOptional() });
  files.set("medex.config.json", describe("medex.config.json", config, "input"));
  return files;
}

/** The files that are not as they should be. */
export function outdatedSchemas(): string[] {
  const wanted = schemaFiles();
  const present = new Map(readdirSync(FOLDER).map((name) => [name, readFileSync(`${FOLDER}${name}`, "utf8")]));
  return [...new Set([...wanted.keys(), ...present.keys()])].filter((name) => wanted.get(name) !== present.get(name));
}

if (import.meta.main) {
  if (process.argv.includes("--check")) {
    const outdated = outdatedSchemas();
    for (const name of outdated) console.error(`docs/schemas/${name} is not up to date: npm run schemas`);
    process.exitCode = outdated.length === 0 ? 0 : 1;
  } else {
    rmSync(FOLDER, { recursive: true, force: true });
    mkdirSync(FOLDER);
    for (const [name, text] of schemaFiles()) writeFileSync(`${FOLDER}${name}`, text);
  }
}
