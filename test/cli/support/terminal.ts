/** A terminal for a command: `script` of util-linux. Its namesake on BSD has other options. */
import { spawn, spawnSync } from "node:child_process";
import { type Ended, MEDEX } from "./medex.ts";

const hasScript = spawnSync("script", ["-qec", "true", "/dev/null"], { stdio: "ignore" }).status === 0;

/** Leaves a test out, and says why, where there is no terminal to be had. */
export function needsScript(this: Mocha.Context): void {
  if (hasScript) return;
  process.stdout.write("      skipped: there is no script of util-linux here to make a terminal\n");
  this.skip();
}

/**
 * Runs the command at a terminal.
 *
 * @param question what it asks
 * @param typed once the question is there
 */
export function atTerminal(
  args: readonly string[],
  {
    cwd,
    env,
    question,
    typed,
  }: {
    readonly cwd: string;
    readonly env: NodeJS.ProcessEnv;
    readonly question: string;
    readonly typed: string;
  },
): Promise<Omit<Ended, "stderr">> {
  const command = [process.execPath, MEDEX, ...args].map((word) => `'${word}'`).join(" ");
  const child = spawn("script", ["-qec", command, "/dev/null"], { cwd, env: { ...process.env, ...env } });
  let stdout = "";
  let isTyped = false;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    if (isTyped || !stdout.includes(question)) return;
    isTyped = true;
    child.stdin.write(typed);
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout }));
  });
}
