import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type Ended, MEDEX, Person } from "./support/medex.ts";

/** A terminal for a command: `script` of util-linux. Its namesake on BSD has other options. */
const hasScript = spawnSync("script", ["-qec", "true", "/dev/null"], { stdio: "ignore" }).status === 0;

const QUESTION = "Publish it? [y/N]";
const ARGS = ["record", "publish", "patient.json", "--private", "Patient.name"];
const RECORD = { resourceType: "Patient", name: [{ family: "Ravensworth" }], active: true };

describe("medex record publish, at a terminal", function () {
  this.timeout(120_000);
  let folder: string;
  let env: { MEDEX_HOME: string };

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "medex-question-"));
    writeFileSync(join(folder, "patient.json"), JSON.stringify(RECORD));
    // There is no vault: a command that goes on asks for it next, and ends.
    env = { MEDEX_HOME: join(folder, "nothing") };
  });
  after(() => rmSync(folder, { recursive: true }));

  /** Runs the command at a terminal. @param typed once the question is there */
  function atTerminal(args: readonly string[], typed: string): Promise<Omit<Ended, "stderr">> {
    const command = [process.execPath, MEDEX, ...args].map((word) => `'${word}'`).join(" ");
    const child = spawn("script", ["-qec", command, "/dev/null"], { cwd: folder, env: { ...process.env, ...env } });
    let stdout = "";
    let isTyped = false;
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      if (isTyped || !stdout.includes(QUESTION)) return;
      isTyped = true;
      child.stdin.write(typed);
    });
    return new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => resolve({ code, stdout }));
    });
  }

  function needsScript(this: Mocha.Context): void {
    if (hasScript) return;
    process.stdout.write("      skipped: there is no script of util-linux here to make a terminal\n");
    this.skip();
  }

  it("asks once the person has seen what would be public, and does nothing at n", async function () {
    needsScript.call(this);
    const { code, stdout } = await atTerminal(ARGS, "n\n");
    expect(code).to.equal(1);
    expect(stdout).to.include("[INPUT_INVALID]").and.include("nothing was done");
    expect(stdout.indexOf("Patient.active")).to.be.within(0, stdout.indexOf(QUESTION));
    expect(stdout).to.not.include("Ravensworth");
  });

  it("does nothing when the person closes the input", async function () {
    needsScript.call(this);
    const { code, stdout } = await atTerminal(ARGS, "\u0004");
    expect(code).to.equal(1);
    expect(stdout).to.include("nothing was done");
  });

  it("goes on at y: what it wants next is the vault", async function () {
    needsScript.call(this);
    const { code, stdout } = await atTerminal(ARGS, "y\n");
    expect(code).to.equal(1);
    expect(stdout).to.include(QUESTION).and.include("vault").and.not.include("nothing was done");
  });

  it("does not ask with --yes", async function () {
    needsScript.call(this);
    const { code, stdout } = await atTerminal([...ARGS, "--yes"], "");
    expect(code).to.equal(1);
    expect(stdout).to.include("vault").and.not.include(QUESTION);
  });

  it("does not ask a script, with --yes or without", async () => {
    const person = new Person(folder, env);
    for (const args of [ARGS, [...ARGS, "--yes"]]) {
      const { code, stderr } = await person.run(args);
      expect(code).to.equal(1);
      expect(stderr).to.include("vault").and.not.include(QUESTION);
    }
  });
});
