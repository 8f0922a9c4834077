/** A copy of the project, to break it on purpose, and programs that run in it. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, readdir, realpath, symlink } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const PROJECT = fileURLToPath(new URL("../", import.meta.url));
/** What the project makes itself, and git does not keep. */
const GENERATED = ["artifacts", "contracts/generated"];

/** Copies to a folder what git keeps of the project, as it is in the working tree, and what the project has built. */
export async function copyProject(folder: string): Promise<void> {
  const { stdout } = await promisify(execFile)("git", ["ls-files"], { cwd: PROJECT, maxBuffer: 16 * 1024 * 1024 });
  for (const file of [...stdout.trim().split("\n"), ...GENERATED]) {
    await cp(join(PROJECT, file), join(folder, file), { recursive: true });
  }
  await linkPackages(folder);
}

/** Others' packages are the project's own; ours are the copies, since a link leads to the sources that it stands for. */
async function linkPackages(folder: string): Promise<void> {
  const installed = join(PROJECT, "node_modules");
  const ours = join(folder, "node_modules", "@medexchain");
  await mkdir(ours, { recursive: true });
  for (const name of await readdir(installed)) {
    if (name !== "@medexchain") await symlink(join(installed, name), join(folder, "node_modules", name));
  }
  for (const name of await readdir(join(installed, "@medexchain"))) {
    const source = await realpath(join(installed, "@medexchain", name));
    await symlink(join(folder, relative(await realpath(PROJECT), source)), join(ours, name));
  }
}

/** Runs a Node program in a folder; its exit code, and what it printed. What it prints of errors is passed on, or not. */
export async function runIn(
  folder: string,
  args: readonly string[],
  errors: "inherit" | "ignore" = "inherit",
): Promise<{ code: number | null; said: string }> {
  const flags = ["--conditions=@medexchain/source"];
  const child = spawn(process.execPath, [...flags, ...args], { cwd: folder, stdio: ["ignore", "pipe", errors] });
  let said = "";
  child.stdout.on("data", (data: Buffer) => {
    said += data.toString();
  });
  const [code] = await once(child, "close");
  return { code, said };
}
