#!/usr/bin/env node
import { existsSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { join } from "node:path";
import { Command } from "commander";
import { accessCommand } from "./access.ts";
import { auditCommand } from "./audit/command.ts";
import { addGlobalOptions } from "./context.ts";
import { demoCommand } from "./demo/command.ts";
import { deployCommand } from "./deploy.ts";
import { devnetCommand } from "./devnet/command.ts";
import { doctorCommand } from "./doctor.ts";
import { defaultHome } from "./environment.ts";
import { hospitalCommand } from "./hospital/command.ts";
import { keysCommand } from "./keys.ts";
import { memberCommand } from "./member.ts";
import { recordCommand } from "./record.ts";
import { relayerCommand } from "./relayer.ts";
import { EXIT_CODES, reportError } from "./report-error.ts";

// Halves the time to start. In a folder of the person's own: from a shared one, others' code would run.
if (existsSync(defaultHome())) enableCompileCache(join(defaultHome(), "cache"));

const program = addGlobalOptions(new Command("medex"))
  .description("Share encrypted health records between hospitals on different blockchains.")
  .addCommand(keysCommand())
  .addCommand(hospitalCommand())
  .addCommand(memberCommand())
  .addCommand(recordCommand())
  .addCommand(accessCommand())
  .addCommand(auditCommand())
  .addCommand(doctorCommand())
  .addCommand(devnetCommand())
  .addCommand(deployCommand())
  .addCommand(relayerCommand())
  .addCommand(demoCommand())
  .addHelpText("after", EXIT_CODES);
setUp(program);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = reportError(error, program.opts().json === true);
}

/** What commander does not hand down to commands that were built on their own. */
function setUp(command: Command): void {
  command.exitOverride().showHelpAfterError("(add --help for the options and examples)");
  command.configureHelp({ showGlobalOptions: true });
  for (const child of command.commands) setUp(child);
}
