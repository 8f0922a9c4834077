import { build } from "esbuild";

/** The package of a specifier: `@noble/hashes` of `@noble/hashes/utils.js`; undefined for a file, or Node's own. */
function packageOf(specifier: string): string | undefined {
  if (/^(\.|\/|node:)/.test(specifier)) return undefined;
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

/** The packages that modules import, statically or not, or get by `require`. */
export async function importedPackages(modules: readonly string[]): Promise<ReadonlySet<string>> {
  const { metafile } = await build({
    entryPoints: [...modules],
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    write: false,
    metafile: true,
    outdir: "nowhere",
    logLevel: "silent",
  });
  const imports = Object.values(metafile.inputs).flatMap(({ imports }) => imports);
  const names = imports.filter(({ external }) => external).map(({ path }) => packageOf(path));
  return new Set(names.filter((name) => name !== undefined));
}
