import { Command } from "commander";
import { contextOf, parseCount, parsePseudonym } from "../context.ts";

/** `medex member`. */
export function memberCommand(): Command {
  return new Command("member")
    .description("Enrol patients and doctors, and see and change their standing.")
    .addCommand(
      new Command("enrol")
        .description("Certify a member's account and enrol it on the hospital's chain, or renew it. By the operator.")
        .argument("<pseudonym>", "what the hospital calls the member; its hash is on chain", parsePseudonym)
        .requiredOption("--account <address>", "the member's account, from its `medex keys create`")
        .option("--days <count>", "how long the certificate is good", parseCount, 365)
        .action(async (pseudonym: string, options, command: Command) =>
          (await import("./membership.ts")).enrolMember(contextOf(command), pseudonym, options),
        ),
    )
    .addCommand(
      new Command("join")
        .description("Complete an enrolment: by the patient or doctor, whom the hospital has enrolled.")
        .argument("<hospital>", "its pseudonym", parsePseudonym)
        .argument("<pseudonym>", "what it calls you", parsePseudonym)
        .addHelpText("after", "\nA doctor's keys are made here: the hospital's gateway must be up.")
        .action(async (hospital: string, pseudonym: string, _options, command: Command) =>
          (await import("./membership.ts")).joinHospital(contextOf(command), hospital, pseudonym),
        ),
    )
    .addCommand(
      new Command("import")
        .description("Carry a member's certificate to another chain. Relayers do it for whoever asks for a record.")
        .argument("<hospital>", "its pseudonym", parsePseudonym)
        .argument("<pseudonym>", "the member's", parsePseudonym)
        .requiredOption("--to <chain>", "where the member is to be known")
        .addHelpText(
          "after",
          "\nAnyone with some of the chain's currency may do it: --as names the vault whose account pays.",
        )
        .action(async (hospital: string, pseudonym: string, options, command: Command) =>
          (await import("./membership.ts")).importMember(contextOf(command), hospital, pseudonym, options),
        ),
    )
    .addCommand(
      new Command("show")
        .description("What the chains say of a member.")
        .argument("<hospital>", "its pseudonym", parsePseudonym)
        .argument("<pseudonym>", "the member's", parsePseudonym)
        .action(async (hospital: string, pseudonym: string, _options, command: Command) =>
          (await import("./membership.ts")).showMember(contextOf(command), hospital, pseudonym),
        ),
    )
    .addCommand(standing("suspend", "Take from a member the power to act, on the hospital's chain. By the operator."))
    .addCommand(standing("reinstate", "End a suspension. By the operator."))
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
