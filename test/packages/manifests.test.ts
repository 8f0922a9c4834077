import { globSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join } from "node:path";
import { expect } from "chai";
import { publishedPackages, ROOT, rootPackage, workspacePackages } from "../../tools/workspaces.ts";
import { importedPackages } from "./support/imports.ts";

const builtIn = new Set(builtinModules);
/** What a module is asked for by `createRequire`, which no bundler follows. */
const required = (text: string): string[] =>
  [...text.matchAll(/createRequire\([^)]*\)\("(@?[^/"]+(?:\/[^/"]+)?)/g)].map(([, name = ""]) => name);
/** What declarations name. */
const typed = (text: string): string[] =>
  [...text.matchAll(/(?:from |import\()"((?:@[^/"]+\/)?[^./"@][^/"]*)/g)].map(([, name = ""]) => name);

/** The packages that a built folder needs. */
async function neededBy(folder: string): Promise<Set<string>> {
  const files = (pattern: string) => globSync(pattern, { cwd: folder }).map((file) => join(folder, file));
  const imported = await importedPackages(files("**/*.js"));
  const found = [
    ...imported,
    ...files("**/*.js").flatMap((file) => required(readFileSync(file, "utf8"))),
    ...files("**/*.d.ts").flatMap((file) => typed(readFileSync(file, "utf8"))),
  ];
  return new Set(found.filter((name) => !builtIn.has(name) && !/^(node:|#)/.test(name)));
}

describe("the manifests", () => {
  const packages = [rootPackage(), ...workspacePackages()];
  const { manifest: root } = rootPackage();

  it("have one version, also where they name each other", () => {
    for (const { manifest } of packages) {
      expect(manifest.version, manifest.name).to.equal(root.version);
      for (const [name, version] of Object.entries(manifest.dependencies)) {
        if (name.startsWith("@medexchain/")) expect(version, `${manifest.name}: ${name}`).to.equal(root.version);
      }
    }
  });

  it("ask for the same version of what others publish, an exact one", () => {
    const versions = new Map<string, string>();
    for (const { manifest } of packages) {
      for (const [name, version] of Object.entries({ ...manifest.devDependencies, ...manifest.dependencies })) {
        expect(version, `${manifest.name}: ${name}`).to.match(/^(npm:@?[^@]+@)?\d+\.\d+\.\d+$/);
        // typedoc's compiler is an older one, which is the reason for its package.
        if (manifest.name === "@medexchain/typedoc") continue;
        expect(version, `${manifest.name}: ${name}`).to.equal(versions.get(name) ?? version);
        versions.set(name, version);
      }
    }
  });

  it("of the root asks for what its one bundle leaves to others, and for nothing else", async () => {
    const needed = await neededBy(join(ROOT, "dist"));
    expect([...needed].sort()).to.deep.equal(Object.keys(root.dependencies).sort());
  });

  for (const { folder, manifest } of publishedPackages()) {
    it(`of ${manifest.name} asks for what its code and its types need, and for nothing else`, async () => {
      const needed = await neededBy(join(ROOT, folder, "dist"));
      // The Solidity sources need it, no TypeScript does.
      if (folder === "contracts") needed.add("@openzeppelin/contracts");
      expect([...needed].sort()).to.deep.equal(Object.keys(manifest.dependencies).sort());
    });
  }
});
