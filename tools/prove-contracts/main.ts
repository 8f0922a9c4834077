/** `npm run prove:contracts`: Halmos proves the properties in `contracts/proofs/` for all inputs, by symbolic execution. */
import { spawn } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { parseArgs } from "node:util";
import { ARTIFACTS, writeFoundryOutput } from "./foundry-output.ts";

const NOT_INSTALLED =
  "prove:contracts needs Halmos: python3 -m venv VENV && VENV/bin/pip install halmos==0.3.3, then npm run prove:contracts -- --halmos VENV/bin/halmos";

/**
 * A function to prove begins with `check`. Z3 comes with Halmos. A panic of any kind refutes, an overflow as well as an `assert`. On a busy
 * machine a question takes minutes that an idle one answers in a second, so the solver has ten for each.
 */
const OPTIONS = [
  ["--match-contract", "Proof$", "--function", "check", "--panic-error-codes", "*"],
  ["--solver", "z3", "--solver-timeout-assertion", "600000"],
].flat();

/** Runs Halmos on a folder that has Foundry's `out/`; its exit code, or undefined where it is not installed. */
async function runHalmos(halmos: string, root: string, args: readonly string[]): Promise<number | undefined> {
  // Halmos has Foundry's `forge` build first. What it would build is there already, so a `forge` that does nothing will do.
  const bin = join(root, "bin");
  await mkdir(bin);
  await writeFile(join(bin, "forge"), "#!/bin/sh\n");
  await chmod(join(bin, "forge"), 0o755);
  const PATH = `${bin}${delimiter}${process.env.PATH ?? ""}`;
  // Python takes sitecustomize.py from this folder.
  const env = { ...process.env, PATH, PYTHONPATH: import.meta.dirname, PYTHONDONTWRITEBYTECODE: "1" };
  const child = spawn(halmos, ["--root", root, "--no-status", ...OPTIONS, ...args], { stdio: "inherit", env });
  return new Promise((resolve, reject) => {
    child.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "ENOENT" ? resolve(undefined) : reject(error),
    );
    child.once("close", (code) => resolve(code ?? 1));
  });
}

const { values, positionals } = parseArgs({
  options: { halmos: { type: "string", default: "halmos" } },
  allowPositionals: true,
});
const root = await mkdtemp(join(tmpdir(), "medexchain-proofs-"));
try {
  await writeFoundryOutput(ARTIFACTS, join(root, "out"));
  const code = await runHalmos(values.halmos, root, positionals);
  if (code === undefined) console.error(NOT_INSTALLED);
  process.exitCode = code ?? 2;
} finally {
  await rm(root, { recursive: true, force: true });
}
