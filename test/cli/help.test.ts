import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import type { Command } from "commander";
import { createProgram } from "../../cli/program.ts";

interface Leaf {
  readonly name: string;
  readonly command: Command;
  readonly help: string;
}

function leavesOf(command: Command, path: readonly string[]): Leaf[] {
  // Old names still work, and are not shown.
  const shown = command
    .createHelp()
    .visibleCommands(command)
    .filter((child) => child.name() !== "help");
  if (shown.length > 0) return shown.flatMap((child) => leavesOf(child, [...path, child.name()]));
  let help = "";
  command.configureOutput({
    writeOut: (text) => {
      help += text;
    },
  });
  command.outputHelp();
  return [{ name: path.join(" "), command, help }];
}

describe("the help of medex", () => {
  const leaves = leavesOf(createProgram(), ["medex"]);

  it("has an example of every command, which is that command", () => {
    expect(leaves.length).to.be.greaterThan(35);
    for (const { name, help } of leaves) {
      const examples = help.split(/\nExamples?:\n/)[1] ?? "";
      expect(examples, name).to.match(/\$ (medex|npm run) /);
      for (const [line] of examples.matchAll(/\$ medex .*/g)) expect(line, name).to.include(`$ ${name}`);
    }
  });

  it("shows check, and not the old name under which it still runs", () => {
    const program = createProgram();
    expect(program.helpInformation())
      .to.match(/^ {2}check /m)
      .and.not.match(/^ {2}doctor/m);
    expect(program.commands.map((command) => command.name())).to.include("doctor");
  });

  it("leads to guides that are there", () => {
    const program = createProgram();
    let help = "";
    program.configureOutput({
      writeOut: (text) => {
        help += text;
      },
    });
    program.outputHelp();
    const [, guides = ""] = /Step by step, for each person: (.*)/.exec(help) ?? [];
    expect(readFileSync(guides, "utf8")).to.include("# Documentation");
  });

  it("gives only options in its examples that the command has", () => {
    for (const { name, command, help } of leaves) {
      const known = new Set<string>();
      for (let at: Command | null = command; at; at = at.parent) {
        for (const { long } of at.options) if (long) known.add(long);
      }
      for (const [line] of help.matchAll(/\$ (?:medex|npm run) .*/g)) {
        for (const [option] of line.matchAll(/(?<= )--[a-z-]{2,}/g)) {
          expect(known.has(option), `${option} in: ${line} (${name})`).to.equal(true);
        }
      }
    }
  });

  it("says what each command, argument and option is", () => {
    for (const { name, command } of leaves) {
      expect(command.description(), name).to.match(/\S/);
      for (const part of [...command.options, ...command.registeredArguments]) {
        expect(part.description, `${name} ${part.name()}`).to.match(/\S/);
      }
    }
  });
});

describe("the command's code", () => {
  it("speaks plainly", () => {
    const root = new URL("../../cli/", import.meta.url);
    for (const file of readdirSync(root, { recursive: true, encoding: "utf8" })) {
      if (!file.endsWith(".ts")) continue;
      const text = readFileSync(new URL(file, root), "utf8");
      for (const [said] of text.matchAll(/"[^"\n]*"|`[^`]*`/g)) {
        expect(said, file).to.not.match(
          /\b(is|are) wanted\b|\bmend\b|\bdead\b|\bgood until\b|\btells? of\b|\bis told\b/i,
        );
      }
    }
  });

  it("reads the environment in one place", () => {
    let files = 0;
    for (const folder of ["cli", "chaos"]) {
      const root = new URL(`../../${folder}/`, import.meta.url);
      for (const file of readdirSync(root, { recursive: true, encoding: "utf8" })) {
        if (!file.endsWith(".ts") || file === "environment.ts") continue;
        files += 1;
        expect(readFileSync(new URL(file, root), "utf8"), `${folder}/${file}`).to.not.include("process.env");
      }
    }
    expect(files).to.be.greaterThan(50);
  });
});
