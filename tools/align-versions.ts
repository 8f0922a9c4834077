/** After `changeset version`: gives the root and the private packages the version of the published ones, which changesets does not see. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { publishedPackages, ROOT, rootPackage, workspacePackages } from "./workspaces.ts";

const versions = new Set(publishedPackages().map(({ manifest }) => manifest.version));
const [version] = versions;
if (version === undefined || versions.size !== 1) throw new Error(`the packages differ: ${[...versions].join(", ")}`);

for (const { folder } of [rootPackage(), ...workspacePackages()]) {
  const file = join(ROOT, folder, "package.json");
  const manifest = JSON.parse(readFileSync(file, "utf8"));
  manifest.version = version;
  for (const name of Object.keys(manifest.dependencies ?? {})) {
    if (name.startsWith("@medexchain/")) manifest.dependencies[name] = version;
  }
  writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`);
}
