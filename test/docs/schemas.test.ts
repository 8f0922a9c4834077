import { expect } from "chai";
import type { Command } from "commander";
import { z } from "zod";
import { createOutput } from "../../cli/output/output.ts";
import { createProgram } from "../../cli/program.ts";
import { RESULTS, WITHOUT_RESULT } from "../../cli/results.ts";
import { outdatedSchemas, schemaFiles } from "../../tools/write-schemas.ts";

function commandsOf(command: Command, path: readonly string[] = []): string[] {
  const shown = command
    .createHelp()
    .visibleCommands(command)
    .filter((child) => child.name() !== "help");
  if (shown.length === 0) return [path.join(" ")];
  return shown.flatMap((child) => commandsOf(child, [...path, child.name()]));
}

describe("the JSON Schemas in docs/schemas", () => {
  it("are those that the commands use: npm run schemas", () => {
    expect(outdatedSchemas()).to.deep.equal([]);
  });

  it("are there for every command that has a result", () => {
    const described = [...Object.keys(RESULTS), ...WITHOUT_RESULT];
    expect(commandsOf(createProgram()).sort()).to.deep.equal(described.sort());
  });

  it("let nothing into a result that they do not name, and say of integers that they are strings", () => {
    const { properties, additionalProperties } = JSON.parse(schemaFiles().get("record-show.json") ?? "");
    expect(additionalProperties).to.equal(false);
    expect(properties.maxAccessCount).to.include({ type: "string", pattern: "^[0-9]+$" });
  });

  it("describe what a configuration may hold, relayers' section and large integers included", () => {
    const { properties } = JSON.parse(schemaFiles().get("medex.config.json") ?? "");
    const { deployment } = properties.chains.additionalProperties.properties;
    expect(deployment.properties.chainId.anyOf).to.deep.include({ type: "integer" });
    expect(properties.relayer.properties).to.include.keys("database", "secrets");
    expect(properties.tangle.properties.timeoutMs.type).to.equal("integer");
  });
});

describe("a result", () => {
  it("that does not have its schema is not printed", () => {
    const output = createOutput(true);
    const schema = z.strictObject({ id: z.string() });
    const surplus = { id: "1", secret: "x" };
    expect(() => output.result(schema, surplus, () => undefined)).to.throw(z.ZodError);
    // @ts-expect-error an integer that large is a string in JSON, so the schema must say so
    expect(() => output.result(z.strictObject({ id: z.number() }), { id: 1n }, () => undefined)).to.throw(z.ZodError);
  });
});
