import { describeUnforeseen, ERROR_CODES, MedexError, summariseUnforeseen, toJson } from "@medexchain/core";
import { CommanderError } from "commander";
import { z } from "zod";
import { Interruption } from "./abort-on-signal.ts";
import { EXIT_CODE_OF_BROKEN_PIPE, isBrokenPipe } from "./broken-pipe.ts";
import { inert } from "./inert.ts";
import { WrongUse } from "./wrong-use.ts";

/** What the exit codes mean, for `--help`. */
export const EXIT_CODES = `
Exit codes:
  0    done
  1    refused or failed; the error's code is in the message
  2    wrong use: an unknown command or option, a malformed value, or options that do not go together
  70   a fault in medex itself; please report it
  129, 130, 143   ended by SIGHUP, SIGINT, SIGTERM
  141  ended because nobody reads the output any more`;

/** What a program finds on standard error with `--json`, as one line, whenever the exit code is 1, 2 or 70 and something failed. */
export const errorOutputSchema = z.strictObject({
  error: z.strictObject({
    code: z
      .enum([...ERROR_CODES, "USAGE", "INTERNAL"])
      .describe("stable; USAGE for wrong use that has no code of its own, INTERNAL for a fault in medex"),
    message: z.string().describe("one line for a person: what is wrong, where, and what to do"),
    retriable: z.boolean().describe("whether the same call may succeed later without anything being changed"),
    stack: z
      .string()
      .exactOptional()
      .describe("with INTERNAL: where it happened, a file name and line for each frame, innermost first"),
  }),
});
export type ErrorOutput = z.infer<typeof errorOutputSchema>;

/**
 * Tells a person on standard error what went wrong, in one line for everything that is foreseen; a program, with `--json`, in JSON.
 *
 * @returns the exit code: 1 for what was foreseen, 2 for wrong use, which commander has told a person already, 70 (EX_SOFTWARE) for a
 *   fault of ours, of which only its kind and place are shown: its message may quote a secret; an interruption's own, of which nothing is
 *   told
 */
export function reportError(error: unknown, json = false): number {
  const exitCode = exitCodeFor(error);
  if (exitCode === 0 || error instanceof Interruption || isBrokenPipe(error)) return exitCode;
  if (json) console.error(toJson(errorOutputSchema.encode(outputOf(error))));
  else if (error instanceof MedexError) console.error(inert(`medex: ${error.message} [${error.code}]`, ""));
  else if (!(error instanceof CommanderError)) console.error(faultOf(error));
  return exitCode;
}

function exitCodeFor(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof Interruption) return error.exitCode;
  if (isBrokenPipe(error)) return EXIT_CODE_OF_BROKEN_PIPE;
  if (error instanceof WrongUse) return 2;
  return error instanceof MedexError ? 1 : 70;
}

function outputOf(error: unknown): ErrorOutput {
  if (error instanceof MedexError) {
    const { code, message, retriable } = error;
    return { error: { code, message, retriable } };
  }
  if (error instanceof CommanderError) {
    // Asked for nothing, commander shows the help, and calls that an error without words.
    const message =
      error.code === "commander.help"
        ? "a command is missing; add --help to see which there are"
        : error.message.replace(/^error: /, "");
    return { error: { code: "USAGE", message, retriable: false } };
  }
  const { frames } = describeUnforeseen(error);
  const stack = frames.length > 0 ? { stack: frames.join("\n") } : {};
  return {
    error: {
      code: "INTERNAL",
      message: `a fault in medex, ${summariseUnforeseen(error)}; report it, with its stack`,
      retriable: false,
      ...stack,
    },
  };
}

function faultOf(error: unknown): string {
  const places = describeUnforeseen(error).frames.map((frame) => `\n    at ${frame}`);
  return `medex: a fault in medex, ${summariseUnforeseen(error)}; report it, with these lines${places.join("")}`;
}
