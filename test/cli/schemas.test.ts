import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import type { Command } from "commander";
import { z } from "zod";
import { accessRequestOutput } from "../../cli/access/outputs.ts";
import { JSON_OUTPUTS, WITHOUT_JSON } from "../../cli/json-outputs.ts";
import { digits } from "../../cli/output/json-types.ts";
import { encodeWith } from "../../cli/output/output.ts";
import { createProgram } from "../../cli/program.ts";
import { jsonSchemas } from "../../tools/json-schemas.ts";

const FOLDER = new URL("../../docs/schemas/", import.meta.url);

/** The names of the commands that do something, without their program's. */
function namesOf(command: Command, path: readonly string[] = []): string[] {
  if (command.commands.length === 0) return [path.join(" ")];
  // Hidden ones are other words for those that are shown.
  return command
    .createHelp()
    .visibleCommands(command)
    .filter((child) => child.name() !== "help")
    .flatMap((child) => namesOf(child, [...path, child.name()]));
}

const hex = (byte: string) => `0x${byte.repeat(32)}` as const;

describe("the schemas of medex's JSON", () => {
  it("are those in docs/schemas, which npm run schemas writes", () => {
    const written = new Map(readdirSync(FOLDER).map((name) => [name, readFileSync(new URL(name, FOLDER), "utf8")]));
    const schemas = jsonSchemas();
    expect([...written.keys()].sort()).to.deep.equal([...schemas.keys()].sort());
    for (const [name, text] of schemas) expect(written.get(name), name).to.equal(text);
  });

  it("cover every command", () => {
    const names = namesOf(createProgram());
    expect(names.length).to.be.greaterThan(40);
    expect([...Object.keys(JSON_OUTPUTS), ...WITHOUT_JSON].sort()).to.deep.equal(names.sort());
  });

  it("read what they print, numbers beyond 2^53 too, and print nothing that they do not have", () => {
    const filed = {
      requestId: hex("11"),
      recordId: hex("22"),
      requester: hex("33"),
      purpose: hex("44"),
      destinationChainId: 31337n,
      destination: `0x${"55".repeat(20)}`,
      issuedAt: 1n,
      expiry: 2n,
      nonce: 2n ** 255n,
      transactionHash: hex("66"),
    };
    const withMore: typeof filed = Object.assign({ signature: "0x" }, filed);
    const json: unknown = JSON.parse(JSON.stringify(encodeWith(accessRequestOutput, withMore)));
    expect(json).to.not.have.property("signature");
    expect(json).to.include({ nonce: String(2n ** 255n), destinationChainId: "31337" });
    expect(accessRequestOutput.parse(json)).to.deep.equal(filed);
  });

  it("let nothing be printed that does not fit them", () => {
    expect(() => encodeWith(digits, -1n)).to.throw(z.ZodError);
    expect(() => encodeWith(accessRequestOutput.shape.requestId, "0x12")).to.throw(z.ZodError);
  });
});
