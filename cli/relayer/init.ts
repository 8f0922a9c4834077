import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { MedexError } from "@medexchain/core";
import { writeFileDurably } from "@medexchain/core/durable-file";
import { RELAYER_SEED_LENGTH } from "@medexchain/pre";
import { Wallet } from "ethers";
import type { Context } from "../context.ts";
import { passphraseFileVariable } from "../environment.ts";
import { readPassphrase } from "../prompt/passphrase.ts";
import { readConfig, writeConfig } from "../session/config.ts";
import { relayerInitOutput } from "./outputs.ts";

export interface RelayerInitOptions {
  readonly port: number;
  /** Of the relayer's files; `relayer` beside the configuration unless given. */
  readonly directory?: string;
}

/** Bytes of the token by which the relayer is administered. */
const TOKEN_BYTES = 32;

/**
 * `medex relayer init`: an account in a keystore, a sealing key and an administrators' token, each in a file of its own, and the section of
 * the configuration that names them.
 */
export async function initRelayer(context: Context, options: RelayerInitOptions): Promise<void> {
  const { output, configFile } = context;
  const config = await readConfig(configFile);
  if (config.relayer !== undefined) {
    throw new MedexError(
      "CONFIG_INVALID",
      `${configFile} has a section relayer already: remove it if it is not wanted, or give --configuration`,
    );
  }
  if (config.ipfs === undefined || Object.keys(config.chains).length === 0) {
    throw new MedexError("CONFIG_INVALID", `${configFile} names no chains or no IPFS: get the network's configuration`);
  }
  const folder = resolve(options.directory ?? join(dirname(configFile), "relayer"));
  const passphrase = await readPassphrase(context, "the relayer's new account", { repeat: true });
  const wallet = Wallet.createRandom();
  output.progress("encrypting the account");
  const files = {
    keystoreFile: join(folder, "account.json"),
    sealingKeyFile: join(folder, "sealing.key"),
    adminTokenFile: join(folder, "admin.token"),
  };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await write(files.keystoreFile, await wallet.encrypt(passphrase));
  await write(files.sealingKeyFile, randomBytes(RELAYER_SEED_LENGTH).toString("hex"));
  await write(files.adminTokenFile, randomBytes(TOKEN_BYTES).toString("hex"));
  const passphraseFile = context.passphraseFile ?? passphraseFileVariable();
  const named = Object.fromEntries(
    Object.entries({ ...files, ...(passphraseFile && { passphraseFile: resolve(passphraseFile) }) }).map(
      // From the configuration, beside which they may be moved.
      ([name, path]) => [name, relative(dirname(configFile), path)],
    ),
  );
  const section = {
    ipfs: { url: config.ipfs.url },
    database: { directory: relative(dirname(configFile), join(folder, "database")) },
    http: { host: "127.0.0.1", port: options.port },
    secrets: named,
  };
  await writeConfig(configFile, [["relayer"], section]);
  const about = { account: wallet.address, configuration: configFile, files: Object.values(files) };
  output.result(relayerInitOutput, about, () => {
    output.fact("account", wallet.address);
    output.fact("files", folder);
    output.fact("configuration", configFile);
    output.note(
      `Have the chains' relayer manager admit the account (RelayerSet.addRelayer), and fund it on each chain. Then ${passphraseFile === undefined ? "set MEDEX_RELAYER_PASSPHRASE and " : ""}run medex relayer start; it publishes its sealing key by itself. Back the folder up.`,
    );
  });
}

/** A new file for its owner only: a key that is there is never replaced. */
function write(path: string, text: string): Promise<void> {
  return writeFileDurably(path, `${text}\n`, { exclusive: true }).catch((cause) => {
    throw new MedexError("CONFIG_INVALID", `cannot create ${path}: if there is such a file, give --directory`, {
      cause,
    });
  });
}
