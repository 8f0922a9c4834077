import { Command, InvalidArgumentError, Option } from "commander";
import { contextOf, parseId } from "../context.ts";
import { addFilterOptions } from "./filter-options.ts";
import { type ExportOptions, FORMATS } from "./formats.ts";
import type { ReceiptVerifyOptions, ReceiptWriteOptions } from "./receipt.ts";
import type { WitnessCreateOptions, WitnessSignOptions, WitnessVerifyOptions } from "./witness.ts";

/** `medex audit`. */
export function auditCommand(): Command {
  return new Command("audit")
    .description("Read the access history of both chains, and verify it.")
    .addCommand(replayCommand())
    .addCommand(verifyCommand())
    .addCommand(exportCommand())
    .addCommand(mineCommand())
    .addCommand(receiptCommand())
    .addCommand(witnessCommand())
    .addHelpText(
      "after",
      `
Only mine needs a vault; receipt verify, witness create and witness verify need nothing but their files. The others need the chains of the configuration; verify and the html export need IPFS and the Tangle, too. What was
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
    .addOption(
      new Option(
        "--partials",
        "fetch the partials of every grant and what relayers dispute, and compute them again: who of relayers and hospitals was wrong",
      ).conflicts("skipStorage"),
    )
    .option("--skip-storage", "do not fetch from IPFS and the Tangle")
    .option("--receipts <folder>", "receipts that people kept, to be held against the ledgers")
    .option("--afresh", "check again what an earlier run had proven, too")
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

function receiptCommand(): Command {
  return new Command("receipt")
    .description("Write and check receipts: proofs of one decision that need no chain.")
    .addCommand(
      new Command("write")
        .description(
          "Write the receipt of a request: its ledger entries, and the proof that a checkpointed ledger has them.",
        )
        .argument("<request>", "the request's id", parseId)
        .option("--output <file>", "write to this new file, with mode 600 (default: standard output)")
        .option(
          "--note <file>",
          "prove it by this cosigned checkpoint (default: by the longest that the other chain keeps)",
        )
        .option("--force", "replace an existing file")
        .addHelpText("after", "\nThe word write may be left out.")
        .action(async (request: `0x${string}`, options: ReceiptWriteOptions, command: Command) =>
          (await import("./receipt.ts")).writeReceipt(contextOf(command), request, options),
        ),
      { isDefault: true },
    )
    .addCommand(
      new Command("verify")
        .description("Check a receipt offline, by what you trust: the ledger's root, or witnesses who cosigned it.")
        .argument("<file>", "the receipt")
        .option(
          "--root <root>",
          "the ledger's root at the receipt's checkpoint, as you know it from a source of your own",
          parseId,
        )
        .option("--witness <key...>", "a witness's key: all that are given must have cosigned the checkpoint")
        .action(async (file: string, options: ReceiptVerifyOptions, command: Command) =>
          (await import("./receipt.ts")).checkReceipt(contextOf(command), file, options),
        ),
    );
}

function witnessCommand(): Command {
  return new Command("witness")
    .description("Cosign how long the ledgers are, so that nobody can show them otherwise later (C2SP signed notes).")
    .addCommand(
      new Command("create")
        .description("Make a witness's signing key, and print its public key.")
        .argument("<name>", "what the witness is called, e.g. witness.example/medexchain", parseWitnessName)
        .requiredOption("--output <file>", "the new key file, with mode 600")
        .action(async (name: string, options: WitnessCreateOptions, command: Command) =>
          (await import("./witness.ts")).createWitness(contextOf(command), name, options),
        ),
    )
    .addCommand(
      new Command("sign")
        .description("Read a chain's ledger, and cosign it if it begins with what was cosigned before.")
        .argument("<network>", "the chain's name in the configuration")
        .requiredOption("--key <file>", "the witness's key file; what was cosigned is kept beside it")
        .requiredOption("--output <file>", "where the note goes; an existing file is replaced")
        .option("--note <file>", "add to this note of another witness, instead of making one")
        .action(async (network: string, options: WitnessSignOptions, command: Command) =>
          (await import("./witness.ts")).signNote(contextOf(command), network, options),
        ),
    )
    .addCommand(
      new Command("verify")
        .description("Check who cosigned a checkpoint.")
        .argument("<file>", "the note")
        .requiredOption("--witness <key...>", "a witness's key: all that are given must have cosigned it")
        .action(async (file: string, options: WitnessVerifyOptions, command: Command) =>
          (await import("./witness.ts")).checkNote(contextOf(command), file, options),
        ),
    );
}

function parseWitnessName(value: string): string {
  if (value === "" || /[\s+]/.test(value)) throw new InvalidArgumentError("must have no space and no plus.");
  return value;
}
