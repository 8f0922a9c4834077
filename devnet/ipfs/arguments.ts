import { CID } from "multiformats/cid";
import { z } from "zod";
import { KuboError } from "./kubo-error.ts";

/** Options of the HTTP layer that every Kubo command takes; they change nothing here: all content is local. */
const COMMON_OPTIONS = ["stream-channels", "timeout", "offline", "encoding", "enc", "stream"];

/** The parsed query string of a command: its positional arguments and its options. */
export interface CommandArguments {
  readonly args: readonly string[];
  readonly options: Readonly<Record<string, string>>;
}

/**
 * Splits a query string as Kubo does: `arg` is positional and repeats, all else are options.
 *
 * @param allowed the command's own options; any other is refused by name instead of being ignored
 */
export function parseArguments(query: URLSearchParams, command: string, allowed: readonly string[]): CommandArguments {
  const args: string[] = [];
  const options: Record<string, string> = {};
  for (const [name, value] of query) {
    if (name === "arg") args.push(value);
    else if (allowed.includes(name) || COMMON_OPTIONS.includes(name)) options[name] = value;
    else throw new KuboError(400, `${command}: option "${name}" is not supported by the development IPFS server`);
  }
  return { args, options };
}

/** A boolean option: absent means `fallback`. */
export function flag({ options }: CommandArguments, name: string, fallback: boolean): boolean {
  const value = options[name];
  if (value === undefined) return fallback;
  if (value === "true" || value === "") return true;
  if (value === "false") return false;
  throw new KuboError(400, `option "${name}" must be true or false`);
}

const count = z.coerce.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);

/** A whole-number option: absent means `undefined`. */
export function wholeNumber({ options }: CommandArguments, name: string): number | undefined {
  const value = options[name];
  if (value === undefined) return undefined;
  const parsed = count.safeParse(value === "" ? Number.NaN : value);
  if (!parsed.success) throw new KuboError(400, `option "${name}" must be a whole number, not negative`);
  return parsed.data;
}

/** Each positional argument as a CID, with or without `/ipfs/` before it. */
export function cidArguments({ args }: CommandArguments, command: string): CID[] {
  if (args.length === 0) throw new KuboError(400, `${command}: argument "cid" is required`);
  return args.map((value) => parseCid(value.replace(/^\/ipfs\//, ""), command));
}

/** The one positional argument as a CID. */
export function cidArgument(parsed: CommandArguments, command: string): CID {
  const [cid, ...more] = cidArguments(parsed, command);
  if (cid === undefined || more.length > 0) throw new KuboError(400, `${command}: one argument is required`);
  return cid;
}

function parseCid(value: string, command: string): CID {
  try {
    return CID.parse(value);
  } catch {
    throw new KuboError(500, `${command}: invalid path "${value}": it is no CID`);
  }
}
