/**
 * A process with the relayer's own queue, and handlers one of which brings it down, as content might that no check has foreseen: by a
 * rejection that nobody holds, or at once. Prints events as lines of JSON. Arguments: database directory, how, the id that does it.
 */
import { guardProcess } from "@medexchain/core/process-guard";
import { JOB_KINDS, type JobKind } from "@medexchain/relayer";
import { openDatabase } from "../../../relayer/database/open.ts";
import type { JobOutcome, Observer } from "../../../relayer/observe/observer.ts";
import { attemptWith, type Handler } from "../../../relayer/queue/attempt.ts";
import { createQueue } from "../../../relayer/queue/queue.ts";
import { crashReporter } from "../../../relayer/queue/report-crash.ts";

const [directory = "", how = "", poison = ""] = process.argv.slice(2);
const run = `run ${process.pid} ${Date.now()}`;
const observe: Observer = (event) => {
  process.stdout.write(
    `${JSON.stringify(event, (_key, value) => (typeof value === "bigint" ? String(value) : value))}\n`,
  );
};
const database = await openDatabase({ directory });
const retry = { delaySeconds: 1, maxDelaySeconds: 1, parkedSeconds: 1, crashLimit: 3 };
const queue = createQueue(database, observe);
const handle: Handler = async ({ requestId }): Promise<JobOutcome> => {
  if (requestId !== poison) return "sent";
  if (how === "kill") process.kill(process.pid, "SIGKILL");
  void Promise.reject(new RangeError("nobody holds this"));
  return new Promise(() => undefined);
};
const attempts = attemptWith({
  handlers: Object.fromEntries(JOB_KINDS.map((kind) => [kind, handle])) as Record<JobKind, Handler>, // one of each kind
  database,
  observe,
  headOf: async () => undefined,
  confirm: async () => "unknown",
  failedToStore: (error) => process.stderr.write(`${String(error)}\n`),
  concurrency: 16,
  by: { run, crashLimit: retry.crashLimit },
  retry,
});
// As in a process that dies: what still runs does not keep it from ending.
guardProcess({ crashed: crashReporter(database, run, observe), close: () => database.close() });
await queue.work(attempts);
process.once("SIGTERM", () => {
  void queue
    .pause()
    .then(() => database.close())
    .then(() => process.exit(0));
});
