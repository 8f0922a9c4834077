import { Command } from "commander";
import { contextOf, parsePort } from "../context.ts";

/** `medex firewall`. */
export function firewallCommand(): Command {
  return new Command("firewall")
    .description("Set up and serve a hospital's reverse firewall, on a machine of its own. For its keeper.")
    .addCommand(initCommand())
    .addCommand(serveCommand())
    .addCommand(splitCommand())
    .addHelpText(
      "after",
      `
Examples:
  $ medex firewall init hospital-a.offer.json
  $ medex firewall serve --port 8090 --hospital-url http://10.0.0.7:8091`,
    );
}

function initCommand(): Command {
  return new Command("init")
    .description("Create the firewall's vault for a hospital, and the answer to the hospital's offer.")
    .argument("<file>", "what `medex hospital init` wrote")
    .option("--vault <name>", "the name of the vault (default: made from the hospital's pseudonym, and -firewall)")
    .option("--answer <file>", "the file to write for the hospital (default: <vault>.answer.json)")
    .addHelpText(
      "after",
      "\nRun again, it writes the same answer; with an offer of new keys of the same hospital, another one.",
    )
    .action(async (file: string, options, command: Command) => {
      await (await import("./init.ts")).initFirewall(contextOf(command), file, options);
    });
}

function serveCommand(): Command {
  return new Command("serve")
    .description(
      "Serve the firewall to the hospital's members, and to them what the hospital issues, until interrupted.",
    )
    .option(
      "--host <address>",
      "the address to listen on; if it is not loopback, put a proxy with TLS in front",
      "127.0.0.1",
    )
    .option("--port <port>", "the port to listen on; 0 lets the system choose", parsePort, 8090)
    .option(
      "--hospital-url <url>",
      "where `medex hospital serve` is (default: the configuration's hospitals.<name>.service)",
    )
    .option(
      "--announce [url]",
      "write into the configuration where members reach it, for invites (default: where it listens)",
    )
    .addHelpText(
      "after",
      "\nRun one per hospital. Without the hospital it serves what needs no key of the hospital's: records are published, and approvals wait.",
    )
    .action(async (options, command: Command) => {
      await (await import("./serve.ts")).serveFirewall(contextOf(command), options);
    });
}

function splitCommand(): Command {
  return new Command("split")
    .description("Move a firewall whose vault is beside its hospital's to a machine of its own. For the operator.")
    .argument("<file>", "a new file, for the firewall's machine")
    .option("--firewall <vault>", "the firewall's vault (default: <hospital's vault>-firewall)")
    .option(
      "--firewall-passphrase-file <file>",
      "the passphrase that the firewall's vault has now, if it is not the hospital's",
    )
    .option("--new-passphrase-file <file>", "file of mode 600 with its new passphrase; otherwise you are asked for it")
    .addHelpText(
      "after",
      "\nMembers notice nothing: what they published stays open to them, and they find the new keys on the chains.",
    )
    .action(async (file: string, options, command: Command) => {
      await (await import("./split.ts")).splitFirewall(contextOf(command), file, options);
    });
}
