import { access, mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { MedexError } from "@medexchain/core";
import { removeAbandoned, writeFileDurably } from "@medexchain/core/durable-file";
import type { VaultContents, VaultRole } from "./contents.ts";
import { readEnvelope } from "./envelope.ts";
import { accountOf, openContents, sealContents } from "./sealed-contents.ts";

/** What of a vault anyone who can read its file knows. */
export interface VaultSummary {
  readonly name: string;
  readonly role: VaultRole;
  /** The address of the account whose key is inside; a firewall has none. */
  readonly account?: string;
  readonly path: string;
}

/** A vault's name is its file's. */
const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const EXTENSION = ".vault.json";

/**
 * Makes a vault: one file with mode 0600 in a folder with mode 0700.
 *
 * @throws INPUT_INVALID (the name, or too short a passphrase), VAULT_EXISTS
 */
export async function createVault(
  folder: string,
  name: string,
  contents: VaultContents,
  passphrase: string,
): Promise<VaultSummary> {
  const path = pathOf(folder, name);
  const text = await sealContents(contents, passphrase);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await removeAbandoned(folder);
  try {
    await writeFileDurably(path, text, { exclusive: true });
  } catch (cause) {
    throw isErrno(cause, "EEXIST") ? exists(name, path) : cause;
  }
  return summaryOf(name, path, contents);
}

/**
 * To be asked before anything is done for a vault that is to be made; `createVault` asks again.
 *
 * @throws INPUT_INVALID (the name), VAULT_EXISTS
 */
export async function requireNewVault(folder: string, name: string): Promise<void> {
  const path = pathOf(folder, name);
  const isThere = await access(path).then(
    () => true,
    () => false, // a folder that cannot be read is told when the vault is written
  );
  if (isThere) throw exists(name, path);
}

function exists(name: string, path: string): MedexError {
  return new MedexError("VAULT_EXISTS", `there is a vault named ${name} already, ${path}; choose another name`);
}

/**
 * Opens a vault.
 *
 * @throws VAULT_NOT_FOUND, VAULT_PASSPHRASE_WRONG, VAULT_DAMAGED
 */
export async function openVault(folder: string, name: string, passphrase: string): Promise<VaultContents> {
  const path = pathOf(folder, name);
  const text = await readVault(path, name);
  return openContents(text, passphrase, path);
}

/** Replaces what a vault holds, in one step. Throws as `openVault`. */
export async function saveVault(
  folder: string,
  name: string,
  contents: VaultContents,
  passphrase: string,
): Promise<void> {
  const path = pathOf(folder, name);
  await readVault(path, name);
  await removeAbandoned(folder);
  await writeFileDurably(path, await sealContents(contents, passphrase));
}

/** Encrypts a vault under another passphrase. Earlier backups keep theirs. Throws as `openVault`, and INPUT_INVALID. */
export async function changePassphrase(folder: string, name: string, from: string, to: string): Promise<void> {
  await saveVault(folder, name, await openVault(folder, name, from), to);
}

/** The vaults of a folder, by name. A damaged one is an error that names it. */
export async function listVaults(folder: string): Promise<VaultSummary[]> {
  const files = await readdir(folder).catch((error: unknown) => {
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  });
  const names = files.filter((file) => file.endsWith(EXTENSION)).map((file) => file.slice(0, -EXTENSION.length));
  return Promise.all(
    names.sort().map(async (name) => {
      const path = join(folder, `${name}${EXTENSION}`);
      const { role, account } = readEnvelope("medexchain/vault-file", await readVault(path, name), path);
      return { name, role, path, ...(account !== undefined && { account }) };
    }),
  );
}

function summaryOf(name: string, path: string, contents: VaultContents): VaultSummary {
  const account = accountOf(contents);
  return { name, path, role: contents.role, ...(account !== undefined && { account }) };
}

function pathOf(folder: string, name: string): string {
  if (!NAME.test(name)) {
    throw new MedexError(
      "INPUT_INVALID",
      "a vault's name has 1 to 64 of a-z, 0-9, '.', '_' and '-', and begins with a letter or digit",
    );
  }
  return join(folder, `${name}${EXTENSION}`);
}

async function readVault(path: string, name: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if (isErrno(cause, "ENOENT")) {
      throw new MedexError(
        "VAULT_NOT_FOUND",
        `there is no vault named ${name} at ${path}; create it, or restore a backup`,
      );
    }
    throw new MedexError("CONFIG_INVALID", `the vault ${path} cannot be read; check its permissions`, { cause });
  }
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
