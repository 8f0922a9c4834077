import { Command } from "commander";
import { contextOf, parseCount } from "../context.ts";

/** `medex devnet`. Without a verb it is `up`. */
export function devnetCommand(): Command {
  return new Command("devnet")
    .description("Run two chains, IPFS, a Tangle and a relayer on this machine.")
    .addCommand(
      new Command("up")
        .description("Start everything, write its configuration, and run until interrupted.")
        .option(
          "--directory <path>",
          "folder for the data of IPFS, the Tangle and the relayer (default: a temporary one)",
        )
        .option("--any-ports", "use ports that the system chooses")
        .option("--app", "found two hospitals, and serve the app for patients, doctors, staff and auditors")
        .option(
          "--hospitals",
          "register two hospitals, and write the invites with which medex hospital join founds them",
        )
        .option("--proven", "have validators seal the blocks, and each chain check the other by their seals")
        .option("--detach", "run in the background, until medex devnet down")
        .action(async (options, command: Command) => (await import("./up.ts")).devnetUp(contextOf(command), options)),
      { isDefault: true },
    )
    .addCommand(
      new Command("down")
        .description("Stop the devnet that `up` started with this home folder.")
        .action(async (_options, command: Command) => (await import("./down.ts")).devnetDown(contextOf(command))),
    )
    .addCommand(
      new Command("status")
        .description("Show whether the devnet of this home folder is running, and its URLs.")
        .action(async (_options, command: Command) => (await import("./down.ts")).devnetStatus(contextOf(command))),
    )
    .addCommand(
      new Command("fund")
        .description("Give an account of this devnet's chains 100 ether on each.")
        .argument("<address...>", "the accounts")
        .action(async (addresses: string[], _options, command: Command) =>
          (await import("./fund.ts")).devnetFund(contextOf(command), addresses),
        ),
    )
    .addCommand(
      new Command("advance")
        .description(
          "Move the clocks of this devnet's chains forward, so that nobody need wait for an end or a deadline.",
        )
        .argument("<seconds>", "by how much", parseCount)
        .action(async (seconds: number, _options, command: Command) =>
          (await import("./advance.ts")).devnetAdvance(contextOf(command), seconds),
        ),
    )
    .addHelpText(
      "after",
      "\nExamples:\n  $ medex devnet up --detach --hospitals\n  $ medex devnet fund 0x…\n  $ medex devnet advance 3600\n  $ medex devnet down",
    );
}
