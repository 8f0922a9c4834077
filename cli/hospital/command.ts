import { Command } from "commander";
import { contextOf, parseCount, parsePort, parsePseudonym } from "../context.ts";
import { writeConfig } from "../session/config.ts";

/** `medex hospital`. */
export function hospitalCommand(): Command {
  return new Command("hospital")
    .description("Found, register, limit and suspend hospitals, and serve a hospital to its firewall.")
    .addCommand(inviteCommand())
    .addCommand(joinCommand())
    .addCommand(initCommand())
    .addCommand(pairCommand())
    .addCommand(registerCommand())
    .addCommand(addCommand())
    .addCommand(serveCommand())
    .addCommand(parametersCommand())
    .addCommand(limitCommand())
    .addCommand(memberLimitCommand())
    .addCommand(
      standingCommand("suspend", "Suspend a hospital: neither it nor its members can act. For the registrar."),
    )
    .addCommand(standingCommand("reinstate", "End a suspension. For the registrar."))
    .addHelpText(
      "after",
      `
Examples:
  $ medex hospital join hospital-a.invite.json --limit 10
  $ medex hospital pair hospital-a-firewall.answer.json
  $ medex hospital serve --port 8091
  $ medex hospital add "Hospital A" --chain chainA --gateway http://127.0.0.1:8090`,
    );
}

function inviteCommand(): Command {
  return new Command("invite")
    .description(
      "Register a hospital, and write a signed file with which it takes the registration over, once. For the registrar.",
    )
    .argument("<name>", "its pseudonym; its id is the hash of this", parsePseudonym)
    .requiredOption("--scheme <scheme>", "the kind of keys its members have: ibe (patients) or clc (doctors)")
    .requiredOption("--chain <name>", "the chain on which it enrols its members")
    .option("--registrar-key-file <file>", "file of mode 600 with the registrar's private key (or MEDEX_REGISTRAR_KEY)")
    .option("--requests-per-hour <count>", "the most requests that its doctors can file in an hour", parseCount, 600)
    .option("--ether <amount>", "what the hospital is given on each chain to pay for transactions with", "1")
    .option("--output <file>", "the file (default: made from the pseudonym, and .invite.json)")
    .addHelpText(
      "after",
      "\nIt carries the network's configuration, too. Run again with the same file, it goes on where it broke off.",
    )
    .action(async (name: string, options, command: Command) => {
      await (await import("./invite.ts")).inviteHospital(contextOf(command), name, options);
    });
}

function joinCommand(): Command {
  return new Command("join")
    .description(
      "Found the hospital that the registrar has invited: its vault, its configuration and its registration.",
    )
    .argument("<invite>", "the file that the registrar gave you")
    .option("--limit <count>", "how many accesses to all its records one requester can be granted", parseCount)
    .option("--vault <name>", "the name of the hospital's vault (default: made from the pseudonym)")
    .option("--offer <file>", "the file to write for the firewall's keeper (default: <vault>.offer.json)")
    .option("--with-firewall", "for development: make the firewall's vault, <vault>-firewall, on this machine too")
    .option("--firewall-passphrase-file <file>", "with --with-firewall: a passphrase for the firewall's vault")
    .addHelpText(
      "after",
      "\nRun again after it broke off, it goes on. Next come medex firewall init and medex hospital pair.",
    )
    .action(async (file: string, options, command: Command) => {
      await (await import("./join.ts")).joinAsHospital(contextOf(command), file, options);
    });
}

function initCommand(): Command {
  return new Command("init")
    .description(
      "Create a hospital's vault, and the offer to its firewall, which has a keeper and a machine of its own.",
    )
    .argument("<name>", "its pseudonym; its id is the hash of this", parsePseudonym)
    .requiredOption("--scheme <scheme>", "the kind of keys its members have: ibe (patients) or clc (doctors)")
    .requiredOption("--chain <name>", "the chain on which it enrols its members")
    .option("--vault <name>", "the name of the hospital's vault (default: made from the pseudonym)")
    .option("--offer <file>", "the file to write for the firewall's keeper (default: <vault>.offer.json)")
    .option(
      "--with-firewall",
      "for development: make the firewall's vault, <vault>-firewall, on this machine too, and write the registration at once",
    )
    .option("--firewall-passphrase-file <file>", "with --with-firewall: a passphrase for the firewall's vault")
    .option(
      "--registration <file>",
      "with --with-firewall: the file to write for the registrar (default: <vault>.registration.json)",
    )
    .addHelpText("after", "\nRun again without --with-firewall, it writes the same offer.")
    .action(async (name: string, options, command: Command) => {
      await (await import("./init.ts")).initHospital(contextOf(command), name, options);
    });
}

function pairCommand(): Command {
  return new Command("pair")
    .description("Take a firewall's answer: check it, and write what the registrar needs.")
    .argument("<file>", "what `medex firewall init` wrote")
    .option("--registration <file>", "the file to write for the registrar (default: <vault>.registration.json)")
    .action(async (file: string, options, command: Command) => {
      await (await import("./pair.ts")).pairHospital(contextOf(command), file, options);
    });
}

function registerCommand(): Command {
  return new Command("register")
    .description("Register a hospital on the chains. For the registrar.")
    .argument("<file>", "what `medex hospital pair` wrote")
    .option("--chain <name...>", "only on these chains (default: all)")
    .option("--registrar-key-file <file>", "file of mode 600 with the registrar's private key (or MEDEX_REGISTRAR_KEY)")
    .option("--requests-per-hour <count>", "the most requests that its doctors can file in an hour", parseCount, 600)
    .action(async (file: string, options, command: Command) => {
      await (await import("./register.ts")).registerHospital(contextOf(command), file, options);
    });
}

function addCommand(): Command {
  return new Command("add")
    .description("Add a hospital to the configuration of this machine.")
    .argument("<name>", "its pseudonym", parsePseudonym)
    .requiredOption("--chain <name>", "the chain on which it enrols its members")
    .option("--gateway <url>", "the URL of its firewall (medex firewall serve), for its own members")
    .option("--service <url>", "the URL of the hospital's own service (medex hospital serve), for its firewall")
    .action(async (name: string, options: { chain: string; gateway?: string; service?: string }, command: Command) => {
      const { configFile, output } = contextOf(command);
      const { hospitalAddOutput } = await import("./outputs.ts");
      const entry = {
        chain: options.chain,
        ...(options.gateway !== undefined && { gateway: options.gateway }),
        ...(options.service !== undefined && { service: options.service }),
      };
      await writeConfig(configFile, [["hospitals", name], entry]);
      output.result(hospitalAddOutput, { name, ...entry }, () => output.line(`Added ${name} to ${configFile}.`));
    });
}

const ANNOUNCE =
  "with --with-firewall: write into the configuration where members reach it, for invites (default: where it listens)";
const vaultOptions = (when: string) =>
  [
    ["--firewall <vault>", `${when}: the firewall's vault (default: <hospital's vault>-firewall)`],
    ["--firewall-passphrase-file <file>", `${when}: the passphrase of the firewall's vault, if it has its own`],
  ] as const;
const [FIREWALL, FIREWALL_PASSPHRASE] = vaultOptions("with --with-firewall");
const [EARLIER_FIREWALL, EARLIER_PASSPHRASE] = vaultOptions("of a hospital that is paired with none");

function parametersCommand(): Command {
  return new Command("parameters")
    .description("Publish the hospital's parameters again, and register them where the chains have others.")
    .option(...EARLIER_FIREWALL)
    .option(...EARLIER_PASSPHRASE)
    .addHelpText(
      "after",
      "\nFor an operator whose hospital was registered by an earlier version: members seal their calls by X-Wing now. And after medex hospital pair, where the hospital was registered before.",
    )
    .action(async (options, command: Command) => {
      await (await import("./parameters.ts")).publishParameters(contextOf(command), options);
    });
}

function serveCommand(): Command {
  return new Command("serve")
    .description(
      "Serve the hospital to its own firewall, until interrupted: it issues keys and certifies members' keys.",
    )
    .option("--host <address>", "the address to listen on; only the firewall's machine need reach it", "127.0.0.1")
    .option("--port <port>", "the port to listen on; 0 lets the system choose (default: 8091)", parsePort)
    .option(
      "--with-firewall",
      "for development: serve members, with the firewall in this process (its default port is 8090)",
    )
    .option("--announce [url]", ANNOUNCE)
    .option(...FIREWALL)
    .option(...FIREWALL_PASSPHRASE)
    .addHelpText(
      "after",
      "\nThe firewall is another service, with a vault, a machine and a keeper of its own: medex firewall serve. Run one of each per hospital.",
    )
    .action(async (options, command: Command) => {
      await (await import("./serve.ts")).serveHospital(contextOf(command), options);
    });
}

function limitCommand(): Command {
  return new Command("limit")
    .description(
      "Set how many accesses to all of the hospital's records one requester can be granted. For its operator.",
    )
    .argument("<count>", "the limit (maxAccessCount in the paper)", parseCount)
    .action(async (count: number, _options, command: Command) => {
      await (await import("./standing.ts")).limitHospital(contextOf(command), count);
    });
}

function memberLimitCommand(): Command {
  return new Command("member-limit")
    .description(
      "Set how many requests one of the hospital's doctors can file in an hour, on each chain. For its operator.",
    )
    .argument("<count>", "the limit; 0 is half of the hospital's, rounded up, as it is at first", parseCount)
    .option("--chain <name...>", "only on these chains (default: all)")
    .action(async (count: number, options, command: Command) => {
      await (await import("./standing.ts")).limitMembers(contextOf(command), count, options);
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
