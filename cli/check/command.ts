import { Command } from "commander";
import { contextOf } from "../context.ts";

/** `medex check`. Its old name, `doctor`, still works: a doctor is a person here. */
export function checkCommand(name: "check" | "doctor" = "check"): Command {
  return new Command(name)
    .description("Check this machine and every configured service; report what is wrong and how to fix it.")
    .addHelpText("after", "\nNeeds no passphrase. The exit code is 1 if anything is wrong.")
    .action(async (_options, command: Command) => (await import("./examine.ts")).examine(contextOf(command)));
}
