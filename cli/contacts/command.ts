import { Command } from "commander";
import { contextOf, parsePseudonym } from "../context.ts";

/** `medex contacts`: an address book. */
export function contactsCommand(): Command {
  return new Command("contacts")
    .description("Keep an address book: names for the people whose ids are on the chains.")
    .addCommand(
      new Command("list")
        .description(
          "List the people whom you have named, and the hospitals of the configuration, with their standing.",
        )
        .action(async (_options, command: Command) => (await import("./contacts.ts")).list(contextOf(command))),
    )
    .addCommand(
      new Command("add")
        .description("Name a person who has told you their pseudonym. It is checked against the chains.")
        .argument("<hospital>", "the pseudonym of their hospital", parsePseudonym)
        .argument("<pseudonym>", "what the hospital calls them", parsePseudonym)
        .option("--name <name>", "what you call them (default: the pseudonym)")
        .addHelpText("after", "\nNames are kept in your home folder, encrypted; nobody else sees them.")
        .action(async (hospital: string, pseudonym: string, options: { name?: string }, command: Command) =>
          (await import("./contacts.ts")).add(contextOf(command), { hospital, pseudonym, ...options }),
        ),
    )
    .addCommand(
      new Command("remove")
        .description("Forget a person's name.")
        .argument("<person>", "their name, or the beginning of their id")
        .action(async (person: string, _options, command: Command) =>
          (await import("./contacts.ts")).remove(contextOf(command), person),
        ),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ medex contacts add "Hospital B" doctor-0815 --name "Dr. Dora Quist"
  $ medex contacts list`,
    );
}
