import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Person } from "./support/medex.ts";
import { atTerminal, needsScript } from "./support/terminal.ts";

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

  const typing = (args: readonly string[], typed: string) =>
    atTerminal(args, { cwd: folder, env, question: QUESTION, typed });

  it("asks once the person has seen what would be public, and does nothing at n", async function () {
    needsScript.call(this);
    const { code, stdout } = await typing(ARGS, "n\n");
    expect(code).to.equal(1);
    expect(stdout).to.include("[INPUT_INVALID]").and.include("nothing was done");
    expect(stdout.indexOf("Patient.active")).to.be.within(0, stdout.indexOf(QUESTION));
    expect(stdout).to.not.include("Ravensworth");
  });

  it("does nothing when the person closes the input", async function () {
    needsScript.call(this);
    const { code, stdout } = await typing(ARGS, "\u0004");
    expect(code).to.equal(1);
    expect(stdout).to.include("nothing was done");
  });

  it("goes on at y: what it wants next is the vault", async function () {
    needsScript.call(this);
    const { code, stdout } = await typing(ARGS, "y\n");
    expect(code).to.equal(1);
    expect(stdout).to.include(QUESTION).and.include("vault").and.not.include("nothing was done");
  });

  it("does not ask with --yes", async function () {
    needsScript.call(this);
    const { code, stdout } = await typing([...ARGS, "--yes"], "");
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
