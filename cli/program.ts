import { join } from "node:path";
import { packageRoot, packageVersion } from "@medexchain/devnet/package-root";
import { Command } from "commander";
import { accessCommand } from "./access/command.ts";
import { appCommand } from "./app/command.ts";
import { auditCommand } from "./audit/command.ts";
import { checkCommand } from "./check/command.ts";
import { addCompletion } from "./completion.ts";
import { consentCommand } from "./consent/command.ts";
import { contactsCommand } from "./contacts/command.ts";
import { addGlobalOptions, withExamples } from "./context.ts";
import { demoCommand } from "./demo/command.ts";
import { deployCommand } from "./deploy/command.ts";
import { devnetCommand } from "./devnet/command.ts";
import { EXAMPLES } from "./examples.ts";
import { fhirCommand } from "./fhir/command.ts";
import { firewallCommand } from "./firewall/command.ts";
import { hospitalCommand } from "./hospital/command.ts";
import { keysCommand } from "./keys/command.ts";
import { memberCommand } from "./member/command.ts";
import { EXIT_CODES } from "./output/report-error.ts";
import { recordCommand } from "./record/command.ts";
import { relayerCommand } from "./relayer/command.ts";
import { studyCommand } from "./study/command.ts";

/** The command with everything below it. Nothing runs before it is given arguments. */
export function createProgram(): Command {
  const program = addGlobalOptions(new Command("medex"))
    .description("Share encrypted health records between hospitals on different blockchains.")
    .version(packageVersion(), "-V, --version", "show the version")
    .addCommand(keysCommand())
    .addCommand(hospitalCommand())
    .addCommand(firewallCommand())
    .addCommand(memberCommand())
    .addCommand(recordCommand())
    .addCommand(accessCommand())
    .addCommand(consentCommand())
    .addCommand(studyCommand())
    .addCommand(appCommand())
    .addCommand(contactsCommand())
    .addCommand(fhirCommand())
    .addCommand(auditCommand())
    .addCommand(checkCommand())
    .addCommand(checkCommand("doctor"), { hidden: true })
    .addCommand(devnetCommand())
    .addCommand(deployCommand())
    .addCommand(relayerCommand())
    .addCommand(demoCommand());
  withExamples(program, "medex demo", "medex devnet up --detach", "medex check", "medex record publish --help");
  program.addHelpText(
    "after",
    `${EXIT_CODES}

Step by step, for each person: ${join(packageRoot(), "docs/README.md")}`,
  );
  addCompletion(program);
  setUp(program, program, []);
  return program;
}

/** Whether a program asks: then errors are JSON, too. */
export function wantsJson(program: Command): boolean {
  const { json, field } = program.opts<{ json?: boolean; field?: string }>();
  return json === true || field !== undefined;
}

/** What commander does not hand down to commands that were built on their own, and examples. */
function setUp(program: Command, command: Command, path: readonly string[]): void {
  command.exitOverride().showHelpAfterError("(add --help for the options and examples)");
  // What commander says of wrong use is for people; `reportError` tells programs.
  command.configureOutput({
    writeErr: (text) => {
      if (!wantsJson(program)) process.stderr.write(text);
    },
  });
  command.configureHelp({ showGlobalOptions: true });
  const examples = EXAMPLES[path.join(" ")];
  if (examples !== undefined) withExamples(command, ...examples);
  for (const child of command.commands) setUp(program, child, [...path, child.name()]);
}
