import { relayerConfigSchema, secretFilesSchema } from "@medexchain/relayer";
import type { Command } from "commander";
import { z } from "zod";
import { JSON_OUTPUTS } from "../cli/json-outputs.ts";
import { errorOutputSchema } from "../cli/output/report-error.ts";
import { createProgram } from "../cli/program.ts";
import { configSchema } from "../cli/session/config.ts";

/** The section `relayer`: chains may stand in the section of that name instead, the database and the secrets in the environment. */
const relayerSection = relayerConfigSchema
  .partial({ chains: true, database: true })
  .extend({ secrets: secretFilesSchema.optional() });

/** What is in docs/schemas/: the files' texts by their names. */
export function jsonSchemas(): ReadonlyMap<string, string> {
  const program = createProgram();
  const files = new Map<string, string>();
  for (const [command, schema] of Object.entries(JSON_OUTPUTS)) {
    const file = `${command.replaceAll(" ", "-")}.json`;
    const title = command === "audit replay" ? "A line of medex audit replay --json" : `medex ${command} --json`;
    files.set(file, textOf(schema, title, descriptionOf(program, command)));
  }
  files.set(
    "error.json",
    textOf(errorOutputSchema, "An error, with --json", "What a command prints on standard error when it fails."),
  );
  files.set(
    "medex.config.json",
    textOf(
      configSchema.extend({ relayer: relayerSection.optional() }),
      "medex.config.json",
      "Where the services are, and how a relayer runs. Comments and trailing commas are allowed; docs/configuration.md explains each key.",
    ),
  );
  return files;
}

function descriptionOf(program: Command, name: string): string {
  let command: Command | undefined = program;
  for (const word of name.split(" ")) command = command?.commands.find((child) => child.name() === word);
  return command?.description() ?? "";
}

/** Of the JSON as it is written: what a command prints, or a person puts into the configuration. */
function textOf(schema: z.ZodType, title: string, description: string): string {
  const { $schema, ...rest } = z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      // A chain id or an amount, which may be beyond a JSON number.
      if (zodSchema._zod.def.type === "bigint") Object.assign(jsonSchema, { type: ["integer", "string"] });
      // Bounds of JavaScript, which say nothing about the value.
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  return `${JSON.stringify({ $schema, title, description, ...rest }, undefined, 2)}\n`;
}
