/**
 * Builds what is published, into `dist/` folders: each package by itself (JavaScript, declarations, source maps), and `medexchain`, the
 * command with all that it needs of them in one bundle, so that it installs from its one archive. The contracts must be built before
 * (`npm run build`). With `--bundle`, the command alone; the app in the browser is built when it is first served.
 */
import { execFileSync } from "node:child_process";
import { cpSync, globSync, readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { build } from "esbuild";
import { publishedPackages, ROOT } from "./workspaces.ts";

/** Files that a module reads from beside itself. */
const ASSETS = [
  "audit/page/report.css",
  ...["html", "rows", "report"].map((name) => `audit/page/${name}.js`),
  "contracts/generated/build-info.json",
];
/** What is declared of modules that are written in JavaScript. */
const DECLARATIONS = globSync("audit/page/*.d.ts", { cwd: ROOT });
/** Modules that run in threads of their own, found beside the module that starts them (`siblingModule`). */
const WORKERS = globSync("{offchain/*,relayer,audit}/**/*-worker.ts", { cwd: ROOT, exclude: ["**/node_modules"] });

function buildPackages(): void {
  const folders = publishedPackages().map(({ folder }) => join(ROOT, folder));
  // What an older source left there would be published with the rest.
  for (const folder of folders) rmSync(join(folder, "dist"), { recursive: true, force: true });
  execFileSync(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "-b", "tsconfig.build.json"], {
    cwd: ROOT,
    stdio: "inherit",
  });
  for (const asset of [...ASSETS, ...DECLARATIONS]) {
    const [folder = "", ...path] = asset.split("/");
    cpSync(join(ROOT, asset), join(ROOT, folder, "dist", ...path));
  }
  for (const folder of folders) cpSync(join(ROOT, "LICENSE"), join(folder, "LICENSE"));
}

async function buildCommand(): Promise<void> {
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const outdir = join(ROOT, "dist");
  rmSync(outdir, { recursive: true, force: true });
  await build({
    absWorkingDir: ROOT,
    entryPoints: ["cli/medex.ts", ...WORKERS].map((file) => ({ in: file, out: basename(file, ".ts") })),
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node24",
    conditions: ["@medexchain/source"],
    external: Object.keys(dependencies).flatMap((name) => [name, `${name}/*`]),
    sourcemap: true,
    sourcesContent: false,
    outdir,
    logLevel: "warning",
  });
  for (const asset of ASSETS) cpSync(join(ROOT, asset), join(outdir, basename(asset)));
}

/** The app in the browser, into `dist/app`. */
function buildApp(): void {
  execFileSync(process.execPath, [join(ROOT, "node_modules/vite/bin/vite.js"), "build", "web", "--logLevel", "error"], {
    cwd: ROOT,
    stdio: "inherit",
  });
}

const isAll = !process.argv.includes("--bundle");
if (isAll) buildPackages();
await buildCommand();
if (isAll) buildApp();
