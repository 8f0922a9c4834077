import { Command, Option } from "commander";
import { contextOf } from "../context.ts";
import { addFilterOptions } from "./filter-options.ts";
import { type ExportOptions, FORMATS } from "./formats.ts";

/** `medex audit`. */
export function auditCommand(): Command {
  return new Command("audit")
    .description("Read the access history of both chains, and verify it.")
    .addCommand(replayCommand())
    .addCommand(verifyCommand())
    .addCommand(exportCommand())
    .addCommand(mineCommand())
    .addHelpText(
      "after",
      `
Only mine needs a vault. The others need the chains of the configuration; verify and the html export need IPFS and the Tangle, too. What was
read is kept in the folder audit of the home folder, so that the next run reads only what is new; you can delete that folder at any time.
docs/audit.md lists the findings.`,
    );
}

function replayCommand(): Command {
  return addFilterOptions(new Command("replay"))
    .description("Print who requested which record, what was decided, and how it ended on both chains.")
    .option("--forget", "read the chains from the start; what was read before is kept aside, as evidence")
    .addHelpText("after", "\nWith --json, one object per line.")
    .action(async (options, command: Command) => (await import("./replay.ts")).replay(contextOf(command), options));
}

function verifyCommand(): Command {
  return new Command("verify")
    .description("Check everything that the chains say by computing it again, and list what is wrong.")
    .option(
      "--witness <network=url...>",
      "a second node of a chain, run by another operator (or audit.witnesses in the configuration)",
    )
    .option("--fragments <folder>", "an owner's encrypted private fragments, to compare with what was anchored")
    .option("--skip-storage", "do not fetch from IPFS and the Tangle")
    .option("--forget", "read the chains from the start; what was read before is kept aside, as evidence")
    .addHelpText(
      "after",
      "\nThe exit code is 0 only if nothing is wrong and nothing was left unchecked. Warnings and notices are listed, and do not change it.",
    )
    .action(async (options, command: Command) => (await import("./verify.ts")).verify(contextOf(command), options));
}

function exportCommand(): Command {
  return addFilterOptions(new Command("export"))
    .description("Export the access history for people or other programs.")
    .addOption(
      new Option("--format <format>", "csv; json; fhir: R4 AuditEvents and Consents; html: a page, with the verdict")
        .choices(FORMATS)
        .makeOptionMandatory(),
    )
    .option("--ndjson", "json, fhir: one request or resource per line")
    .option("--output <file>", "write to this new file, with mode 600 (default: standard output)")
    .option("--force", "replace an existing file")
    .option("--skip-storage", "html: do not check what is on IPFS and the Tangle")
    .addHelpText(
      "after",
      "\nWith html everything is verified, the page is written whatever is found, and the exit code is that of medex audit verify. The other formats verify nothing.",
    )
    .action(async (options: ExportOptions, command: Command) =>
      (await import("./export.ts")).exportHistory(contextOf(command), options),
    );
}

function mineCommand(): Command {
  return new Command("mine")
    .description(
      "Show who requested my records, who opened them, and how many accesses they have left. For the patient.",
    )
    .action(async (_options, command: Command) => (await import("./mine.ts")).mine(contextOf(command)));
}
