/** The packages of this repository, by their manifests. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";

export const ROOT: string = fileURLToPath(new URL("../", import.meta.url));

const dependencies = z.record(z.string(), z.string()).default({});
const manifestSchema = z.looseObject({
  name: z.string(),
  version: z.string(),
  private: z.boolean().default(false),
  dependencies,
  devDependencies: dependencies,
  exports: z.record(z.string(), z.union([z.string(), z.record(z.string(), z.string())])).default({}),
});
/** What we read of a `package.json`. */
export type Manifest = z.infer<typeof manifestSchema>;

export interface Package {
  /** From the root, `offchain/pre`; `.` for the root itself. */
  readonly folder: string;
  readonly manifest: Manifest;
}

/** Reads one manifest. Throws when it is not one. */
export function readPackage(folder: string): Package {
  return {
    folder,
    manifest: manifestSchema.parse(JSON.parse(readFileSync(join(ROOT, folder, "package.json"), "utf8"))),
  };
}

/** The root, which is published as `medexchain`. */
export const rootPackage = (): Package => readPackage(".");

/** All packages below the root, in the order in which the root names them. */
export function workspacePackages(): readonly Package[] {
  const { workspaces } = z.looseObject({ workspaces: z.array(z.string()) }).parse(rootPackage().manifest);
  return workspaces.map(readPackage);
}

/** Those that others can install. */
export const publishedPackages = (): readonly Package[] =>
  workspacePackages().filter(({ manifest }) => !manifest.private);
