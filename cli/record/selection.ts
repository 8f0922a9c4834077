import { existsSync } from "node:fs";
import type { Command } from "commander";
import { Option } from "commander";
import { WrongUse } from "../output/wrong-use.ts";
import { FORMATS } from "./formats.ts";
import { readInput } from "./read-input.ts";

/** The options that say what is private, of `publish` and `preview`. */
export interface SelectionOptions {
  readonly format?: keyof typeof FORMATS;
  /** `number=unit` */
  readonly numeric?: readonly string[];
  readonly private?: readonly string[];
  /** The name of a ready policy, or a file. */
  readonly policy?: string;
  readonly allowPublic?: readonly string[];
}

/** What the options say, together. */
export interface Selection {
  readonly selectors: readonly string[];
  /** Units by column, or by FHIRPath. */
  readonly numeric: Readonly<Record<string, string>>;
  readonly allowPublic: readonly string[];
}

/** Adds those options to a command. */
export function addSelectionOptions(command: Command): Command {
  return command
    .option(
      "--private <selector...>",
      "what is private: FHIRPath; columns of a table; ranges of bytes such as 0-1023 or 4096-; or a ready policy's name",
    )
    .option(
      "--policy <name>",
      'a ready policy (identifiers, research, vitals-only, dicom), or a file: {"private": [...], "numeric": {number: unit}}',
    )
    .option(
      "--allow-public <place...>",
      "a public place that may show a private value, when you know that it is harmless there",
    )
    .option(
      "--numeric <number=unit...>",
      "numbers for computing, with their UCUM units: columns of a table, FHIRPath of FHIR",
    )
    .addOption(
      new Option(
        "--format <name>",
        "the file's format (default: by its content and name); binary takes any file as bytes",
      ).choices(Object.keys(FORMATS)),
    );
}

/**
 * Reads the options, and the policy file if there is one.
 *
 * @throws POLICY_INVALID nothing is marked as private (exit code 2), or the file is no policy
 * @throws INPUT_INVALID `--policy` is neither a ready policy nor a file; `--numeric` without a unit
 */
export async function readSelection(options: SelectionOptions): Promise<Selection> {
  const { allowPublic = [], policy } = options;
  const selectors = [...(options.private ?? [])];
  const units = unitsOf(options.numeric ?? []);
  if (policy === undefined) {
    if (selectors.length > 0) return { selectors, numeric: units, allowPublic };
    throw new WrongUse(
      "nothing is marked as private: give --policy with a ready policy, such as identifiers, or a file; or --private with FHIRPath, column names or byte ranges",
      "POLICY_INVALID",
    );
  }
  const { POLICY_NAMES, parsePolicy } = await import("@medexchain/sfe");
  if (POLICY_NAMES.some((name) => name === policy)) {
    return { selectors: [...selectors, policy], numeric: units, allowPublic };
  }
  if (!existsSync(policy)) {
    throw new WrongUse(`--policy ${policy} is neither a file nor a ready policy: ${POLICY_NAMES.join(", ")}`);
  }
  const file = parsePolicy((await readInput(policy)).toString("utf8"));
  return { selectors: [...selectors, ...file.private], numeric: { ...file.numeric, ...units }, allowPublic };
}

/** Units of `number=unit`. The last equals sign divides them: a column's name may hold one, and so may FHIRPath. */
function unitsOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.lastIndexOf("=");
      if (at < 1 || at === pair.length - 1) {
        throw new WrongUse(`--numeric ${JSON.stringify(pair)} must be number=unit, e.g. chol=mg/dL`);
      }
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}
