import { Command } from "commander";
import { contextOf, parseCount, parsePseudonym } from "../context.ts";
import { writeConfig } from "../session/config.ts";

/** `medex hospital`. */
export function hospitalCommand(): Command {
  return new Command("hospital")
    .description("Found, register, limit and suspend hospitals, and serve a hospital to its members.")
    .addCommand(initCommand())
    .addCommand(registerCommand())
    .addCommand(addCommand())
    .addCommand(serveCommand())
    .addCommand(limitCommand())
    .addCommand(
      standingCommand("suspend", "Take from a hospital and all its members the power to act. By the registrar."),
    )
    .addCommand(standingCommand("reinstate", "End a suspension. By the registrar."))
    .addHelpText(
      "after",
      `
Examples:
  $ medex hospital init "Hospital A" --scheme ibe --chain chainA
  $ medex hospital register hospital-a.registration.json --registrar-key-file registrar.key
  $ medex hospital limit 10
  $ medex hospital serve --port 8090
  $ medex hospital add "Hospital A" --chain chainA --gateway http://127.0.0.1:8090`,
    );
}

function initCommand(): Command {
  return new Command("init")
    .description("Draw a hospital's and its firewall's secrets into two vaults, and publish its parameters.")
    .argument("<name>", "its pseudonym, of which the hash is its id", parsePseudonym)
    .requiredOption("--scheme <scheme>", "its users' keys: ibe (patients) or clc (doctors)")
    .requiredOption("--chain <name>", "the chain on which it enrols its members")
    .option(
      "--vault <name>",
      "the hospital's vault (default: after the name); the firewall's is called <vault>-firewall",
    )
    .option(
      "--firewall-passphrase-file <file>",
      "another passphrase for the firewall's vault, whose keeper is another person",
    )
    .option("--registration <file>", "where what a registrar needs is written (default: <vault>.registration.json)")
    .action(async (name: string, options, command: Command) => {
      await (await import("./init.ts")).initHospital(contextOf(command), name, options);
    });
}

function registerCommand(): Command {
  return new Command("register")
    .description("Register a hospital on the chains. By the chains' registrar.")
    .argument("<file>", "what `medex hospital init` wrote")
    .option("--chain <name...>", "only on these chains (default: all)")
    .option("--registrar-key-file <file>", "file of mode 600 with the registrar's private key (or MEDEX_REGISTRAR_KEY)")
    .option("--requests-per-hour <count>", "most requests that its doctors may file in an hour", parseCount, 600)
    .action(async (file: string, options, command: Command) => {
      await (await import("./register.ts")).registerHospital(contextOf(command), file, options);
    });
}

function addCommand(): Command {
  return new Command("add")
    .description("Write a hospital into the configuration of this machine.")
    .argument("<name>", "its pseudonym", parsePseudonym)
    .requiredOption("--chain <name>", "the chain on which it enrols its members")
    .option("--gateway <url>", "its gateway, for its own members")
    .action(async (name: string, options: { chain: string; gateway?: string }, command: Command) => {
      const { configFile, output } = contextOf(command);
      const { hospitalAddOutput } = await import("./outputs.ts");
      const entry = { chain: options.chain, ...(options.gateway !== undefined && { gateway: options.gateway }) };
      await writeConfig(configFile, [["hospitals", name], entry]);
      output.result(hospitalAddOutput, { name, ...entry }, () => output.line(`${name} is in ${configFile}.`));
    });
}

function serveCommand(): Command {
  return new Command("serve")
    .description("Serve key issuing and the reverse firewall to the hospital's own members, until interrupted.")
    .option(
      "--host <address>",
      "where to listen; put a proxy that ends TLS before any other than loopback",
      "127.0.0.1",
    )
    .option("--port <port>", "0 lets the system choose", parseCount, 8090)
    .option("--firewall <vault>", "the firewall's vault (default: <hospital's vault>-firewall)")
    .option("--firewall-passphrase-file <file>", "its passphrase, where it has another")
    .addHelpText(
      "after",
      "\nThe hospital's and the firewall's secrets are two vaults, for two keepers; one process serves both. Run one per hospital.",
    )
    .action(async (options, command: Command) => {
      await (await import("./serve.ts")).serveHospital(contextOf(command), options);
    });
}

function limitCommand(): Command {
  return new Command("limit")
    .description("Set how often one requester may be granted access to the hospital's records. By its operator.")
    .argument("<count>", "the paper's maxAccessCount", parseCount)
    .action(async (count: number, _options, command: Command) => {
      await (await import("./standing.ts")).limitHospital(contextOf(command), count);
    });
}

function standingCommand(verb: "suspend" | "reinstate", description: string): Command {
  return new Command(verb)
    .description(description)
    .argument("<name>", "its pseudonym", parsePseudonym)
    .option("--chain <name...>", "only on these chains (default: all)")
    .option("--registrar-key-file <file>", "file of mode 600 with the registrar's private key (or MEDEX_REGISTRAR_KEY)")
    .action(async (name: string, options, command: Command) => {
      await (await import("./standing.ts")).changeHospital(contextOf(command), verb, name, options);
    });
}
