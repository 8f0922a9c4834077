import { Command, Option } from "commander";
import { contextOf } from "../context.ts";
import type { ExportOptions } from "./export.ts";
import { addFilterOptions } from "./filter-options.ts";

/** `medex audit`. */
export function auditCommand(): Command {
  return new Command("audit")
    .description("Replay and check who had access to what, from both chains.")
    .addCommand(exportCommand())
    .addCommand(mineCommand())
    .addHelpText(
      "after",
      `
Examples:
  $ medex audit mine                                        (a patient: who asked for my records)
  $ medex audit export --format csv --output accesses.csv
  $ medex audit export --format fhir --hospital "Hospital A" --since 2026-01-01 --output bundle.json
  $ medex audit export --format html --output audit.html    (a page for a browser; needs no network)`,
    );
}

function exportCommand(): Command {
  const command = new Command("export")
    .description("Write the access history for people or other programs.")
    .addOption(
      new Option("--format <format>", "csv, json, FHIR R4 AuditEvents and Consents, or a page")
        .choices(["csv", "json", "fhir", "html"])
        .makeOptionMandatory(),
    )
    .option("--ndjson", "json, fhir: an entry or resource a line")
    .option("--output <file>", "a new file, made with mode 600 (default: standard output)")
    .option("--force", "replace a file that is there")
    .option("--skip-storage", "html: do not look for the fragments on IPFS and the Tangle");
  return addFilterOptions(command).action(async (options: ExportOptions, self: Command) =>
    (await import("./export.ts")).exportHistory(contextOf(self), options),
  );
}

function mineCommand(): Command {
  return new Command("mine")
    .description("Who asked for my records, who opened them, and what they have left. By the patient.")
    .action(async (_options, command: Command) => (await import("./mine.ts")).mine(contextOf(command)));
}
