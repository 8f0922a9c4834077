/** `npm run chaos`: does the relayer lose a request, or do one twice, when things break? */
import { Command, Option } from "commander";
import { databaseUrlVariable } from "../cli/environment.ts";
import { findPostgres, startPostgresCluster } from "../tools/postgres-cluster.ts";
import { alternate, type Setting } from "./alternate.ts";
import { FINDING_KINDS } from "./check.ts";
import { drawPlan } from "./draw-plan.ts";
import { formatPlan } from "./format-plan.ts";
import { LEASES } from "./plan.ts";
import { killedWith, type RunResult, run } from "./run.ts";

interface Options {
  seed: number;
  requests: number;
  runs: number;
  relayers?: number;
  share?: true;
  postgres?: true | "if-installed";
  alternate?: true;
}

const wholeNumber =
  (name: string, least: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < least) {
      program.error(`${name} must be a whole number from ${least}, not ${text}`);
    }
    return value;
  };

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const program = new Command("chaos")
  .description(
    "Break everything round the relayer by a plan drawn from a seed, and check what became of every request.",
  )
  .option("--seed <n>", "what the plan is drawn from", wholeNumber("--seed", 0), Date.now() % 1_000_000)
  .option("--requests <k>", "requests in all", wholeNumber("--requests", 1), 40)
  .option("--runs <n>", "runs, with seeds that follow each other", wholeNumber("--runs", 1), 1)
  .option("--relayers <n>", "how many at once; drawn unless given", wholeNumber("--relayers", 1))
  .option("--share", "the relayers share one database, which must be on a server; drawn unless given")
  .addOption(
    new Option(
      "--postgres [when]",
      "a PostgreSQL server of the run's own, which dies and is started again; with if-installed, embedded databases where there is none",
    ).choices(["if-installed"]),
  )
  .option(
    "--alternate",
    "with --postgres: every second seed on the server, with two or three relayers; the others on embedded databases",
  )
  .addHelpText(
    "after",
    "\nWith DATABASE_URL, the relayers share a database on that PostgreSQL server, made for the run.",
  )
  .parse();

const { seed, requests, runs, relayers, share, postgres, alternate: alternates } = program.opts<Options>();
if (alternates && !postgres) program.error("--alternate needs --postgres");
const bin = postgres && findPostgres();
if (postgres && bin === undefined) {
  const missing = "initdb and pg_ctl were not found (Debian: apt install postgresql)";
  if (postgres !== "if-installed") program.error(`--postgres: ${missing}`);
  print(`${missing}: the relayers have embedded databases`);
}
await using cluster = bin === undefined ? undefined : await startPostgresCluster(bin);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, async () => {
    await cluster?.[Symbol.asyncDispose]();
    process.exit(130);
  });
}
const databaseUrl = cluster?.url ?? databaseUrlVariable();
if (share && databaseUrl === undefined) program.error("--share needs --postgres, or DATABASE_URL");
const failed: number[] = [];
const held = new Set<string>();
for (let current = seed; current < seed + runs; current += 1) {
  const setting: Setting = {
    ...(alternates ? alternate(current) : { onServer: true }),
    ...(relayers !== undefined && { relayers }),
  };
  const server = setting.onServer ? { databaseUrl, cluster } : { databaseUrl: undefined, cluster: undefined };
  const plan = drawPlan({
    seed: current,
    requests,
    databaseServer: server.databaseUrl !== undefined,
    ownDatabaseServer: server.cluster !== undefined,
    ...(setting.relayers !== undefined && { relayers: setting.relayers }),
    ...(share && setting.onServer && { shared: true }),
  });
  print(formatPlan(plan));
  const result = await run({ plan, ...server, report: print });
  print(formatResult(current, result));
  if (result.findings.length > 0) failed.push(current);
  for (const name of Object.keys(result.counts)) held.add(name);
}
// With leases that nobody was killed with, what was to be tried was not.
const unmet = share && runs > 1 ? LEASES.filter((lease) => !held.has(killedWith(lease))) : [];
if (unmet.length > 0)
  print(`in none of the runs was anybody met who held a lease of kind ${unmet.join(", ")}; run more`);
if (runs > 1)
  print(`${runs - failed.length} of ${runs} seeds passed${failed.length ? `; failed: ${failed.join(", ")}` : ""}`);
await cluster?.[Symbol.asyncDispose]();
process.exit(failed.length + unmet.length === 0 ? 0 : 1);

function formatResult(ofSeed: number, { findings, evidence, counts, directory }: RunResult): string {
  const states = Map.groupBy(evidence.requests, ({ requesterState }) => requesterState);
  const opened = evidence.requests.filter((request) => request.opened).length;
  const of = (kind: string) => findings.filter((finding) => finding.kind === kind).length;
  const lines = [
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(", "),
    `${evidence.requests.length} requests: ${[...states].map(([state, all]) => `${state} ${all.length}`).join(", ")}; ${opened} opened`,
    ...findings.map(({ kind, what }) => `${kind}: ${what}`),
    `seed ${ofSeed}: lost ${of("lost")}, doubled ${of("doubled")}`,
  ];
  const others = FINDING_KINDS.filter((kind) => kind !== "lost" && kind !== "doubled" && of(kind) > 0);
  if (others.length > 0) lines.push(others.map((kind) => `${kind} ${of(kind)}`).join(", "));
  if (findings.length > 0) lines.push(`the relayers' logs and databases are in ${directory}`);
  return lines.join("\n");
}
