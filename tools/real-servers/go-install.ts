/** Programs that are built from the Go module proxy, once, into the cache of `node_modules`. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const CACHE = fileURLToPath(new URL("../../node_modules/.cache/medexchain/go/", import.meta.url));

export interface GoProgram {
  /** Import path of its main package. */
  readonly main: string;
  readonly version: string;
}

const has = (command: string): boolean => {
  try {
    execFileSync(command, ["version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

/** What to do where `go` is not installed; undefined where it is. */
export const goIsMissing = (): string | undefined => (has("go") ? undefined : "Install Go (https://go.dev/dl/).");

/** The file of a program, which is built first where it is not there. */
export function goInstall({ main, version }: GoProgram): string {
  const folder = `${CACHE}${version}`;
  const file = `${folder}/${main.slice(main.lastIndexOf("/") + 1)}`;
  if (!existsSync(file)) {
    process.stderr.write(`building ${main}@${version}, once; this takes minutes\n`);
    execFileSync("go", ["install", `${main}@${version}`], {
      env: { ...process.env, GOBIN: folder },
      stdio: ["ignore", "inherit", "inherit"],
    });
  }
  return file;
}
