#!/usr/bin/env node
import { Command } from "commander";
import { demoCommand } from "./demo/command.ts";
import { deployCommand } from "./deploy.ts";
import { devnetCommand } from "./devnet.ts";
import { reportError } from "./report-error.ts";

const program = new Command("medex")
  .description("Share encrypted health records between hospitals on different blockchains.")
  .showHelpAfterError("(add --help for the options and examples)")
  .addCommand(demoCommand())
  .addCommand(deployCommand())
  .addCommand(devnetCommand());

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = reportError(error);
}
