import { readFile, stat } from "node:fs/promises";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { MedexError } from "../offchain/errors.ts";
import type { Context } from "./context.ts";
import { passphraseVariable, VARIABLES } from "./environment.ts";

/**
 * The passphrase of a vault: of the file that was named, the environment, or a person at a terminal, who does not see what they type.
 * Never of an argument, which others could see in the list of processes.
 *
 * @param what is opened, for the prompt
 * @param options.repeat ask twice, as for a new passphrase
 * @throws CONFIG_INVALID when there is none to be had, INPUT_INVALID when two inputs differ
 */
export async function readPassphrase(
  { passphraseFile }: Pick<Context, "passphraseFile">,
  what: string,
  options: { readonly repeat?: boolean } = {},
): Promise<string> {
  if (passphraseFile !== undefined) return readSecretFile(passphraseFile, "passphrase");
  const variable = passphraseVariable();
  if (variable !== undefined) return variable;
  if (!process.stdin.isTTY) {
    throw new MedexError(
      "CONFIG_INVALID",
      `there is no passphrase for ${what}: give --passphrase-file, set ${VARIABLES.passphrase}, or run at a terminal`,
    );
  }
  return options.repeat ? promptNewPassphrase(what) : prompt(`Passphrase for ${what}: `);
}

/** Asks a person for a new passphrase, twice. Throws INPUT_INVALID when the two differ, CONFIG_INVALID without a terminal. */
export async function promptNewPassphrase(what: string): Promise<string> {
  if (!process.stdin.isTTY) {
    throw new MedexError(
      "CONFIG_INVALID",
      `there is no new passphrase for ${what}: give it in a file, or run at a terminal`,
    );
  }
  const passphrase = await prompt(`New passphrase for ${what}: `);
  if ((await prompt("Again: ")) !== passphrase) {
    throw new MedexError("INPUT_INVALID", "the two passphrases differ; try again");
  }
  return passphrase;
}

/** The first line of a file that only its owner may read. Throws CONFIG_INVALID. */
export async function readSecretFile(path: string, what: string): Promise<string> {
  const info = await stat(path).catch((cause) => {
    throw new MedexError("CONFIG_INVALID", `the ${what} file ${path} cannot be read; check the path`, { cause });
  });
  if ((info.mode & 0o077) !== 0 && process.platform !== "win32") {
    throw new MedexError("CONFIG_INVALID", `others may read the ${what} file ${path}: chmod 600 it`);
  }
  const [line = ""] = (await readFile(path, "utf8")).split(/\r?\n/, 1);
  return line;
}

async function prompt(question: string): Promise<string> {
  process.stderr.write(question);
  // readline echoes what is typed to its output, which goes nowhere.
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const input = createInterface({ input: process.stdin, output: silent, terminal: true });
  const interrupted = new Promise<never>((_resolve, reject) => {
    input.on("SIGINT", () => reject(new MedexError("INPUT_INVALID", "interrupted; nothing was done")));
  });
  try {
    return await Promise.race([input.question(""), interrupted]);
  } finally {
    input.close();
    process.stderr.write("\n");
  }
}
