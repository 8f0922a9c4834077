import { Command } from "commander";
import { contextOf, parseCount, parseId } from "../context.ts";

/** `medex access`. */
export function accessCommand(): Command {
  return new Command("access")
    .description("Request records, decide on requests, and open records that were granted.")
    .addCommand(
      new Command("request")
        .description("Request a record. For doctors.")
        .argument("<record>", "its id", parseId)
        .option("--purpose <code>", "why you need it: a code of HL7 v3 PurposeOfUse", "TREAT")
        .option("--lifetime <seconds>", "how long until the request expires; at most 30 days", parseCount, 3600)
        .action(async (id: `0x${string}`, options, command: Command) =>
          (await import("./requests.ts")).request(contextOf(command), id, options),
        ),
    )
    .addCommand(
      new Command("list")
        .description("List requests: for a patient, those for their records; for a doctor, their own.")
        .action(async (_options, command: Command) => (await import("./requests.ts")).list(contextOf(command))),
    )
    .addCommand(
      new Command("approve")
        .description("Approve a request, within the limits. For the patient.")
        .argument("<request>", "its id", parseId)
        .option("--feature <name...>", "send only these private features (default: all)")
        .option("--wait <seconds>", "how long to wait for a relayer to bring the request", parseCount, 0)
        .action(async (id: `0x${string}`, options, command: Command) =>
          (await import("./decide.ts")).approve(contextOf(command), id, options),
        ),
    )
    .addCommand(
      new Command("deny")
        .description("Deny a request. For the patient.")
        .argument("<request>", "its id", parseId)
        .option("--wait <seconds>", "how long to wait for a relayer to bring the request", parseCount, 0)
        .action(async (id: `0x${string}`, options, command: Command) =>
          (await import("./decide.ts")).deny(contextOf(command), id, options),
        ),
    )
    .addCommand(
      new Command("withdraw")
        .description("Take an approval back, until the request is granted. For the patient.")
        .argument("<request>", "its id", parseId)
        .action(async (id: `0x${string}`, _options, command: Command) =>
          (await import("./decide.ts")).withdraw(contextOf(command), id),
        ),
    )
    .addCommand(
      new Command("reseal")
        .description("Seal an approval anew, to the relayers of now, where they have changed since. For the patient.")
        .argument("<request>", "its id", parseId)
        .action(async (id: `0x${string}`, _options, command: Command) =>
          (await import("./decide.ts")).reseal(contextOf(command), id),
        ),
    )
    .addCommand(
      new Command("open")
        .description("Fetch, verify and decrypt a granted record. For the doctor.")
        .argument("<request>", "its id", parseId)
        .option("--output <file>", "write to this new file, with mode 600 (default: standard output)")
        .option("--wait <seconds>", "how long to wait for the answer", parseCount, 0)
        .addHelpText(
          "after",
          "\nNothing is written until everything is verified. What was verified is listed on standard error.",
        )
        .action(async (id: `0x${string}`, options, command: Command) =>
          (await import("./open.ts")).open(contextOf(command), id, options),
        ),
    )
    .addCommand(
      new Command("ack")
        .description("Record on chain whether the record opened. Can be done once. For the doctor.")
        .argument("<request>", "its id", parseId)
        .option("--disputed", "it did not open, or is not the record it should be")
        .action(async (id: `0x${string}`, options, command: Command) =>
          (await import("./open.ts")).acknowledge(contextOf(command), id, options),
        ),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ medex access request 0x…            (the doctor; prints the request's id)
  $ medex access approve 0x… --wait 30  (the patient)
  $ medex access open 0x… --wait 30 --output record.json
  $ medex access ack 0x…`,
    );
}
