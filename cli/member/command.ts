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
      new Command("invite")
        .description("Write a signed file with which a patient or doctor joins, once. For the operator.")
        .argument("<pseudonym>", "what the hospital calls the member; its hash is on chain", parsePseudonym)
        .option("--days <count>", "days until the member's certificate expires", parseCount, 365)
        .option("--hours <count>", "hours until the invite expires", parseCount, 72)
        .option("--ether <amount>", "what the hospital gives the member's account to pay for transactions with", "0")
        .option("--output <file>", "the file (default: <pseudonym>.invite.json)")
        .addHelpText(
          "after",
          "\nIt carries the network's configuration, the hospital's address, and the promise of a certificate; the member needs nothing else.",
        )
        .action(async (pseudonym: string, options, command: Command) =>
          (await import("./invite.ts")).inviteMember(contextOf(command), pseudonym, options),
        ),
    )
    .addCommand(
      new Command("join")
        .description("Join a hospital with its invite, or one that has enrolled you. For patients and doctors.")
        .argument(
          "<invite>",
          "the file that the hospital gave you; or the hospital's pseudonym, if it has enrolled your account",
        )
        .argument("[pseudonym]", "without an invite: what the hospital calls you", parsePseudonym)
        .option("--vault <name>", "with an invite: the name of your new vault (default: made from the pseudonym)")
        .addHelpText(
          "after",
          "\nWith an invite this makes your vault and the configuration, too. The hospital's firewall, and the hospital, must be up.",
        )
        .action(async (first: string, pseudonym: string | undefined, options: { vault?: string }, command: Command) => {
          const context = contextOf(command);
          if (pseudonym === undefined) {
            await (await import("./join-invite.ts")).joinByInvite(context, first, options);
          } else {
            await (await import("./membership.ts")).joinHospital(context, parsePseudonym(first), pseudonym);
          }
        }),
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
  $ medex member invite patient-4711                (the hospital's operator)
  $ medex member join patient-4711.invite.json      (the patient)
  $ medex member show "Hospital A" patient-4711`,
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
