import { setTimeout as sleep } from "node:timers/promises";
import { MedexError, toJson } from "@medexchain/core";
import { InvalidArgumentError } from "commander";
import { abortOnSignal, exitCodeOf } from "./abort-on-signal.ts";
import type { Output } from "./output.ts";

/** Seconds between two looks, unless given. */
const DEFAULT_SECONDS = 2;
/** Clears a terminal, and what has scrolled off it (ECMA-48, xterm). */
const CLEAR = "\u001b[2J\u001b[3J\u001b[H";

/** Of lists that can be watched. */
export interface WatchOptions {
  /** Seconds between two looks, or `true` for as many as usual. */
  readonly watch?: number | true;
}

export const WATCH_OPTION = "--watch [seconds]";
export const WATCH_DESCRIPTION =
  "look again every so often (default: 2 s), and print the list whenever it has changed, until interrupted";

/** Parses the seconds of `--watch`. */
export function parseWatch(value: string): number {
  if (!/^[1-9][0-9]{0,4}$/.test(value)) throw new InvalidArgumentError("must be a whole number of seconds, above 0.");
  return Number(value);
}

/** What a look at a list has found. */
export interface Look {
  /** Different whenever the list is. */
  readonly found: unknown;
  print(): void;
}

/** Prints a list, with `watch` anew whenever it has changed: on a terminal in its place, else below, with `--json` one document after the other. */
export async function showList(output: Output, { watch }: WatchOptions, look: () => Promise<Look>): Promise<void> {
  if (watch === undefined) return (await look()).print();
  const signal = abortOnSignal();
  const seconds = watch === true ? DEFAULT_SECONDS : watch;
  let shown: string | undefined;
  while (!signal.aborted) {
    try {
      const { found, print } = await look();
      const text = toJson(found);
      if (text !== shown) {
        if (process.stdout.isTTY && !output.json) process.stdout.write(CLEAR);
        print();
      }
      shown = text;
    } catch (error) {
      // A node that does not answer may answer the next time; what is wrong for good ends it.
      if (!MedexError.is(error) || !error.retriable) throw error;
      if (!output.json) output.note(`${error.message} [${error.code}]; looking again`);
    }
    await sleep(seconds * 1000, undefined, { signal }).catch(() => undefined); // interrupted
  }
  process.exitCode = exitCodeOf(signal);
}
