/**
 * A relayer's configuration from `medex.config.json`, and its secrets from files or the environment. Every key is in
 * docs/configuration.md.
 */
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { MedexError } from "@medexchain/core";
import { readJsoncFile } from "@medexchain/core/jsonc-file";
import { hexToBytes } from "@noble/hashes/utils.js";
import { Wallet } from "ethers";
import { z } from "zod";
import { parseRelayerConfig, type RelayerConfig, type RelayerSecrets } from "./schema.ts";

/** The environment variables that are read, and what they take the place of. */
export interface RelayerEnvironment {
  /** `relayer.database` */
  readonly DATABASE_URL?: string | undefined;
  /** Raw private key of the account, for development: in place of a keystore. */
  readonly MEDEX_RELAYER_ACCOUNT_KEY?: string | undefined;
  /** `relayer.secrets.passphraseFile` */
  readonly MEDEX_RELAYER_PASSPHRASE?: string | undefined;
  /** `relayer.secrets.sealingKeyFile` */
  readonly MEDEX_RELAYER_SEALING_KEY?: string | undefined;
  /** `relayer.secrets.adminTokenFile` */
  readonly MEDEX_RELAYER_ADMIN_TOKEN?: string | undefined;
}

const path = z.string().min(1);
/** The files of the secrets: `relayer.secrets`. */
export const secretFilesSchema = z.strictObject({
  /** Encrypted account (Web3 Secret Storage, version 3). */
  keystoreFile: path.optional(),
  /** Its passphrase; a line end is not part of it. */
  passphraseFile: path.optional(),
  /** Raw private key, for development: 0x and 64 hexadecimal digits. */
  accountKeyFile: path.optional(),
  /** Seed of the X-Wing key pair, 64 hexadecimal digits. */
  sealingKeyFile: path.optional(),
  /** Whoever knows it may administer the relayer over HTTP. */
  adminTokenFile: path.optional(),
});
type SecretFiles = z.infer<typeof secretFilesSchema>;

/** Other commands have other keys in the same file. */
const fileSchema = z.looseObject({
  /** As `medex deploy` writes it: what is relayed between unless `relayer.chains` says otherwise. */
  chains: z.record(z.string(), z.unknown()).optional(),
  relayer: z.looseObject(
    { chains: z.unknown().optional(), secrets: secretFilesSchema.prefault({}) },
    {
      error: ({ input }) => (input === undefined ? "is missing: add this section (docs/configuration.md)" : undefined),
    },
  ),
});

export interface LoadedRelayer {
  readonly config: RelayerConfig;
  /** Reads the secrets, when they are needed: a keystore takes a second to open. */
  readSecrets(): Promise<RelayerSecrets>;
  /** The administrators' token alone; undefined where there is none. */
  readAdminToken(): Promise<string | undefined>;
}

/**
 * Reads a configuration file. Paths in it are relative to it; comments are allowed.
 *
 * @throws CONFIG_INVALID naming the file and each wrong key, never a value
 */
export async function loadRelayer(file: string, environment: RelayerEnvironment): Promise<LoadedRelayer> {
  const { chains: deployed = {}, relayer } = await readJsoncFile("configuration", file, fileSchema);
  const { secrets, chains = Object.values(deployed), ...others } = relayer;
  const rest = { ...others, chains };
  const { DATABASE_URL: url } = environment;
  const config = parseRelayerConfig(url === undefined ? rest : { ...rest, database: { url } });
  const folder = dirname(resolve(file));
  const located =
    "directory" in config.database ? { directory: resolve(folder, config.database.directory) } : config.database;
  const read = (name: keyof SecretFiles) => readSecret(folder, secrets, name);
  const readAdminToken = async () => environment.MEDEX_RELAYER_ADMIN_TOKEN ?? (await read("adminTokenFile"));
  return {
    config: { ...config, database: located },
    readAdminToken,
    readSecrets: async () => ({
      accountKey: await readAccount(folder, secrets, environment),
      sealingKey: sealingKeyOf(environment.MEDEX_RELAYER_SEALING_KEY ?? (await read("sealingKeyFile"))),
      adminToken: await readAdminToken(),
    }),
  };
}

async function readAccount(folder: string, files: SecretFiles, environment: RelayerEnvironment): Promise<string> {
  const raw = environment.MEDEX_RELAYER_ACCOUNT_KEY ?? (await readSecret(folder, files, "accountKeyFile"));
  if (raw !== undefined) return raw;
  const keystore = await readSecret(folder, files, "keystoreFile");
  if (keystore === undefined) {
    throw new MedexError(
      "CONFIG_INVALID",
      "relayer secrets: no account; set `secrets.keystoreFile`, or for development MEDEX_RELAYER_ACCOUNT_KEY",
    );
  }
  const passphrase = environment.MEDEX_RELAYER_PASSPHRASE ?? (await readSecret(folder, files, "passphraseFile"));
  if (passphrase === undefined) {
    throw new MedexError(
      "CONFIG_INVALID",
      "relayer secrets: the keystore needs its passphrase; set `secrets.passphraseFile` or MEDEX_RELAYER_PASSPHRASE",
    );
  }
  try {
    return (await Wallet.fromEncryptedJson(keystore, passphrase)).privateKey;
  } catch {
    // Without its cause, which may quote the passphrase.
    throw new MedexError("CONFIG_INVALID", `relayer secrets: the passphrase does not open ${files.keystoreFile}`);
  }
}

function sealingKeyOf(hex: string | undefined): Uint8Array {
  if (hex !== undefined && /^(0x)?[0-9a-fA-F]{64}$/.test(hex)) return hexToBytes(hex.replace(/^0x/, ""));
  throw new MedexError(
    "CONFIG_INVALID",
    "relayer secrets: the sealing key must be 64 hexadecimal digits, in `secrets.sealingKeyFile` or MEDEX_RELAYER_SEALING_KEY",
  );
}

async function readSecret(folder: string, files: SecretFiles, name: keyof SecretFiles): Promise<string | undefined> {
  const file = files[name];
  return file === undefined ? undefined : (await readText(resolve(folder, file))).trim();
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new MedexError("CONFIG_INVALID", `${file} cannot be read; check the path and its permissions`, { cause });
  }
}
