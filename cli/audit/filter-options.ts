import type { HistoryFilter } from "@medexchain/audit";
import { type Hex32, pseudonymHash } from "@medexchain/chain";
import { type Command, InvalidArgumentError } from "commander";
import { parseId } from "../context.ts";

/** What the options below are parsed to. */
export interface FilterOptions {
  readonly member?: Hex32;
  readonly record?: Hex32;
  readonly hospital?: Hex32;
  readonly since?: bigint;
  readonly until?: bigint;
}

/** Adds the options that narrow a history. */
export function addFilterOptions(command: Command): Command {
  return command
    .option("--member <id>", "only requests by this person, or for this person's records", parseId)
    .option("--record <id>", "only requests for this record", parseId)
    .option("--hospital <name|id>", "only requests from this hospital's doctors, or to its patients", parseHospital)
    .option(
      "--since <time>",
      "only requests made at this time or later: 2026-05-01, 2026-05-01T12:00 (UTC unless a zone is given), or Unix seconds",
      parseTime,
    )
    .option("--until <time>", "only requests made before this time", parseTime);
}

export function filterOf({ member, record, hospital, since, until }: FilterOptions): HistoryFilter {
  return {
    ...(member !== undefined && { member }),
    ...(record !== undefined && { record }),
    ...(hospital !== undefined && { hospital }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
  };
}

function parseHospital(value: string): Hex32 {
  return value.startsWith("0x") ? parseId(value) : pseudonymHash(value);
}

/** A date, a date and time, or Unix seconds, as the latter. Without a zone it is UTC, wherever the auditor is. */
export function parseTime(value: string): bigint {
  if (/^\d{5,12}$/.test(value)) return BigInt(value);
  const shape = /^\d{4}-\d{2}-\d{2}(?<time>T\d{2}:\d{2}(:\d{2})?(?<zone>Z|[+-]\d{2}:\d{2})?)?$/.exec(value);
  const { time, zone } = shape?.groups ?? {};
  const milliseconds = Date.parse(time !== undefined && zone === undefined ? `${value}Z` : value);
  if (shape === null || Number.isNaN(milliseconds)) {
    throw new InvalidArgumentError("must be a time such as 2026-05-01 or 2026-05-01T12:00Z.");
  }
  return BigInt(Math.floor(milliseconds / 1000));
}
