import { Command } from "commander";
import { contextOf, parsePort } from "../context.ts";

/** `medex app`. */
export function appCommand(): Command {
  return new Command("app")
    .description("Serve the app for patients and doctors to browsers of this machine, over the configured network.")
    .option("--port <port>", "the port to listen on; 0 lets the system choose", parsePort, 8300)
    .action(async (options: { readonly port: number }, command: Command) =>
      (await import("./serve.ts")).serveApp(contextOf(command), options),
    );
}
