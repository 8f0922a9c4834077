import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ErrorCode, MedexError } from "@medexchain/core";
import {
  changePassphrase,
  createVault,
  listVaults,
  openVault,
  readBackup,
  type VaultContents,
  writeBackup,
} from "@medexchain/vault";
import { randomBytes } from "@noble/hashes/utils.js";
import { armor, Decrypter } from "age-encryption";
import { expect } from "chai";

const PASSPHRASE = "correct horse battery";

describe("the vault", function () {
  this.timeout(30_000);
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "medex-vault-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const owner = (): VaultContents => ({ role: "owner", accountKey: randomBytes(32), secret: randomBytes(32) });
  const fails = async (code: ErrorCode, call: () => Promise<unknown>): Promise<void> => {
    const error = await call().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(MedexError.is(error) ? error.code : error).to.equal(code);
  };

  it("gives back what was put in, from a file that only its owner may read", async () => {
    const contents = owner();
    const { path, account } = await createVault(folder, "alice", contents, PASSPHRASE);
    expect(await openVault(folder, "alice", PASSPHRASE)).to.deep.equal(contents);
    expect(statSync(path).mode & 0o777).to.equal(0o600);
    expect(await listVaults(folder)).to.deep.equal([{ name: "alice", role: "owner", path, account }]);
    await fails("VAULT_EXISTS", () => createVault(folder, "alice", owner(), PASSPHRASE));
    await fails("VAULT_NOT_FOUND", () => openVault(folder, "bob", PASSPHRASE));
    await fails("INPUT_INVALID", () => createVault(folder, "../bob", owner(), PASSPHRASE));
    await fails("INPUT_INVALID", () => createVault(folder, "bob", owner(), "too short"));
  });

  it("is an age file inside, which age's own tools open", async () => {
    const { path } = await createVault(folder, "alice", owner(), PASSPHRASE);
    const decrypter = new Decrypter();
    decrypter.addPassphrase(PASSPHRASE);
    const { age } = JSON.parse(readFileSync(path, "utf8"));
    expect((await decrypter.decrypt(armor.decode(age))).length).to.be.greaterThan(64);
  });

  it("tells a wrong passphrase from a damaged file, wherever the damage is", async () => {
    const { path } = await createVault(folder, "alice", owner(), PASSPHRASE);
    await fails("VAULT_PASSPHRASE_WRONG", () => openVault(folder, "alice", `${PASSPHRASE}!`));
    const whole = readFileSync(path, "utf8");
    for (let at = 0; at < whole.length - 1; at += 23) {
      const bit = String.fromCharCode(whole.charCodeAt(at) ^ 1);
      writeFileSync(path, whole.slice(0, at) + bit + whole.slice(at + 1));
      await fails("VAULT_DAMAGED", () => openVault(folder, "alice", PASSPHRASE));
    }
    writeFileSync(path, whole.slice(0, -10));
    await fails("VAULT_DAMAGED", () => openVault(folder, "alice", PASSPHRASE));
    writeFileSync(path, "");
    await fails("VAULT_DAMAGED", () => listVaults(folder));
  });

  it("opens with the new passphrase after a change, and not with the old one", async () => {
    const contents = owner();
    await createVault(folder, "alice", contents, PASSPHRASE);
    await fails("INPUT_INVALID", () => changePassphrase(folder, "alice", PASSPHRASE, "short"));
    await changePassphrase(folder, "alice", PASSPHRASE, "another passphrase");
    expect(await openVault(folder, "alice", "another passphrase")).to.deep.equal(contents);
    await fails("VAULT_PASSPHRASE_WRONG", () => openVault(folder, "alice", PASSPHRASE));
  });

  it("comes back from a backup with all that belongs to it; a backup is never overwritten", async () => {
    const contents = owner();
    const fragments = [{ recordId: randomBytes(32), fragment: randomBytes(5000) }];
    const backup = { contents, fragments, seenRecords: [randomBytes(32)], signOffs: [randomBytes(32)] };
    const file = join(folder, "backup.json");
    await writeBackup(file, backup, PASSPHRASE);
    expect(await readBackup(file, PASSPHRASE)).to.deep.equal(backup);
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    await fails("INPUT_INVALID", () => writeBackup(file, backup, PASSPHRASE));
    const { signOffs: _, ...older } = backup;
    await writeBackup(join(folder, "older.json"), older, PASSPHRASE);
    expect(await readBackup(join(folder, "older.json"), PASSPHRASE)).to.deep.equal(older);
    await fails("VAULT_PASSPHRASE_WRONG", () => readBackup(file, "not the passphrase"));
    chmodSync(file, 0o600);
    writeFileSync(file, readFileSync(file, "utf8").replace("owner", "doctor"));
    await fails("VAULT_DAMAGED", () => readBackup(file, PASSPHRASE));
  });
});
