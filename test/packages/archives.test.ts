import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { publishedPackages, ROOT, rootPackage } from "../../tools/workspaces.ts";
import { type Archive, archives } from "./support/installed.ts";
import { succeeds } from "./support/outside.ts";

/** What an archive may hold, by its name; anything else was left in by mistake. */
const LIBRARY = /^(package\.json|README\.md|LICENSE|(?!dist\/)[\w./-]+\.ts|dist\/[\w./@-]+(\.js|\.d\.ts)(\.map)?)$/;
const ALLOWED: Readonly<Record<string, RegExp>> = {
  medexchain:
    /^(package\.json|README\.md|LICENSE|dist\/[\w-]+\.js(\.map)?|dist\/(build-info\.json|report\.css)|dist\/app\/(index\.html|assets\/[\w-]+\.(js|css|wasm))|docs\/(?!api\/)[\w./-]+\.(md|json)|docs\/images\/[\w-]+\.webp|examples\/[\w.-]+|deploy\/\w+\.jsonc|deploy\/(parameters|besu|observability|systemd)\/[\w.-]+|tools\/(medex|require-node)\.cjs)$/,
  "@medexchain/contracts":
    /^(package\.json|README\.md|LICENSE|index\.ts|((interfaces|libraries|types)\/)?\w+\.sol|(dist\/)?generated\/.*|dist\/index\..*)$/,
  "@medexchain/bfv": new RegExp(`${LIBRARY.source}|^residues\\.wat$`),
  "@medexchain/audit": new RegExp(`${LIBRARY.source}|^dist/page/report\\.(css|js)$`),
};
/** What is for this repository alone. */
const OURS =
  /(^|\/)(test|bench|chaos|devnet|cli|node_modules)\/|\.test\.ts$|\.t\.sol$|tsbuildinfo|tsconfig|\.env|\.key$/;

describe("the archives that are published", () => {
  let packed: ReadonlyMap<string, Archive>;
  before(async () => {
    packed = await archives();
  });
  const published = [rootPackage(), ...publishedPackages()];
  const archiveOf = (name: string): Archive => packed.get(name)!;

  it("are those of the packages that are not private", () => {
    expect([...packed.keys()].sort()).to.deep.equal(published.map(({ manifest }) => manifest.name).sort());
  });

  for (const { folder, manifest } of published) {
    const { name } = manifest;
    describe(name, () => {
      it("holds what a user needs, and nothing else", () => {
        const { files } = archiveOf(name);
        expect(files).to.include.members(["package.json", "README.md", "LICENSE"]);
        const allowed = ALLOWED[name] ?? LIBRARY;
        expect(files.filter((path) => OURS.test(path) || !allowed.test(path))).to.deep.equal([]);
      });

      it("is clean for publint", async () => {
        const bytes = readFileSync(archiveOf(name).path);
        const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
        const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
        expect(messages.map((message) => formatMessage(message, pkg))).to.deep.equal([]);
      });

      if (folder === ".") return; // the sources of its bundle are in the other packages, and it has nothing to import

      it("has the files to which its source maps lead", () => {
        const { files } = archiveOf(name);
        for (const map of files.filter((path) => path.endsWith(".map"))) {
          const { sources } = JSON.parse(readFileSync(join(ROOT, folder, map), "utf8"));
          for (const source of sources) expect(files, map).to.include(join(map, "..", source));
        }
      });

      it("is clean for Are The Types Wrong", async () => {
        const attw = join(ROOT, "node_modules/@arethetypeswrong/cli/dist/index.js");
        // Node 10, which the profile leaves out, knows no `imports`; that they lead somewhere is told by those who install the packages.
        const rules = ["--profile", "esm-only", "--ignore-rules", "internal-resolution-error", "cjs-resolves-to-esm"];
        await succeeds(ROOT, [process.execPath, attw, archiveOf(name).path, ...rules]);
      });
    });
  }
});
