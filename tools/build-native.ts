/**
 * Builds `native/` by cargo, where there is one, and puts the library beside its manifest, where `@medexchain/pre` finds it. With
 * `--if-cargo` it says so and goes on where there is no cargo.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./workspaces.ts";

const FOLDER = join(ROOT, "native");
const BUILT: Partial<Record<NodeJS.Platform, string>> = {
  darwin: "libmedexchain_native_curve.dylib",
  win32: "medexchain_native_curve.dll",
};

if (process.argv.includes("--if-cargo") && spawnSync("cargo", ["--version"]).status !== 0) {
  console.log("There is no cargo here: the native curve is not built, and mcl-wasm computes.");
} else {
  execFileSync("cargo", ["build", "--release", "--locked", "--quiet"], { cwd: FOLDER, stdio: "inherit" });
  const target = join(FOLDER, "native-curve.node");
  // A process that has the old one open keeps it: it is replaced, not written over.
  copyFileSync(
    join(FOLDER, "target/release", BUILT[process.platform] ?? "libmedexchain_native_curve.so"),
    `${target}.new`,
  );
  renameSync(`${target}.new`, target);
  console.log("Built native/native-curve.node: blst computes.");
}
