import { Command, InvalidArgumentError, Option } from "commander";
import { MedexError } from "../offchain/errors.ts";
import type { Administration, JobState } from "../relayer/index.ts";
import { abortOnSignal } from "./abort-on-signal.ts";

interface ConfigOption {
  config: string;
}

/** `medex relayer …`: runs a relayer, and administers one. */
export function relayerCommand(): Command {
  return new Command("relayer")
    .description("Run a relayer, see what it does, and decide about jobs that it gave up.")
    .addCommand(startCommand())
    .addCommand(statusCommand())
    .addCommand(jobsCommand())
    .addCommand(retryCommand())
    .addCommand(parkCommand())
    .addCommand(laneCommand("pause", "Hold everything that goes over a lane, until it is resumed."))
    .addCommand(laneCommand("resume", "Let a paused lane go on."))
    .addHelpText(
      "after",
      `
Examples:
  $ medex relayer start --config medex.config.json
  $ medex relayer jobs --state parked
  $ medex relayer retry deliver-request:31338:0x…
  $ medex relayer pause --from 31338 --to 31337

Secrets come from the files that the configuration names, or from MEDEX_RELAYER_PASSPHRASE, MEDEX_RELAYER_ACCOUNT_KEY,
MEDEX_RELAYER_SEALING_KEY and MEDEX_RELAYER_ADMIN_TOKEN. DATABASE_URL takes the place of \`relayer.database\`.`,
    );
}

const withConfig = (name: string, description: string): Command =>
  new Command(name)
    .description(description)
    .option("--config <path>", "the configuration, see docs/configuration.md", "medex.config.json");

function startCommand(): Command {
  return withConfig("start", "Relay until interrupted. Logs are JSON lines on standard output.")
    .addOption(new Option("--log <level>", "least that is logged").choices(LEVELS).default("info"))
    .action(async ({ config: file, log }: ConfigOption & { log: (typeof LEVELS)[number] }) => {
      const { createLogObserver, startRelayer } = await import("../relayer/index.ts");
      const { config, readSecrets } = await load(file);
      const signal = abortOnSignal();
      const relayer = await startRelayer(config, await readSecrets(), [createLogObserver({ level: log })]);
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        signal.addEventListener("abort", () => resolve());
      });
      await relayer.close();
      process.exitCode = signal.reason;
    });
}

const LEVELS = ["debug", "info", "warn", "error"] as const;

function statusCommand(): Command {
  return withConfig("status", "Count jobs by kind, state and reason, and list paused lanes.").action(
    async (_options, command: Command) => {
      const { config, json } = command.optsWithGlobals<ConfigOption & { json?: boolean }>();
      await using opened = await open(config);
      const status = await opened.administration.status();
      if (json) return console.log(JSON.stringify(status, undefined, 2));
      if (status.jobs.length === 0) console.log("no jobs yet");
      for (const { kind, state, code, count } of status.jobs) {
        console.log(`${kind.padEnd(17)} ${state.padEnd(8)} ${String(count).padStart(7)}  ${code ?? ""}`.trimEnd());
      }
      for (const { from, to, since } of status.pausedLanes) console.log(`lane ${from} -> ${to} paused since ${since}`);
    },
  );
}

function jobsCommand(): Command {
  return withConfig("jobs", "List jobs, oldest first.")
    .addOption(new Option("--state <state>", "which").choices(["pending", "held", "done", "parked"]).default("parked"))
    .option("--limit <number>", "at most so many", positive, 100)
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<ConfigOption & { state: JobState; limit: number; json?: boolean }>();
      await using opened = await open(options.config);
      const jobs = await opened.administration.jobs(options.state, options.limit);
      if (options.json) return console.log(JSON.stringify(jobs, undefined, 2));
      if (jobs.length === 0) console.log(`no ${options.state} jobs`);
      for (const { key, attempts, code, reason, updatedAt } of jobs) {
        console.log(`${updatedAt}  ${key}  attempts ${attempts}${code ? `\n    ${code}: ${reason ?? ""}` : ""}`);
      }
    });
}

function retryCommand(): Command {
  return withConfig("retry", "Give parked or held jobs all their attempts again.")
    .argument("[key...]", "as `medex relayer jobs` prints them")
    .option("--all", "all parked jobs")
    .action(async (keys: string[], { config, all }: ConfigOption & { all?: boolean }) => {
      if (keys.length === 0 && !all) {
        throw new MedexError("INPUT_INVALID", "name at least one job, or give --all; `medex relayer jobs` lists them");
      }
      await using opened = await open(config);
      const { administration } = opened;
      const chosen = all ? (await administration.jobs("parked", 1_000)).map(({ key }) => key) : keys;
      for (const key of chosen) report(key, (await administration.retry(key)) ? "is tried again" : undefined, "parked");
    });
}

function parkCommand(): Command {
  return withConfig("park", "Stop trying a job, until it is retried by hand.")
    .argument("<key>", "as `medex relayer jobs --state pending` prints it")
    .requiredOption("--reason <text>", "why, for whoever finds it parked")
    .action(async (key: string, { config, reason }: ConfigOption & { reason: string }) => {
      await using opened = await open(config);
      report(key, (await opened.administration.park(key, reason)) ? "is parked" : undefined, "pending");
    });
}

function laneCommand(name: "pause" | "resume", description: string): Command {
  return withConfig(name, description)
    .requiredOption("--from <chain id>", "the requester's chain", chainId)
    .requiredOption("--to <chain id>", "the owner's chain", chainId)
    .action(async ({ config, from, to }: ConfigOption & { from: bigint; to: bigint }) => {
      await using opened = await open(config);
      await opened.administration[name](from, to);
      console.log(`lane ${from} -> ${to} is ${name === "pause" ? "paused" : "open"}`);
    });
}

function report(key: string, done: string | undefined, wanted: string): void {
  if (done) {
    console.log(`${key} ${done}`);
  } else {
    console.error(`medex: ${key} is not ${wanted}`);
    process.exitCode = 1;
  }
}

async function load(file: string) {
  const { loadRelayer } = await import("../relayer/index.ts");
  // The one place where the command line reads the environment for the relayer.
  return loadRelayer(file, process.env);
}

/** The running relayer where it allows it, else its database. */
async function open(file: string): Promise<{ administration: Administration } & AsyncDisposable> {
  const { administer, administerRemotely, openDatabase } = await import("../relayer/index.ts");
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
        `the relayer at ${url} has its database open: give both an administrators' token (\`secrets.adminTokenFile\`), or stop it`,
      );
    }
  }
  const database = await openDatabase(config.database);
  return { administration: administer(database), [Symbol.asyncDispose]: () => database.close() };
}

function chainId(text: string): bigint {
  if (/^[1-9]\d*$/.test(text)) return BigInt(text);
  throw new InvalidArgumentError("a chain id is a positive number");
}

function positive(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError("a positive number");
}
