import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder in which `medexchain` is installed, or the repository: examples and parameters of networks are there. */
export const packageRoot = (): string => find().folder;

/** The version of `medexchain`. */
export const packageVersion = (): string => find().version;

let found: { readonly folder: string; readonly version: string } | undefined;

function find(): NonNullable<typeof found> {
  for (let folder = dirname(fileURLToPath(import.meta.url)); found === undefined; folder = dirname(folder)) {
    const { name, version } = manifest(folder);
    if (name === "medexchain" && version !== undefined) found = { folder, version };
    else if (folder === dirname(folder)) throw new Error("the package.json of medexchain is not above its own code");
  }
  return found;
}

function manifest(folder: string): { readonly name?: string; readonly version?: string } {
  try {
    return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  } catch {
    return {}; // most folders have none
  }
}
