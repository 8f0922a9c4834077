import { MedexError } from "@medexchain/core";
import { guardProcess } from "@medexchain/core/process-guard";
import type { Administration, JobState } from "@medexchain/relayer";
import { Command, InvalidArgumentError, Option } from "commander";
import { contextOf, parsePort, withExamples } from "../context.ts";
import { environment } from "../environment.ts";
import { abortOnSignal, exitCodeOf } from "../output/abort-on-signal.ts";
import { parseWatch, showList, WATCH_DESCRIPTION, WATCH_OPTION, type WatchOptions } from "../output/watch.ts";
import { WrongUse } from "../output/wrong-use.ts";

interface ConfigOption {
  readonly config?: string;
}

/** The configuration: what `--config` names, else that of all commands. */
const fileOf = (command: Command): string => {
  const { config } = command.optsWithGlobals<ConfigOption>();
  return config ?? contextOf(command).configFile;
};

/** `medex relayer …`: runs a relayer, and administers one. */
export function relayerCommand(): Command {
  return new Command("relayer")
    .description("Set up and run a relayer, see what it is doing, and retry or park jobs.")
    .addCommand(initCommand())
    .addCommand(startCommand())
    .addCommand(statusCommand())
    .addCommand(jobsCommand())
    .addCommand(retryCommand())
    .addCommand(parkCommand())
    .addCommand(laneCommand("pause", "Pause a lane: nothing goes over it until it is resumed."))
    .addCommand(laneCommand("resume", "Resume a paused lane."))
    .addHelpText(
      "after",
      `
Examples:
  $ medex relayer init
  $ medex relayer start --config medex.config.json
  $ medex relayer jobs --state parked
  $ medex relayer retry deliver-request:31338:0x…
  $ medex relayer pause --from 31338 --to 31337

Secrets come from the files that the configuration names, or from MEDEX_RELAYER_PASSPHRASE, MEDEX_RELAYER_ACCOUNT_KEY,
MEDEX_RELAYER_SEALING_KEY and MEDEX_RELAYER_ADMIN_TOKEN. DATABASE_URL takes the place of \`relayer.database\`.`,
    );
}

const withConfig = (name: string, description: string, ...examples: string[]): Command =>
  withExamples(new Command(name), ...examples)
    .description(description)
    .option("--config <path>", "the same as --configuration; docs/configuration.md describes its section relayer");

function initCommand(): Command {
  return withExamples(new Command("init"), "medex relayer init", "medex relayer init --port 9090 --directory relayer-1")
    .description(
      "Make a relayer's account, sealing key and administrators' token, and its section of the configuration.",
    )
    .option("--port <port>", "the port of the relayer's HTTP, on loopback", parsePort, 8080)
    .option("--directory <folder>", "the folder of its files (default: relayer, beside the configuration)")
    .action(async (options, command: Command) => {
      await (await import("./init.ts")).initRelayer(contextOf(command), options);
    });
}

function startCommand(): Command {
  return withConfig(
    "start",
    "Relay until interrupted. Logs are JSON lines on standard output.",
    "medex relayer start --configuration medex.config.json",
  )
    .addOption(new Option("--log <level>", "the lowest level that is logged").choices(LEVELS).default("info"))
    .action(async ({ log }: { log: (typeof LEVELS)[number] }, command: Command) => {
      const { createLogObserver, startRelayer } = await import("@medexchain/relayer");
      const { config, readSecrets } = await load(fileOf(command));
      const signal = abortOnSignal();
      const observers = [createLogObserver({ level: log })];
      const relayer = await startRelayer(config, await readSecrets(), observers, signal).catch((error: unknown) => {
        if (signal.aborted) return undefined; // told to stop while it waited for a service
        throw error;
      });
      if (relayer) guardProcess(relayer);
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        signal.addEventListener("abort", () => resolve());
      });
      await relayer?.close();
      process.exitCode = exitCodeOf(signal);
    });
}

const LEVELS = ["debug", "info", "warn", "error"] as const;

function statusCommand(): Command {
  return withConfig(
    "status",
    "Count jobs by kind, state and reason, and list paused lanes.",
    "medex relayer status",
  ).action(async (_options, command: Command) => {
    const { output } = contextOf(command);
    await using opened = await open(fileOf(command));
    const { relayerStatusOutput } = await import("./outputs.ts");
    const status = await opened.administration.status();
    output.result(relayerStatusOutput, status, () => {
      if (status.jobs.length === 0) output.line("no jobs yet");
      for (const { kind, state, code, count } of status.jobs) {
        output.line(`${kind.padEnd(17)} ${state.padEnd(8)} ${String(count).padStart(7)}  ${code ?? ""}`.trimEnd());
      }
      for (const { from, to, since } of status.pausedLanes) output.line(`lane ${from} -> ${to} paused since ${since}`);
    });
  });
}

interface JobsOptions extends WatchOptions {
  readonly state: JobState;
  readonly limit: number;
}

function jobsCommand(): Command {
  return withConfig("jobs", "List jobs, oldest first.", "medex relayer jobs --state parked")
    .addOption(
      new Option("--state <state>", "only jobs in this state")
        .choices(["pending", "held", "done", "parked"])
        .default("parked"),
    )
    .option("--limit <number>", "the most jobs to list", positive, 100)
    .option(WATCH_OPTION, WATCH_DESCRIPTION, parseWatch)
    .action(async ({ state, limit, watch }: JobsOptions, command: Command) => {
      const { output } = contextOf(command);
      await using opened = await open(fileOf(command));
      const { relayerJobsOutput } = await import("./outputs.ts");
      await showList(output, { ...(watch !== undefined && { watch }) }, async () => {
        const jobs = await opened.administration.jobs(state, limit);
        const print = () => {
          if (jobs.length === 0) output.line(`no ${state} jobs`);
          for (const { key, attempts, code, reason, updatedAt } of jobs) {
            output.line(`${updatedAt}  ${key}  attempts ${attempts}${code ? `\n    ${code}: ${reason ?? ""}` : ""}`);
          }
        };
        return { found: jobs, print: () => output.result(relayerJobsOutput, jobs, print) };
      });
    });
}

function retryCommand(): Command {
  return withConfig(
    "retry",
    "Retry parked or held jobs, with all their attempts.",
    "medex relayer retry deliver-request:31338:0x…",
    "medex relayer retry --all",
  )
    .argument("[key...]", "keys of jobs, as `medex relayer jobs` prints them")
    .option("--all", "retry all parked jobs")
    .action(async (keys: string[], { all }: { all?: boolean }, command: Command) => {
      if (keys.length === 0 && !all) {
        throw new WrongUse("name at least one job, or give --all; `medex relayer jobs` lists them");
      }
      await using opened = await open(fileOf(command));
      const { administration } = opened;
      const chosen = all ? (await administration.jobs("parked", 1_000)).map(({ key }) => key) : keys;
      const outcomes: Outcome[] = [];
      for (const key of chosen) outcomes.push({ key, done: await administration.retry(key) });
      await report(command, outcomes, "will be retried", "parked");
    });
}

function parkCommand(): Command {
  return withConfig(
    "park",
    "Stop a job until someone retries it.",
    'medex relayer park re-encrypt:31337:0x… --reason "the owner asked"',
  )
    .argument("<key>", "the key of a job, as `medex relayer jobs --state pending` prints it")
    .requiredOption("--reason <text>", "why it is parked")
    .action(async (key: string, { reason }: { reason: string }, command: Command) => {
      await using opened = await open(fileOf(command));
      await report(command, [{ key, done: await opened.administration.park(key, reason) }], "is parked", "pending");
    });
}

function laneCommand(name: "pause" | "resume", description: string): Command {
  return withConfig(name, description, `medex relayer ${name} --from 31338 --to 31337`)
    .requiredOption("--from <chain id>", "the requester's chain", chainId)
    .requiredOption("--to <chain id>", "the owner's chain", chainId)
    .action(async ({ from, to }: { from: bigint; to: bigint }, command: Command) => {
      const { output } = contextOf(command);
      await using opened = await open(fileOf(command));
      const { relayerLaneOutput } = await import("./outputs.ts");
      await opened.administration[name](from, to);
      const state = name === "pause" ? "paused" : "open";
      output.result(relayerLaneOutput, { from, to, state }, () => output.line(`lane ${from} -> ${to} is ${state}`));
    });
}

interface Outcome {
  readonly key: string;
  readonly done: boolean;
}

/** The exit code is 1 when a job was not in the state from which it can be taken. */
async function report(command: Command, outcomes: readonly Outcome[], done: string, wanted: string): Promise<void> {
  const { relayerOutcomesOutput } = await import("./outputs.ts");
  const { output } = contextOf(command);
  if (outcomes.some((outcome) => !outcome.done)) process.exitCode = 1;
  output.result(relayerOutcomesOutput, outcomes, () => {
    for (const outcome of outcomes) {
      if (outcome.done) output.line(`${outcome.key} ${done}`);
      else output.note(`medex: ${outcome.key} is not ${wanted}`);
    }
  });
}

async function load(file: string) {
  const { loadRelayer } = await import("@medexchain/relayer");
  return loadRelayer(file, environment());
}

/** The running relayer where it allows it, else its database. */
async function open(file: string): Promise<{ administration: Administration } & AsyncDisposable> {
  const { administer, administerRemotely, openDatabase } = await import("@medexchain/relayer");
  const { config, readAdminToken } = await load(file);
  if ("directory" in config.database) {
    const token = await readAdminToken();
    const url = `http://${config.http.host}:${config.http.port}`;
    const running = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(2_000) }).then(
      () => true,
      () => false,
    );
    if (running && token !== undefined) {
      return { administration: administerRemotely(url, token), [Symbol.asyncDispose]: async () => undefined };
    }
    if (running) {
      throw new MedexError(
        "CONFIG_INVALID",
        `the relayer at ${url} is using its database: give both an administrators' token (\`secrets.adminTokenFile\`), or stop it`,
      );
    }
  }
  const database = await openDatabase(config.database);
  return { administration: administer(database), [Symbol.asyncDispose]: () => database.close() };
}

function chainId(text: string): bigint {
  if (/^[1-9]\d*$/.test(text)) return BigInt(text);
  throw new InvalidArgumentError("must be a chain id: a whole number above 0.");
}

function positive(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError("must be a whole number above 0.");
}
