import { Command } from "commander";
import { contextOf, parseCount, parsePseudonym } from "../context.ts";

/** `medex member`. */
export function memberCommand(): Command {
  return new Command("member")
    .description("Enrol patients and doctors, and see and change their standing.")
    .addCommand(
      new Command("enrol")
        .description("Enrol a member on the hospital's chain, or renew the certificate. For the operator.")
        .argument("<pseudonym>", "what the hospital calls the member; its hash is on chain", parsePseudonym)
        .requiredOption("--account <address>", "the member's account, from its `medex keys create`")
        .option("--days <count>", "days until the certificate expires", parseCount, 365)
        .action(async (pseudonym: string, options, command: Command) =>
          (await import("./membership.ts")).enrolMember(contextOf(command), pseudonym, options),
        ),
    )
    .addCommand(
      new Command("join")
        .description("Join the hospital that has enrolled you. For patients and doctors.")
        .argument("<hospital>", "its pseudonym", parsePseudonym)
        .argument("<pseudonym>", "what it calls you", parsePseudonym)
        .addHelpText("after", "\nThis makes a doctor's keys, for which the hospital's gateway must be running.")
        .action(async (hospital: string, pseudonym: string, _options, command: Command) =>
          (await import("./membership.ts")).joinHospital(contextOf(command), hospital, pseudonym),
        ),
    )
    .addCommand(
      new Command("import")
        .description(
          "Copy a member's certificate to another chain. Relayers do this for everyone who requests a record.",
        )
        .argument("<hospital>", "its pseudonym", parsePseudonym)
        .argument("<pseudonym>", "the member's", parsePseudonym)
        .requiredOption("--to <chain>", "the chain to copy it to")
        .addHelpText(
          "after",
          "\nAnyone who can pay for a transaction there can do this: --as names the vault whose account pays.",
        )
        .action(async (hospital: string, pseudonym: string, options, command: Command) =>
          (await import("./membership.ts")).importMember(contextOf(command), hospital, pseudonym, options),
        ),
    )
    .addCommand(
      new Command("show")
        .description("Show what each chain says about a member.")
        .argument("<hospital>", "its pseudonym", parsePseudonym)
        .argument("<pseudonym>", "the member's", parsePseudonym)
        .action(async (hospital: string, pseudonym: string, _options, command: Command) =>
          (await import("./membership.ts")).showMember(contextOf(command), hospital, pseudonym),
        ),
    )
    .addCommand(standing("suspend", "Suspend a member on the hospital's chain: they cannot act. For the operator."))
    .addCommand(standing("reinstate", "End a suspension. For the operator."))
    .addHelpText(
      "after",
      `
Examples:
  $ medex member enrol patient-1 --account 0x…      (the hospital's operator)
  $ medex member join "Hospital A" patient-1        (the patient)
  $ medex member show "Hospital A" patient-1`,
    );
}

function standing(verb: "suspend" | "reinstate", description: string): Command {
  return new Command(verb)
    .description(description)
    .argument("<pseudonym>", "the member's", parsePseudonym)
    .action(async (pseudonym: string, _options, command: Command) =>
      (await import("./membership.ts")).changeMember(contextOf(command), verb, pseudonym),
    );
}
