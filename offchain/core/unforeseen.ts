/** What may be told of an error that is not a `MedexError`. */
export interface Unforeseen {
  /** The error's class, as `TypeError`; the value's type where no error was thrown. */
  readonly name: string;
  /** A short token as libraries set it: `ECONNRESET`, `CALL_EXCEPTION`, PostgreSQL's `23505`. */
  readonly code?: string;
  /** Where it arose, innermost first: file name and line, as `re-encrypt.ts:84`. */
  readonly frames: readonly string[];
}

const NAME = /^[A-Za-z_$][\w$]{0,63}$/;
const CODE = /^(?:[A-Z][A-Z0-9_]{1,47}|[0-9A-Z]{5})$/;
/** A line of a stack. The place is in brackets, or all that follows `at`. */
const FRAME = /^\s+at (?:.*\(|async )?([^()]+):(\d+):\d+\)?$/;
const FRAME_WITHOUT_PLACE = /^\s+at \S/;
const FILE = /(?:^|[/\\:])([\w.-]{1,64}\.[cm]?[jt]s)$/;
const NODE_MODULE = /^node:[a-z_]+(?:\/[a-z_]+)*$/;

const MAX_FRAMES = 20;

/**
 * What of an unforeseen error can be printed and logged by whoever did not raise it: nothing that can carry a secret. Its message may
 * quote anything (ethers puts the values of calls, transactions and URLs with their credentials there), so it is left out, and so are its
 * fields and causes.
 */
export function describeUnforeseen(error: unknown): Unforeseen {
  if (!(error instanceof Error)) return { name: typeof error, frames: [] };
  const { name } = error;
  const code = "code" in error && typeof error.code === "string" && CODE.test(error.code) ? error.code : undefined;
  return { name: NAME.test(name) ? name : "Error", ...(code !== undefined && { code }), frames: framesOf(error) };
}

/** The same in a few words, with the innermost place alone: "unexpected TypeError ERR_INVALID_URL at client.ts:84". */
export function summariseUnforeseen(error: unknown): string {
  const { name, code, frames } = describeUnforeseen(error);
  const place = frames[0] === undefined ? "" : ` at ${frames[0]}`;
  return `unexpected ${code === undefined ? name : `${name} ${code}`}${place}`;
}

/** The lines after the message, however many lines that has, and though some of them look like frames. */
function framesOf({ stack, message }: Error): string[] {
  if (typeof stack !== "string") return [];
  const said = stack.indexOf(message);
  const lines = (said === -1 ? stack : stack.slice(said + message.length)).split("\n");
  const first = lines.findLastIndex((line) => !FRAME_WITHOUT_PLACE.test(line)) + 1;
  return lines
    .slice(first)
    .flatMap((line) => placeOf(line) ?? [])
    .slice(0, MAX_FRAMES);
}

function placeOf(frame: string): string | undefined {
  const [, place = "", line] = FRAME.exec(frame) ?? [];
  const file = NODE_MODULE.test(place) ? place : FILE.exec(place)?.[1];
  return file === undefined ? undefined : `${file}:${line}`;
}
