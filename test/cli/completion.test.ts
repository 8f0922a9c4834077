import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Person } from "./support/medex.ts";

describe("completion by a shell", function () {
  this.timeout(60_000);
  let folder: string;
  let person: Person;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "medex-completion-"));
    mkdirSync(join(folder, "vaults"));
    writeFileSync(join(folder, "vaults", "alice.vault.json"), "{}");
    writeFileSync(join(folder, "alice.backup"), "");
    person = new Person(folder, { MEDEX_HOME: folder });
  });
  after(() => rmSync(folder, { recursive: true }));

  /** What is offered for the last word. */
  const offered = async (...words: string[]): Promise<string[]> => {
    const { stdout } = await person.run(["complete", "--", ...words]);
    const lines = stdout.split("\n").filter((line) => line !== "" && !line.startsWith(":"));
    return lines.map((line) => line.split("\t")[0] ?? "");
  };

  it("offers commands, files where a file is asked for, and the vaults that are here", async () => {
    expect(await offered("rec")).to.deep.equal(["record"]);
    expect(await offered("keys", "re")).to.include("restore");
    expect(await offered("keys", "restore", "ali")).to.deep.equal(["alice.backup"]);
    expect(await offered("record", "list", "--as", "")).to.deep.equal(["alice"]);
  });

  it("is a script that bash takes", async () => {
    const { stdout } = await person.run(["completion", "bash"]);
    expect(stdout).to.include("complete -F");
  });
});
