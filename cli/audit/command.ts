import { Command, Option } from "commander";
import { contextOf } from "../context.ts";
import { addFilterOptions } from "./filter-options.ts";
import { type ExportOptions, FORMATS } from "./formats.ts";

/** `medex audit`. */
export function auditCommand(): Command {
  return new Command("audit")
    .description("Replay the access history of both chains, and prove it.")
    .addCommand(replayCommand())
    .addCommand(verifyCommand())
    .addCommand(exportCommand())
    .addCommand(mineCommand())
    .addHelpText(
      "after",
      `
Needs no vault, but for mine: only the configuration's chains, and for verify and the page its IPFS and Tangle. What was read is kept under the home folder's
audit, so that the next time only what is new is read; that folder can be deleted at any time. The findings' codes are in docs/audit.md.`,
    );
}

function replayCommand(): Command {
  return addFilterOptions(new Command("replay"))
    .description("Print who asked for which record, what was decided, and what became of it on both chains.")
    .option("--forget", "read the chains anew; what was read before stays beside, as evidence")
    .addHelpText("after", "\nWith --json, one object a line.")
    .action(async (options, command: Command) => (await import("./replay.ts")).replay(contextOf(command), options));
}

function verifyCommand(): Command {
  return new Command("verify")
    .description("Recompute everything that the chains say, and list what is wrong.")
    .option(
      "--witness <network=url...>",
      "a second node of a chain, of another operator (or audit.witnesses in the configuration)",
    )
    .option("--fragments <folder>", "an owner's encrypted private fragments, to compare with what was anchored")
    .option("--skip-storage", "do not fetch from IPFS and the Tangle")
    .option("--forget", "read the chains anew; what was read before stays beside, as evidence")
    .addHelpText(
      "after",
      "\nThe exit code is 0 only if nothing is wrong and nothing was left unchecked; warnings and notices are told and pass.",
    )
    .action(async (options, command: Command) => (await import("./verify.ts")).verify(contextOf(command), options));
}

function exportCommand(): Command {
  return addFilterOptions(new Command("export"))
    .description("Write the access history for people or other programs.")
    .addOption(
      new Option("--format <format>", "csv; json; fhir: R4 AuditEvents and Consents; html: a page, with the verdict")
        .choices(FORMATS)
        .makeOptionMandatory(),
    )
    .option("--ndjson", "json, fhir: a request or resource a line")
    .option("--output <file>", "a new file, made with mode 600 (default: standard output)")
    .option("--force", "replace a file that is there")
    .option("--skip-storage", "html: do not look for the fragments on IPFS and the Tangle")
    .addHelpText(
      "after",
      "\nThe page is written whatever the audit finds; its exit code is that of medex audit verify. The other formats verify nothing.",
    )
    .action(async (options: ExportOptions, command: Command) =>
      (await import("./export.ts")).exportHistory(contextOf(command), options),
    );
}

function mineCommand(): Command {
  return new Command("mine")
    .description("Who asked for my records, who opened them, and what they have left. By the patient.")
    .action(async (_options, command: Command) => (await import("./mine.ts")).mine(contextOf(command)));
}
