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

await program.parseAsync();
