import { Command } from "commander";
import { contextOf, parseCount, parseId } from "../context.ts";

/** `medex access`. */
export function accessCommand(): Command {
  return new Command("access")
    .description("Ask for records, decide on requests, and open what was granted.")
    .addCommand(
      new Command("request")
        .description("Ask for a record. By a doctor.")
        .argument("<record>", "its id", parseId)
        .option("--purpose <code>", "HL7 v3 PurposeOfUse", "TREAT")
        .option("--lifetime <seconds>", "until the request is dead, at most 30 days", parseCount, 3600)
        .action(async (id: `0x${string}`, options, command: Command) =>
          (await import("./requests.ts")).request(contextOf(command), id, options),
        ),
    )
    .addCommand(
      new Command("list")
        .description("A patient's: the requests for their records. A doctor's: their own requests.")
        .action(async (_options, command: Command) => (await import("./requests.ts")).list(contextOf(command))),
    )
    .addCommand(
      new Command("approve")
        .description("Let a doctor have a record, within the limits. By the patient.")
        .argument("<request>", "its id", parseId)
        .option("--feature <name...>", "only these private features (default: all)")
        .option("--wait <seconds>", "for a relayer to bring the request", parseCount, 0)
        .action(async (id: `0x${string}`, options, command: Command) =>
          (await import("./decide.ts")).approve(contextOf(command), id, options),
        ),
    )
    .addCommand(
      new Command("deny")
        .description("Deny a request. By the patient.")
        .argument("<request>", "its id", parseId)
        .option("--wait <seconds>", "for a relayer to bring the request", parseCount, 0)
        .action(async (id: `0x${string}`, options, command: Command) =>
          (await import("./decide.ts")).deny(contextOf(command), id, options),
        ),
    )
    .addCommand(
      new Command("open")
        .description("Fetch, verify and decrypt a granted record. By the doctor.")
        .argument("<request>", "its id", parseId)
        .option("--output <file>", "a new file, made with mode 600 (default: standard output)")
        .option("--wait <seconds>", "for the answer", parseCount, 0)
        .addHelpText(
          "after",
          "\nNothing is written before everything is verified; what was verified is told on standard error.",
        )
        .action(async (id: `0x${string}`, options, command: Command) =>
          (await import("./open.ts")).open(contextOf(command), id, options),
        ),
    )
    .addCommand(
      new Command("ack")
        .description("Say on chain whether the record opened, once. By the doctor.")
        .argument("<request>", "its id", parseId)
        .option("--disputed", "it did not open, or is not what it should be")
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
