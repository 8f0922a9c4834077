import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { formatText } from "./format-text.ts";
import { lossesOf, type Ratios, readRatios, storeRatios } from "./ratios.ts";
import { environment, type Report, type RunOptions } from "./report.ts";
import { runSection } from "./run-sections.ts";
import { SECTIONS } from "./sections.ts";
import { readReport, writeReport } from "./write-report.ts";

interface Options {
  json?: boolean;
  quick?: boolean;
  check?: boolean;
  update?: boolean;
  rounds?: string;
  entries?: string;
  out?: string;
}

const REPORT_FOLDER = fileURLToPath(new URL("./report/", import.meta.url));

const program = new Command("bench")
  .description(
    "Run every section and write bench/report/, or one section and print it. Compare ratios; absolute times are this machine's.",
  )
  .option("--json", "print JSON")
  .option("--quick", "small sizes; writes no report unless --out is given")
  .option("--check", "compare ratios with bench/ratios.json, and fail on a loss of more than a quarter; with --quick")
  .option("--update", "store this run's ratios in bench/ratios.json; with --quick")
  .option("--rounds <n>", "rounds of each case; each section has its own number unless given")
  .option("--entries <n>", "ledger entries of the section audit (default: 100000, with --quick 2000)")
  .option("--out <folder>", "where the report goes; one section alone takes its place in the report that is there")
  .action(async (options: Options, command: Command) => {
    const run = runOptions(options, command);
    const reports: Record<string, Report> = {};
    for (const { name } of SECTIONS) {
      process.stderr.write(`${name} …\n`);
      reports[name] = await runSection(name, run);
    }
    const folder = options.out ?? (run.quick ? undefined : REPORT_FOLDER);
    if (folder !== undefined) {
      await writeReport(folder, reports);
      process.stderr.write(`written to ${folder}\n`);
    }
    if (options.json)
      process.stdout.write(`${JSON.stringify({ environment: environment(), sections: reports }, null, 1)}\n`);
    settle(options, reports);
  });

for (const { name, description, load } of SECTIONS) {
  program
    .command(name)
    .description(description)
    .action(async (_, command: Command) => {
      const options = command.optsWithGlobals<Options>();
      const report = await (await load())(runOptions(options, command));
      const text = options.json
        ? JSON.stringify({ environment: environment(), ...report }, null, 2)
        : formatText(report);
      process.stdout.write(`${text}\n`);
      if (options.out !== undefined)
        await writeReport(options.out, inOrder({ ...readReport(options.out), [name]: report }));
      settle(options, { [name]: report });
    });
}

/** Sections in the order of the report; those that are none any more are left out. */
function inOrder(reports: Readonly<Record<string, Report>>): Record<string, Report> {
  return Object.fromEntries(
    SECTIONS.flatMap(({ name }) => {
      const report = reports[name];
      return report === undefined ? [] : [[name, report]];
    }),
  );
}

function runOptions({ quick = false, check, update, rounds, entries }: Options, command: Command): RunOptions {
  if ((check || update) && !quick)
    command.error("--check and --update go with --quick: stored ratios are of quick runs");
  const count = (name: string, value: string): number => {
    const number = Number(value);
    if (!Number.isSafeInteger(number) || number < 1)
      command.error(`--${name} must be a whole number from 1, not ${value}`);
    return number;
  };
  return {
    quick,
    ...(rounds !== undefined && { rounds: count("rounds", rounds) }),
    ...(entries !== undefined && { entries: count("entries", entries) }),
  };
}

/** Stores or compares the watched ratios, as asked. */
function settle({ check, update }: Options, reports: Readonly<Record<string, Report>>): void {
  const measured: Ratios = Object.fromEntries(
    Object.entries(reports).map(([name, { watched = {} }]) => [name, { ...watched }]),
  );
  if (update) storeRatios(measured);
  if (!check) return;
  const losses = lossesOf(readRatios(), measured);
  const count = Object.values(measured).reduce((sum, ratios) => sum + Object.keys(ratios).length, 0);
  for (const loss of losses) process.stderr.write(`${loss}\n`);
  process.stderr.write(`${count} ratios compared, ${losses.length} lost\n`);
  if (losses.length > 0) process.exitCode = 1;
}

program
  .command("e2e")
  .description("many requests from B to A at once, with one relayer, with two, and with a plain one")
  .option("--requests <k>", "requests at once", "2000")
  .option("--relayers <n>", "1 or 2; each in turn unless given")
  .option("--plain-requests <k>", "requests for the plain relayer; as many, and at most 300, unless given")
  .option("--block-interval <ms>", "between blocks; 0 makes a block of each transaction at once", "0")
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
    const { benchE2e } = await import("./e2e.ts");
    const report = await benchE2e({
      requests,
      relayers: options.relayers === undefined ? [1, 2] : [whole("relayers", "", 1)],
      plainRequests: whole("plainRequests", String(Math.min(requests, 300)), 1),
      blockInterval: whole("blockInterval", "", 0),
      databaseUrl: process.env.DATABASE_URL,
      report: (line) => process.stderr.write(`${line}\n`),
    });
    const text = options.json ? JSON.stringify({ environment: environment(), ...report }, null, 2) : formatText(report);
    process.stdout.write(`${text}\n`);
    process.exit(0); // the development chains keep the process alive
  });

await program.parseAsync();
