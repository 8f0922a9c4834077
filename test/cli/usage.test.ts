import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Person } from "./support/medex.ts";

describe("using medex", function () {
  this.timeout(60_000);
  let folder: string;
  let person: Person;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "medex-usage-"));
    person = new Person(folder, { MEDEX_HOME: folder });
  });
  after(() => rmSync(folder, { recursive: true }));

  it("ends with 2 on wrong use, and says where help is", async () => {
    for (const args of [
      ["bogus"],
      ["record", "show"],
      ["record", "show", "0x12"],
      ["keys", "create", "king", "arthur"],
    ]) {
      const { code, stderr, stdout } = await person.run(args);
      expect(code, args.join(" ")).to.equal(2);
      expect(stderr).to.include("--help");
      expect(stdout).to.equal("");
    }
  });

  it("tells errors to programs in JSON", async () => {
    const { code, stderr } = await person.run(["record", "show", `0x${"00".repeat(32)}`, "--json"]);
    expect(code).to.equal(1);
    expect(JSON.parse(stderr).error).to.include({ code: "CONFIG_INVALID", retriable: false });
  });

  it("prints one field of a result, and says which there are", async () => {
    const vault = ["keys", "create", "owner", "bob"];
    const { code, stdout } = await person.run([...vault, "--field", "role"], { MEDEX_PASSPHRASE_FILE: secretFile() });
    expect([code, stdout]).to.deep.equal([0, "owner\n"]);
    expect((await person.run(["keys", "list", "--field", "0.name"])).stdout).to.equal("bob\n");
    const { stderr } = await person.run(["keys", "list", "--field", "0.secret"]);
    expect(JSON.parse(stderr).error).to.include({ code: "INPUT_INVALID" });
    expect(stderr).to.include("account").and.include("role");
  });

  it("takes the unit of every numeric column", async () => {
    for (const pair of ["chol", "=mg/dL", "chol="]) {
      await person.fails("INPUT_INVALID", "record", "publish", "x.csv", "--private", "chol", "--numeric", pair);
    }
    expect((await person.run(["record", "publish", "x.csv", "--format", "fax"])).code).to.equal(2);
  });

  const secretFile = (): string => {
    const file = join(folder, "secret.txt");
    writeFileSync(file, "four unlikely words\n", { mode: 0o600 });
    return file;
  };

  it("asks nobody for a passphrase where there is no terminal, and takes none from a file that others can read", async () => {
    await person.fails("CONFIG_INVALID", "keys", "create", "owner", "alice");
    const file = join(folder, "passphrase.txt");
    writeFileSync(file, "four unlikely words\n", { mode: 0o644 });
    const { stderr } = await person.fails(
      "CONFIG_INVALID",
      "keys",
      "create",
      "owner",
      "alice",
      "--passphrase-file",
      file,
    );
    expect(stderr).to.include("chmod 600");
  });

  it("takes no other process for its devnet: an id alone may be another's by now", async () => {
    // This very process, as one that started at another time.
    writeFileSync(join(folder, "devnet.json"), JSON.stringify({ pid: process.pid, started: "1", services: {} }));
    expect((await person.run(["devnet", "status"])).code).to.equal(1);
    expect(await person.ok("devnet", "down")).to.deep.equal({ running: false });
    writeFileSync(join(folder, "devnet.json"), "{");
    await person.fails("CONFIG_INVALID", "devnet", "down");
  });
});
