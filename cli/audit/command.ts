import { Command, InvalidArgumentError } from "commander";
import { contextOf, parseId } from "../context.ts";

/** `medex audit`. */
export function auditCommand(): Command {
  return new Command("audit")
    .description("Replay the access history of both chains, and prove it.")
    .addCommand(replayCommand())
    .addCommand(verifyCommand())
    .addHelpText(
      "after",
      `
Needs no vault: only the configuration's chains, and for verify its IPFS and Tangle. What was read is kept under the home folder's
audit, so that the next time only what is new is read; that folder can be deleted at any time. The findings' codes are in docs/audit.md.

Examples:
  $ medex audit replay --member 0x… --since 2026-01-01
  $ medex audit replay --json | jq 'select(.decision.decision == "Granted")'
  $ medex audit verify
  $ medex audit verify --witness hospital-a=https://rpc.example.org --skip-storage`,
    );
}

/** Adds the options that say which part of the history. */
export function addHistoryFilter(command: Command): Command {
  return command
    .option("--member <id>", "only requests by or to this member", parseId)
    .option("--record <id>", "only this record", parseId)
    .option("--hospital <id>", "only members of this hospital, on either side", parseId)
    .option("--since <time>", "from this time on: ISO 8601, or Unix seconds", parseTime)
    .option("--until <time>", "before this time", parseTime);
}

function replayCommand(): Command {
  return addHistoryFilter(new Command("replay"))
    .description("Print who asked for which record, what was decided, and what became of it on both chains.")
    .addHelpText("after", "\nWith --json, one object a line.")
    .action(async (options, command: Command) => (await import("./replay.ts")).replay(contextOf(command), options));
}

function verifyCommand(): Command {
  return new Command("verify")
    .description("Recompute everything that the chains say, and list what is wrong.")
    .option(
      "--witness <network=url...>",
      "a second node of a chain, of another operator (or audit.witnesses in the configuration)",
    )
    .option("--fragments <folder>", "an owner's encrypted private fragments, to compare with what was anchored")
    .option("--skip-storage", "do not fetch from IPFS and the Tangle")
    .addHelpText(
      "after",
      "\nThe exit code is 0 only if nothing is wrong and nothing was left unchecked; warnings and notices are told and pass.",
    )
    .action(async (options, command: Command) => (await import("./verify.ts")).verify(contextOf(command), options));
}

/** Parses a time on the command line to Unix seconds. */
function parseTime(value: string): bigint {
  if (/^[0-9]{1,12}$/.test(value)) return BigInt(value);
  const milliseconds = Date.parse(value);
  if (Number.isNaN(milliseconds))
    throw new InvalidArgumentError("a time is like 2026-01-31, 2026-01-31T12:00:00Z, or Unix seconds.");
  return BigInt(Math.floor(milliseconds / 1000));
}
