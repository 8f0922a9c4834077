import { MedexError } from "@medexchain/core";
import { CommanderError } from "commander";
import { Interruption } from "./abort-on-signal.ts";

/** What the exit codes mean, for `--help`. */
export const EXIT_CODES = `
Exit codes:
  0    done
  1    refused or failed; the error's code is in the message
  2    wrong use: an unknown command or option, or a malformed value
  70   a fault in medex itself; please report it
  129, 130, 143   ended by SIGHUP, SIGINT, SIGTERM
  141  ended because nobody reads the output any more`;

/**
 * Tells a person on standard error what went wrong, in one line for everything that is foreseen; a program, with `--json`, in JSON.
 *
 * @returns the exit code: 1 for what was foreseen, 2 for wrong use, which commander has told already, 70 (EX_SOFTWARE) for a fault of
 *   ours, whose stack is shown; an interruption's own, of which nothing is told
 */
export function reportError(error: unknown, json = false): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof Interruption) return error.exitCode;
  if (error instanceof MedexError) {
    const { code, message, retriable } = error;
    console.error(json ? JSON.stringify({ error: { code, message, retriable } }) : `medex: ${message} [${code}]`);
    return 1;
  }
  console.error(error);
  return 70;
}
