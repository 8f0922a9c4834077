import { Command } from "commander";
import { environment, formatReport, type Report } from "./report.ts";

interface Options {
  json?: boolean;
  rounds: string;
}

const program = new Command("bench")
  .description("Time the parts of MedExChain. Compare ratios; absolute times are this machine's.")
  .option("--json", "print JSON")
  .option("--rounds <n>", "rounds of each case", "20");

/** A benchmark by its name, loaded when it is asked for. */
function add(name: string, description: string, load: () => Promise<(rounds: number) => Promise<Report>>): void {
  program
    .command(name)
    .description(description)
    .action(async (_, command: Command) => {
      const { json, rounds } = command.optsWithGlobals<Options>();
      const count = Number(rounds);
      if (!Number.isInteger(count) || count < 1) command.error(`--rounds must be a whole number from 1, not ${rounds}`);
      const report = await (await load())(count);
      const text = json ? JSON.stringify({ environment: environment(), ...report }, null, 2) : formatReport(report);
      process.stdout.write(`${text}\n`);
    });
}

add(
  "pre",
  "proxy re-encryption and firewall, stage by stage, beside the straightforward translation",
  async () => (await import("./pre.ts")).benchPre,
);
add(
  "bfv",
  "BFV: keys, encryption, decryption and analytics, by profile",
  async () => (await import("./bfv.ts")).benchBfv,
);

program
  .command("e2e")
  .description("many requests from B to A at once, with one relayer, with two, and with a plain one")
  .option("--requests <k>", "requests at once", "2000")
  .option("--relayers <n>", "1 or 2; each in turn unless given")
  .option(
    "--plain-requests <k>",
    "requests for the plain relayer, which waits for a block several times in each; unless given, at most 300, or 30 with blocks",
  )
  .option(
    "--block-interval <ms>",
    "between blocks; 0 makes a block of each transaction at once, as no shared chain does",
    "1000",
  )
  .addHelpText(
    "after",
    "\nWith DATABASE_URL, the relayers share a database on that PostgreSQL server, made for the run.",
  )
  .action(async (_, command: Command) => {
    const options = command.optsWithGlobals<{ json?: boolean } & Record<string, string>>();
    const whole = (name: string, fallback: string, least: number): number => {
      const value = Number(options[name] ?? fallback);
      if (!Number.isSafeInteger(value) || value < least) command.error(`${name} must be a whole number from ${least}`);
      return value;
    };
    const requests = whole("requests", "", 1);
    const blockInterval = whole("blockInterval", "", 0);
    const { benchE2e } = await import("./e2e.ts");
    const report = await benchE2e({
      requests,
      relayers: options.relayers === undefined ? [1, 2] : [whole("relayers", "", 1)],
      plainRequests: whole("plainRequests", String(Math.min(requests, blockInterval === 0 ? 300 : 30)), 1),
      blockInterval,
      databaseUrl: process.env.DATABASE_URL,
      report: (line) => process.stderr.write(`${line}\n`),
    });
    const text = options.json
      ? JSON.stringify({ environment: environment(), ...report }, null, 2)
      : formatReport(report);
    process.stdout.write(`${text}\n`);
    process.exit(0); // the development chains keep the process alive
  });

program
  .command("audit")
  .description("medex audit verify over a generated history, with its memory")
  .option("--entries <n>", "ledger entries, each with its whole request", "100000")
  .action(async (_, command: Command) => {
    const { json, entries } = command.optsWithGlobals<{ json?: boolean; entries: string }>();
    const count = Number(entries);
    if (!Number.isSafeInteger(count) || count < 1)
      command.error(`--entries must be a whole number from 1, not ${entries}`);
    const { benchAudit } = await import("./audit.ts");
    const report = await benchAudit({ entries: count, report: (line) => process.stderr.write(`${line}\n`) });
    const text = json ? JSON.stringify({ environment: environment(), ...report }, null, 2) : formatReport(report);
    process.stdout.write(`${text}\n`);
  });

await program.parseAsync();
