import { Command, InvalidArgumentError, Option } from "commander";
import { contextOf, parseCount, parseId } from "../context.ts";
import { FORMATS } from "./formats.ts";

/** `medex record`. */
export function recordCommand(): Command {
  return new Command("record")
    .description("Publish, list, limit and revoke a patient's records.")
    .addCommand(
      new Command("publish")
        .description("Encrypt a record, store it, and anchor it on the hospital's chain.")
        .argument("<file>", "the record: FHIR R4 (JSON or NDJSON), CSV, or any other file; at most 16 MiB")
        .option(
          "--private <selector...>",
          "what is private: FHIRPath, or the word identifiers; columns of a CSV file; ranges of bytes such as 0-1023 or 4096-",
        )
        .option("--policy <file>", 'the same from a file: {"private": [...], "numeric": {column: unit}}')
        .addOption(
          new Option("--format <name>", "the format of the file (default: detected)").choices(Object.keys(FORMATS)),
        )
        .option("--numeric <column=unit...>", "CSV: columns of numbers for computing, with their UCUM units")
        .option("--limit <count>", "how many accesses one requester can be granted", parseCount, 1)
        .option("--profile <name>", "BFV parameters: compact, standard or compute", parseProfile)
        .addHelpText(
          "after",
          `
Examples:
  $ medex record publish patient.json --policy policy.json --limit 3
  $ medex record publish patient.json --private Patient.name Patient.birthDate
  $ medex record publish visits.csv --private name chol --numeric chol=mg/dL
  $ medex record publish image.png --format binary --private 0-`,
        )
        .action(async (file: string, options, command: Command) =>
          (await import("./records.ts")).publish(contextOf(command), file, options),
        ),
    )
    .addCommand(
      new Command("list")
        .description("List the patient's records.")
        .action(async (_options, command: Command) => (await import("./records.ts")).list(contextOf(command))),
    )
    .addCommand(
      new Command("show")
        .description("Show what the chain has of a record. Needs no vault.")
        .argument("<record>", "its id", parseId)
        .action(async (id: `0x${string}`, _options, command: Command) =>
          (await import("./records.ts")).show(contextOf(command), id),
        ),
    )
    .addCommand(
      new Command("revoke")
        .description("Revoke a record: no access is granted any more. This cannot be undone.")
        .argument("<record>", "its id", parseId)
        .action(async (id: `0x${string}`, _options, command: Command) =>
          (await import("./records.ts")).revoke(contextOf(command), id),
        ),
    )
    .addCommand(
      new Command("limit")
        .description("Set how many accesses to a record one requester can be granted.")
        .argument("<record>", "its id", parseId)
        .argument("<count>", "the record's limit", parseCount)
        .action(async (id: `0x${string}`, count: number, _options, command: Command) =>
          (await import("./records.ts")).limit(contextOf(command), id, count),
        ),
    );
}

function parseProfile(value: string): "compact" | "standard" | "compute" {
  if (value === "compact" || value === "standard" || value === "compute") return value;
  throw new InvalidArgumentError("must be compact, standard or compute.");
}
