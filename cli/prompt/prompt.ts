import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { MedexError } from "@medexchain/core";

/** A person's terminal. */
export interface Terminal {
  /** What is typed. */
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  /** Where questions go: not standard output, which may be a file. */
  readonly output: NodeJS.WritableStream;
}

/** The terminal at which `medex` was called. */
export const ownTerminal = (): Terminal => ({ input: process.stdin, output: process.stderr });

/**
 * Asks for one line, and shows nothing of what is typed.
 *
 * @throws INPUT_INVALID when the person interrupts, or closes the input
 */
export async function askHidden(question: string, { input, output }: Terminal): Promise<string> {
  output.write(question);
  // With `terminal`, readline puts the terminal into raw mode, so that it does not echo, and echoes itself: to nowhere.
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: silent, terminal: true });
  const givenUp = new Promise<never>((_resolve, reject) => {
    const giveUp = () => reject(new MedexError("INPUT_INVALID", "interrupted; nothing was done"));
    lines.once("SIGINT", giveUp);
    lines.once("close", giveUp);
  });
  try {
    return await Promise.race([lines.question(""), givenUp]);
  } finally {
    lines.close();
    output.write("\n");
  }
}

/** Asks for a new passphrase, twice. Throws INPUT_INVALID when the two differ, and as `askHidden`. */
export async function askNewPassphrase(what: string, terminal: Terminal): Promise<string> {
  const passphrase = await askHidden(`New passphrase for ${what}: `, terminal);
  if ((await askHidden("Again: ", terminal)) !== passphrase) {
    throw new MedexError("INPUT_INVALID", "the two passphrases differ; try again");
  }
  return passphrase;
}
