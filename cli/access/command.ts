import { Command } from "commander";
import { contextOf, parseCount, parseReferenceTo, REFERENCE } from "../context.ts";
import { addServerOptions } from "../fhir/server-options.ts";
import { parseWatch, WATCH_DESCRIPTION, WATCH_OPTION, type WatchOptions } from "../output/watch.ts";

/** `medex access`. */
export function accessCommand(): Command {
  return new Command("access")
    .description("Request records, decide on requests, and open records that were granted.")
    .addCommand(
      new Command("request")
        .description("Request a record. For doctors.")
        .argument("<record>", "its id, or how it begins, or what you call it", parseReferenceTo("record"))
        .option("--purpose <code>", "why you need it: a code of HL7 v3 PurposeOfUse", "TREAT")
        .option("--lifetime <seconds>", "how long until the request expires; at most 30 days", parseCount, 3600)
        .option("--name <name>", "what you call the record; nobody else sees it")
        .option(
          "--output <file>",
          "wait for the answer, and write the record to this new file, as medex access open does",
        )
        .option("--wait <seconds>", "with --output: how long to wait for the answer", parseCount, 600)
        .action(async (reference: string, options, command: Command) =>
          (await import("./requests.ts")).request(contextOf(command), reference, options),
        ),
    )
    .addCommand(
      new Command("list")
        .description("List requests: for a patient, those for their records; for a doctor, their own.")
        .option(WATCH_OPTION, WATCH_DESCRIPTION, parseWatch)
        .action(async (options: WatchOptions, command: Command) =>
          (await import("./requests.ts")).list(contextOf(command), options),
        ),
    )
    .addCommand(
      new Command("approve")
        .description("See who asks for what, and approve the request, within the limits. For the patient.")
        .argument("<request>", REFERENCE, parseReferenceTo("request"))
        .option("--feature <name...>", "send only these private features (default: all)")
        .option("--yes", "approve without being asked; needed where nobody is at a terminal")
        .option(
          "--sign <file>",
          "sign the approval into this new file, for your hospital to carry, instead of sending it",
        )
        .option("--wait <seconds>", "how long to wait for a relayer to bring the request", parseCount, 0)
        .action(async (reference: string, options, command: Command) =>
          (await import("./decide.ts")).approve(contextOf(command), reference, options),
        ),
    )
    .addCommand(
      new Command("carry")
        .description(
          "Bring approvals that patients signed to the chain, in one transaction. For the hospital's operator.",
        )
        .argument("<file...>", "what medex access approve --sign wrote; up to 50")
        .action(async (files: string[], _options, command: Command) =>
          (await import("./carry.ts")).carry(contextOf(command), files),
        ),
    )
    .addCommand(
      new Command("deny")
        .description("Deny a request. For the patient.")
        .argument("<request>", REFERENCE, parseReferenceTo("request"))
        .option("--wait <seconds>", "how long to wait for a relayer to bring the request", parseCount, 0)
        .action(async (reference: string, options, command: Command) =>
          (await import("./decide.ts")).deny(contextOf(command), reference, options),
        ),
    )
    .addCommand(
      new Command("withdraw")
        .description("Take an approval back, until the request is granted. For the patient.")
        .argument("<request>", REFERENCE, parseReferenceTo("request"))
        .action(async (reference: string, _options, command: Command) =>
          (await import("./decide.ts")).withdraw(contextOf(command), reference),
        ),
    )
    .addCommand(
      new Command("reseal")
        .description("Seal an approval anew, to the relayers of now, where they have changed since. For the patient.")
        .argument("<request>", REFERENCE, parseReferenceTo("request"))
        .action(async (reference: string, _options, command: Command) =>
          (await import("./decide.ts")).reseal(contextOf(command), reference),
        ),
    )
    .addCommand(
      addServerOptions(
        new Command("open")
          .description("Fetch, verify and decrypt a granted record. For the doctor.")
          .argument("<request>", REFERENCE, parseReferenceTo("request"))
          .option(
            "--to <url>",
            "write it to this FHIR server (R4): one transaction of what it does not have yet, with Provenance",
          ),
      )
        .option("--output <file>", "write to this new file, with mode 600 (default: standard output)")
        .option("--wait <seconds>", "how long to wait for the answer", parseCount, 0)
        .addHelpText(
          "after",
          "\nNothing is written until everything is verified. What was verified is listed on standard error.",
        )
        .action(async (reference: string, options, command: Command) =>
          (await import("./open.ts")).open(contextOf(command), reference, options),
        ),
    )
    .addCommand(
      new Command("ack")
        .description("Record on chain whether the record opened. Can be done once. For the doctor.")
        .argument("<request>", REFERENCE, parseReferenceTo("request"))
        .option("--disputed", "it did not open, or is not the record it should be")
        .action(async (reference: string, options, command: Command) =>
          (await import("./open.ts")).acknowledge(contextOf(command), reference, options),
        ),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ medex access request 0x3f6a91c2 --name "Heart visits"   (the doctor)
  $ medex access approve latest                             (the patient; shows who asks for what, and asks)
  $ medex access open latest --wait 30 --output record.json
  $ medex access ack latest`,
    );
}
