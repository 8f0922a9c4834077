import { Command } from "commander";
import { contextOf, parsePort } from "../context.ts";
import type { AppCommandOptions } from "./serve.ts";

/** `medex app`. */
export function appCommand(): Command {
  return new Command("app")
    .description(
      "Serve the app for patients, doctors and auditors to browsers of this machine, over the configured network.",
    )
    .option("--port <port>", "the port to listen on; 0 lets the system choose", parsePort, 8300)
    .option("--hospital", "for a hospital's staff, too: with the hospital's vault, whose key stays in this process")
    .action(async (options: AppCommandOptions, command: Command) =>
      (await import("./serve.ts")).serveApp(contextOf(command), options),
    );
}
