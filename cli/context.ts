import { join, resolve } from "node:path";
import { MedexError, parseReference } from "@medexchain/core";
import { type Command, InvalidArgumentError } from "commander";
import { configurationVariable, defaultHome } from "./environment.ts";
import { createOutput, type Output } from "./output/output.ts";

/** What every command is told beside its own options. */
export interface Context {
  /** The state folder. */
  readonly home: string;
  readonly configFile: string;
  /** Folder of the vaults. */
  readonly vaults: string;
  readonly output: Output;
  /** The vault to act with. */
  readonly as?: string;
  readonly passphraseFile?: string;
}

interface GlobalOptions {
  readonly home?: string;
  readonly configuration?: string;
  readonly json?: boolean;
  readonly field?: string;
  readonly as?: string;
  readonly passphraseFile?: string;
}

/** Adds the options that every command has. */
export function addGlobalOptions(program: Command): Command {
  return program
    .option("--home <folder>", "the folder of vaults and fragments (default: MEDEX_HOME, or ~/.medex)")
    .option(
      "--configuration <file>",
      "the configuration file (default: MEDEX_CONFIGURATION, or medex.config.json in the home folder)",
    )
    .option("--as <vault>", "the vault to use, if there are several for the role")
    .option(
      "--passphrase-file <file>",
      "file of mode 600 with the vault's passphrase (or MEDEX_PASSPHRASE_FILE, MEDEX_PASSPHRASE; otherwise you are asked for it)",
    )
    .option("--json", "print the result as JSON")
    .option("--field <path>", "print only one field of the JSON result, e.g. recordId or 0.state");
}

/** The global options of the command that runs. */
export function contextOf(command: Command): Context {
  // Every command is below the program, which defines these.
  const options = command.optsWithGlobals<GlobalOptions>();
  const home = resolve(options.home ?? defaultHome());
  return {
    home,
    configFile: resolve(options.configuration ?? configurationVariable() ?? join(home, "medex.config.json")),
    vaults: join(home, "vaults"),
    output: createOutput(options.json ?? false, options.field),
    ...(options.as !== undefined && { as: options.as }),
    ...(options.passphraseFile !== undefined && { passphraseFile: options.passphraseFile }),
  };
}

/** Adds examples to a command's help. */
export function withExamples(command: Command, ...examples: readonly string[]): Command {
  const title = examples.length === 1 ? "Example" : "Examples";
  return command.addHelpText("after", `\n${title}:\n${examples.map((example) => `  $ ${example}`).join("\n")}`);
}

/** Parses an id on the command line. */
export function parseId(value: string): `0x${string}` {
  if (!/^0x[0-9a-fA-F]{64}$/.test(value))
    throw new InvalidArgumentError("must be an id: 0x and 64 hexadecimal digits.");
  return value.toLowerCase() as `0x${string}`; // just matched
}

/** Parses what names a record or request on the command line: an id, the beginning of one, a name, or `latest`. */
export const parseReferenceTo =
  (what: "record" | "request") =>
  (value: string): string => {
    try {
      return parseReference(what, value);
    } catch (error) {
      throw MedexError.is(error) ? new InvalidArgumentError(error.message) : error;
    }
  };

/** What to give for a record or request, for the help. */
export const REFERENCE = "its id, or how it begins, its name, or latest";

/** Parses what a hospital or a member is called. Its hash is its id, so what is easily mistyped is not taken. */
export function parsePseudonym(value: string): string {
  if (value.trim() === "") throw new InvalidArgumentError("a pseudonym must not be empty.");
  if (value.trim() !== value) throw new InvalidArgumentError("a pseudonym must not begin or end with a space.");
  return value;
}

/** Parses a whole number on the command line. */
export function parseCount(value: string): number {
  if (!/^[0-9]{1,9}$/.test(value)) throw new InvalidArgumentError("must be a whole number.");
  return Number(value);
}

/** For options that name a TCP port; 0 lets the system choose. */
export function parsePort(value: string): number {
  const port = parseCount(value);
  if (port > 65_535) throw new InvalidArgumentError("must be a port, from 0 to 65535.");
  return port;
}
