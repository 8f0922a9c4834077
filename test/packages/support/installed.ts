/** The archives that would be published, and empty projects in which they are installed. Built before: `npm run build:packages`. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { publishedPackages, ROOT, rootPackage } from "../../../tools/workspaces.ts";
import { succeeds } from "./outside.ts";

const entrySchema = z.looseObject({
  name: z.string(),
  filename: z.string(),
  files: z.array(z.looseObject({ path: z.string() })),
});
/** What `npm pack --json` prints: a list, from npm 12 on an object by names. */
const packedSchema = z.union([z.array(entrySchema), z.record(z.string(), entrySchema)]);

export interface Archive {
  /** `@medexchain/pre`. */
  readonly name: string;
  readonly path: string;
  /** The paths of its files, from its own root. */
  readonly files: readonly string[];
}

let folder: string | undefined;
/** A temporary folder for all of it, which is gone when the tests end. */
function temporary(): string {
  if (folder === undefined) {
    const made = mkdtempSync(join(tmpdir(), "medex-packages-"));
    folder = made;
    process.once("exit", () => rmSync(made, { recursive: true, force: true }));
  }
  return folder;
}

const once = <T>(make: () => Promise<T>): (() => Promise<T>) => {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
};

/** `npm pack` of the root and of every package that is published, by name. */
export const archives = once(async (): Promise<ReadonlyMap<string, Archive>> => {
  const destination = join(temporary(), "archives");
  mkdirSync(destination);
  const workspaces = publishedPackages().flatMap(({ folder }) => ["--workspace", folder]);
  const options = ["--ignore-scripts", "--json", "--pack-destination", destination];
  const printed = await succeeds(ROOT, ["npm", "pack", "--include-workspace-root", ...workspaces, ...options]);
  const packed = packedSchema.parse(JSON.parse(printed));
  return new Map(
    Object.values(packed).map(({ name, filename, files }) => [
      name,
      // npm names an archive of a scope `@scope/name.tgz` in its answer, and `scope-name.tgz` on disk.
      {
        name,
        path: join(destination, filename.replace(/^@/, "").replace("/", "-")),
        files: files.map(({ path }) => path),
      },
    ]),
  );
});

async function install(name: string, paths: readonly string[]): Promise<string> {
  const project = join(temporary(), name);
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "project", private: true, type: "module" }));
  // What `npm ci` brought into npm's cache is not asked for again.
  await succeeds(project, ["npm", "install", "--prefer-offline", "--no-audit", "--no-fund", ...paths]);
  return project;
}

/** A project that installed `medexchain` alone, in a folder whose name needs care in URLs and shells. */
export const commandProject = once(async () => {
  const archive = (await archives()).get("medexchain");
  return install("the command #1, 100%", [archive?.path ?? ""]);
});

/** A project that installed every package but `medexchain`. */
export const libraryProject = once(async () => {
  const libraries = [...(await archives()).values()].filter(({ name }) => name !== "medexchain");
  return install(
    "library",
    libraries.map(({ path }) => path),
  );
});

/** A project as Hardhat users have it: the contracts, Hardhat, and a compiler from npm. */
export const solidityProject = once(async () => {
  const contracts = (await archives()).get("@medexchain/contracts");
  const { devDependencies, dependencies } = rootPackage().manifest;
  return install("solidity", [
    contracts?.path ?? "",
    `hardhat@${dependencies.hardhat}`,
    `solc@${devDependencies.solc}`,
  ]);
});
