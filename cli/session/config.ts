import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { chainEntrySchema } from "@medexchain/config";
import { MAX_TIMER_MS, MedexError, toJson } from "@medexchain/core";
import { writeFileDurably } from "@medexchain/core/durable-file";
import { parseJsonc, readJsoncFile } from "@medexchain/core/jsonc-file";
import { applyEdits, modify } from "jsonc-parser";
import { z } from "zod";

const serviceUrl = z.url({ protocol: /^https?$/ });

const hospitalSchema = z.strictObject({
  /** Where it enrols its members: a name of the section `chains`. */
  chain: z.string().min(1),
  /** The URL of its firewall, for its own members. */
  gateway: serviceUrl.exactOptional(),
  /** The URL of the hospital's own service, for its firewall. */
  service: serviceUrl.exactOptional(),
});

export const configSchema = z.strictObject({
  /** For editors: where this file's JSON Schema is. */
  $schema: z.string().exactOptional(),
  /** By the names of their networks, see `offchain/config`; `medex deploy` and `medex devnet up` write them. */
  chains: z.record(z.string().min(1), chainEntrySchema).default({}),
  /** A Kubo RPC endpoint. */
  ipfs: z.strictObject({ url: serviceUrl }).exactOptional(),
  /** A Stardust node's REST API. */
  tangle: z
    .strictObject({
      url: serviceUrl,
      /** How long one call may take, proof of work included, in milliseconds; 60,000 unless given. */
      timeoutMs: z.int().positive().max(MAX_TIMER_MS).exactOptional(),
    })
    .exactOptional(),
  /** By their pseudonyms. */
  hospitals: z.record(z.string().min(1), hospitalSchema).default({}),
  /** Second nodes of chains, by the names of their networks, whose answers an audit compares. */
  audit: z.strictObject({ witnesses: z.record(z.string().min(1), serviceUrl) }).exactOptional(),
  /** Relayers whose health `medex check` asks for. */
  relayers: z.array(z.strictObject({ url: serviceUrl })).default([]),
  /** How a relayer runs. Only `medex relayer` reads and checks it. */
  relayer: z.unknown().optional(),
});
/** `medex.config.json`. URLs may carry credentials: do not print them. */
export type Config = z.infer<typeof configSchema>;
export type HospitalEntry = z.infer<typeof hospitalSchema>;

/**
 * Reads the configuration.
 *
 * @throws CONFIG_INVALID naming the file and each wrong key
 */
export async function readConfig(path: string): Promise<Config> {
  if (!existsSync(path)) {
    throw new MedexError(
      "CONFIG_INVALID",
      `there is no configuration at ${path}: get it from your hospital, or run medex devnet up`,
    );
  }
  const config = await readJsoncFile("configuration", path, configSchema);
  checkReferences(path, config);
  return config;
}

/** Throws CONFIG_INVALID when one part of the configuration names another that is not there. */
function checkReferences(path: string, { hospitals, chains }: Config): void {
  for (const [name, { chain }] of Object.entries(hospitals)) {
    if (chains[chain] === undefined) {
      throw new MedexError(
        "CONFIG_INVALID",
        `configuration: ${path}: hospitals.${name}.chain: there is no chain named ${chain}; add it, or name another`,
      );
    }
  }
}

/** A value in the configuration, by the keys that lead to it. */
export type ConfigEdit = readonly [keys: string[], value: unknown];

/**
 * Sets values in the configuration; everything else in the file stays as it is, comments too. Makes the file if need be.
 *
 * @throws CONFIG_INVALID, and writes nothing, when the file could not be read after that
 */
export async function writeConfig(path: string, ...edits: readonly ConfigEdit[]): Promise<void> {
  const before = existsSync(path) ? await readFile(path, "utf8") : "{}\n";
  let after = before;
  for (const [keys, value] of edits) {
    const plain: unknown = JSON.parse(toJson(value, { integer: Number })); // chain ids
    const changes = modify(after, keys, plain, { formattingOptions: { tabSize: 2, insertSpaces: true } });
    after = applyEdits(after, changes);
  }
  if (after === before) return;
  checkReferences(path, parseJsonc("configuration", path, after, configSchema));
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFileDurably(path, after);
}

/** A hospital's entry, by its pseudonym. */
export function hospitalEntry(config: Config, name: string): HospitalEntry {
  const entry = config.hospitals[name];
  if (entry === undefined) {
    throw new MedexError(
      "CONFIG_INVALID",
      `the configuration has no hospital "${name}": add it with medex hospital add`,
    );
  }
  return entry;
}
