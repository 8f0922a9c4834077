import { readFile, stat } from "node:fs/promises";
import { MedexError } from "@medexchain/core";
import type { Context } from "../context.ts";
import { passphraseFileVariable, passphraseVariable, VARIABLES } from "../environment.ts";
import { askHidden, askNewPassphrase, ownTerminal } from "./prompt.ts";

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
  const file = passphraseFileVariable();
  if (file !== undefined) return readSecretFile(file, "passphrase");
  if (!process.stdin.isTTY) {
    throw new MedexError(
      "CONFIG_INVALID",
      `there is no passphrase for ${what}: give --passphrase-file, set ${VARIABLES.passphrase}, or run at a terminal`,
    );
  }
  const terminal = ownTerminal();
  return options.repeat ? askNewPassphrase(what, terminal) : askHidden(`Passphrase for ${what}: `, terminal);
}

/** Asks a person for a new passphrase, twice. Throws INPUT_INVALID when the two differ, CONFIG_INVALID without a terminal. */
export async function promptNewPassphrase(what: string): Promise<string> {
  if (!process.stdin.isTTY) {
    throw new MedexError(
      "CONFIG_INVALID",
      `there is no new passphrase for ${what}: give --new-passphrase-file, or run at a terminal`,
    );
  }
  return askNewPassphrase(what, ownTerminal());
}

/** The first line of a file that only its owner may read. Throws CONFIG_INVALID. */
export async function readSecretFile(path: string, what: string): Promise<string> {
  const info = await stat(path).catch((cause) => {
    throw new MedexError("CONFIG_INVALID", `cannot read the ${what} file ${path}; check the path`, { cause });
  });
  if ((info.mode & 0o077) !== 0 && process.platform !== "win32") {
    throw new MedexError("CONFIG_INVALID", `other users can read the ${what} file ${path}: run chmod 600 on it`);
  }
  const [line = ""] = (await readFile(path, "utf8")).split(/\r?\n/, 1);
  return line;
}
