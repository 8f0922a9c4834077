import { existsSync } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import { MedexError } from "@medexchain/core";
import { parseJsonc, readJsoncFile } from "@medexchain/core/jsonc-file";
import { applyEdits, modify } from "jsonc-parser";
import { z } from "zod";
import { chainEntrySchema } from "./chain-entry.ts";

const chainsSchema = z.record(z.string().min(1), chainEntrySchema);
/** The section `chains`: every network's chain, by name. */
export type Chains = z.infer<typeof chainsSchema>;

// Other sections belong to other parts, which check them.
const fileSchema = z.looseObject({ chains: chainsSchema });

/**
 * Reads the section `chains` of `medex.config.json`.
 *
 * @throws CONFIG_INVALID naming the file and each wrong key
 */
export async function readChains(path: string): Promise<Chains> {
  return (await readJsoncFile("configuration", path, fileSchema)).chains;
}

/**
 * Writes chains into the section `chains` of `medex.config.json`, beside those of other names; everything else in the file stays as it
 * is, comments too. The file is replaced in one step, and not touched when nothing changes.
 *
 * @throws CONFIG_INVALID when there is a file that cannot be read, now or with these chains in it, or it cannot be written
 */
export async function writeChains(path: string, chains: Chains): Promise<void> {
  const before = existsSync(path) ? await readFile(path, "utf8") : "{}\n";
  if (existsSync(path)) await readJsoncFile("configuration", path, z.looseObject({}));
  let text = before;
  for (const [name, entry] of Object.entries(chains)) {
    // Chain ids are far below 2^53.
    const value = { ...entry, deployment: { ...entry.deployment, chainId: Number(entry.deployment.chainId) } };
    const edits = modify(text, ["chains", name], value, { formattingOptions: { tabSize: 2, insertSpaces: true } });
    text = applyEdits(text, edits);
  }
  if (text === before) return;
  parseJsonc("configuration", path, text, fileSchema);
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, text);
    await rename(temporary, path);
  } catch (cause) {
    throw new MedexError("CONFIG_INVALID", `configuration: cannot write ${path}: check the folder`, { cause });
  }
}
