import { type DestinationStream, pino } from "pino";
import type { Observer, RelayerEvent } from "./observer.ts";

/** All that may appear in a log line: ids, hashes, codes, numbers, and the registered errors' messages. */
const FIELDS = [
  "chainId",
  "sourceChainId",
  "kind",
  "sequence",
  "requestId",
  "requestIds",
  "block",
  "outcome",
  "attempts",
  "ms",
  "code",
  "message",
  "action",
  "nonce",
  "hash",
  "state",
  "where",
  "events",
  "jobs",
  "job",
  "url",
  "lease",
  "held",
  "relayer",
  "epoch",
] as const;

const LEVELS: Partial<Record<RelayerEvent["type"], "debug" | "warn" | "error">> = {
  head: "debug",
  watched: "debug",
  "light-client": "debug",
  waiting: "warn",
  "watch-failed": "warn",
  reorganised: "warn",
  "job-deferred": "warn",
  "job-parked": "error",
  failed: "error",
  crashed: "error",
  "equivocation-found": "error",
};

/**
 * Logs every event as one line of JSON, with allow-listed fields only.
 *
 * @param options `destination` is a stream; standard output unless given
 */
export function createLogObserver(
  options: { level?: "debug" | "info" | "warn" | "error"; destination?: DestinationStream } = {},
): Observer {
  const settings = { level: options.level ?? "info", base: { name: "medex-relayer" } };
  // Lines that come while others are written share the next write; what is left is written at the end of the process.
  const logger = pino(settings, options.destination ?? pino.destination({ dest: 1, sync: false }));
  return (event) => {
    const entries = Object.entries(event).filter(([name]) => FIELDS.some((field) => field === name));
    const fields = entries.map(([name, value]) => [name, typeof value === "bigint" ? String(value) : value]);
    logger[LEVELS[event.type] ?? "info"]({ event: event.type, ...Object.fromEntries(fields) });
  };
}
