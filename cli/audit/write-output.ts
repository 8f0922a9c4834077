import { once } from "node:events";
import { existsSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { MedexError } from "@medexchain/core";
import { writeFileDurably } from "@medexchain/core/durable-file";

/**
 * Refuses a file that is there, before anything long begins.
 *
 * @throws INPUT_INVALID
 */
export function refuseExisting(file: string | undefined, force: boolean): void {
  if (file !== undefined && !force && existsSync(file)) throw taken(file);
}

/**
 * Writes pieces to a new file of mode 0600, whole or not at all; or, without a file, to standard output, no faster than it is read.
 *
 * @throws INPUT_INVALID when there is such a file, or it cannot be made; whatever making the pieces throws; the signal's reason
 */
export async function writeOutput(
  pieces: Iterable<string>,
  file: string | undefined,
  force: boolean,
  signal: AbortSignal,
): Promise<void> {
  if (file === undefined) {
    for await (const block of untilAborted(pieces, signal)) await print(block, signal);
    await setImmediate(); // a broken pipe is reported after the write
    signal.throwIfAborted();
    return;
  }
  await writeFileDurably(file, untilAborted(pieces, signal), { exclusive: !force }).catch((cause: unknown) => {
    signal.throwIfAborted();
    const { code } = cause as { code?: string }; // a system's error has one, and so has a MedexError
    if (code === "EEXIST") throw taken(file);
    if (MedexError.is(cause) || code === undefined) throw cause;
    throw new MedexError("INPUT_INVALID", `${file} cannot be written (${code}); check the folder and its permissions`, {
      cause,
    });
  });
}

/** Blocks, between which signals are heard. */
async function* untilAborted(pieces: Iterable<string>, signal: AbortSignal): AsyncGenerator<string> {
  for (const block of inBlocks(pieces)) {
    await setImmediate();
    signal.throwIfAborted();
    yield block;
  }
}

async function print(block: string, signal: AbortSignal): Promise<void> {
  if (process.stdout.write(block)) return;
  await once(process.stdout, "drain", { signal }).catch((error: unknown) => {
    signal.throwIfAborted(); // interrupted, or nobody reads any more
    throw error;
  });
}

/** Characters that are written at once. */
const BLOCK = 65_536;

/** The same text in fewer pieces: one write for each line would take longer than making it. */
export function* inBlocks(pieces: Iterable<string>): Generator<string> {
  let block = "";
  for (const piece of pieces) {
    block += piece;
    if (block.length < BLOCK) continue;
    yield block;
    block = "";
  }
  if (block !== "") yield block;
}

const taken = (file: string) =>
  new MedexError("INPUT_INVALID", `${file} exists already: choose another name, or add --force`);
