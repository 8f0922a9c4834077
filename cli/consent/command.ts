import { Command } from "commander";
import { contextOf, parseCount } from "../context.ts";

/** `medex consent`. */
export function consentCommand(): Command {
  return new Command("consent")
    .description("Let your device approve requests that a FHIR Consent covers, with you not at hand. For patients.")
    .addCommand(
      new Command("sign")
        .description("See what a FHIR Consent (R4, JSON) would let your device approve, and sign it.")
        .argument("<file>", "the Consent")
        .requiredOption("--count <count>", "how often access is granted by it, to all recipients together", parseCount)
        .option("--yes", "sign without being asked; needed where nobody is at a terminal")
        .action(async (file: string, options, command: Command) =>
          (await import("./sign.ts")).sign(contextOf(command), file, options),
        ),
    )
    .addCommand(
      new Command("list")
        .description("List the consents that you gave.")
        .action(async (_options, command: Command) => (await import("./list.ts")).list(contextOf(command))),
    )
    .addCommand(
      new Command("revoke")
        .description("End a consent, and take back what was approved by it and is not granted yet.")
        .argument("<consent>", "its id, or how it begins, or latest")
        .action(async (reference: string, _options, command: Command) =>
          (await import("./list.ts")).revoke(contextOf(command), reference),
        ),
    )
    .addCommand(
      new Command("serve")
        .description("Approve what your consents cover, as requests arrive, until interrupted.")
        .option("--every <seconds>", "how long to wait between two looks", parseCount, 10)
        .option("--once", "look once, and end")
        .addHelpText(
          "after",
          `
It runs with your vault, on your device or wherever you trust with it. Whatever no consent covers waits for you, as without it.`,
        )
        .action(async (options, command: Command) => (await import("./serve.ts")).serve(contextOf(command), options)),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ medex consent sign consent.json --count 20   (shows it in words, and asks)
  $ medex consent serve                          (answers at once from then on)
  $ medex consent revoke latest`,
    );
}
