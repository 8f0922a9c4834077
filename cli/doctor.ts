import { Command } from "commander";
import { contextOf } from "./context.ts";

/** `medex doctor`. */
export function doctorCommand(): Command {
  return new Command("doctor")
    .description("Check this machine and every configured service, and say what is wrong and what to do.")
    .addHelpText("after", "\nNeeds no passphrase. The exit code is 1 when anything is wrong.")
    .action(async (_options, command: Command) => (await import("./health/examine.ts")).examine(contextOf(command)));
}
