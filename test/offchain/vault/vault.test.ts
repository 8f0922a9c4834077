import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ErrorCode, encodeObject, MedexError } from "@medexchain/core";
import {
  type BackupFragment,
  changePassphrase,
  createVault,
  listVaults,
  openBackup,
  openVault,
  type VaultContents,
  writeBackup,
} from "@medexchain/vault";
import { bytesToHex, randomBytes } from "@noble/hashes/utils.js";
import { armor, Decrypter } from "age-encryption";
import { expect } from "chai";
import { encodeContents } from "../../../offchain/vault/contents.ts";
import { sealEnvelope } from "../../../offchain/vault/envelope.ts";

const PASSPHRASE = "correct horse battery";
const BLOCK = 64_000;

describe("the vault", function () {
  this.timeout(120_000); // each passphrase is worked on for most of a second, and longer on a busy machine
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

  const recordId = (i: number): Uint8Array => new Uint8Array(32).fill(i + 1);

  /** A fragment that is made as it is read: nothing holds it. */
  function fragment(i: number, length: number): BackupFragment {
    async function* bytes(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < length; at += BLOCK) yield blockOf(i, at, Math.min(BLOCK, length - at));
    }
    return { recordId: recordId(i), length, bytes: bytes() };
  }

  const blockOf = (i: number, at: number, length: number): Uint8Array =>
    new Uint8Array(length).map((_, j) => (i * 37 + (at + j) * 7 + ((at + j) >> 8)) & 255);

  /** What a backup gives back of its fragments: ids, lengths, and digests. */
  async function digestsOf(fragments: AsyncIterable<BackupFragment> | Iterable<BackupFragment>): Promise<unknown[]> {
    const list: unknown[] = [];
    for await (const { recordId: id, length, bytes } of fragments) {
      const hash = createHash("sha256");
      for await (const part of bytes) hash.update(part);
      list.push([bytesToHex(id), length, hash.digest("hex")]);
    }
    return list;
  }

  it("comes back from a backup with all that belongs to it; a backup is never overwritten", async () => {
    const contents = owner();
    const lengths = [0, 1, 5000, 200_000];
    const fragments = () => lengths.map((length, i) => fragment(i, length));
    const seen = { seenRecords: [randomBytes(32)], signOffs: [randomBytes(32)] };
    const file = join(folder, "alice.backup");
    await writeBackup(file, { contents, fragments: fragments(), ...seen }, PASSPHRASE);
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    {
      await using backup = await openBackup(file, PASSPHRASE);
      expect(backup.contents).to.deep.equal(contents);
      expect({ seenRecords: backup.seenRecords, signOffs: backup.signOffs }).to.deep.equal(seen);
      expect(backup.count).to.equal(lengths.length);
      for (let i = 0; i < 2; i++) {
        expect(await digestsOf(backup.fragments())).to.deep.equal(await digestsOf(fragments()));
      }
      let passed = 0;
      for await (const { length } of backup.fragments()) passed += length; // none of them read
      expect(passed).to.equal(205_001);
    }
    await fails("INPUT_INVALID", () => writeBackup(file, { contents, fragments: [], ...seen }, PASSPHRASE));
    await fails("INPUT_INVALID", () => writeBackup(`${file}2`, { contents, fragments: [], ...seen }, "short"));
    await fails("VAULT_PASSPHRASE_WRONG", () => openBackup(file, "not the passphrase"));
    expect(readdirSync(folder)).to.deep.equal(["alice.backup"]);
  });

  it("is not opened from a backup that was altered, cut off, or goes on", async () => {
    const file = join(folder, "alice.backup");
    await writeBackup(file, { contents: owner(), fragments: [fragment(0, 150_000)], seenRecords: [] }, PASSPHRASE);
    const whole = readFileSync(file);
    const damages: Uint8Array[] = [
      Buffer.from(whole.toString("latin1").replace("owner", "doctor"), "latin1"),
      ...[200, 300, 70_000, whole.length - 1].map((at) => {
        const altered = Buffer.from(whole);
        altered[at]! ^= 1;
        return altered;
      }),
      whole.subarray(0, -1),
      whole.subarray(0, 100_000),
      whole.subarray(0, 150),
      Buffer.concat([whole, Buffer.from([0])]),
      Buffer.alloc(0),
    ];
    for (const bytes of damages) {
      writeFileSync(file, bytes);
      await fails("VAULT_DAMAGED", () => openBackup(file, PASSPHRASE));
    }
  });

  it("is backed up only as it is: a fragment that changes meanwhile is told, and no file is left", async () => {
    const file = join(folder, "alice.backup");
    for (const length of [99, 101]) {
      const changed = { ...fragment(0, 100), length };
      await fails("FRAGMENT_INVALID", () =>
        writeBackup(file, { contents: owner(), fragments: [changed], seenRecords: [] }, PASSPHRASE),
      );
    }
    expect(readdirSync(folder)).to.deep.equal([]);
  });

  it("opens a backup that an earlier version wrote", async () => {
    const contents = owner();
    const bytes = blockOf(0, 0, 5000);
    for (const more of [{}, { signOffs: [randomBytes(32)] }]) {
      const plaintext = encodeObject({
        v: 1,
        type: "medexchain/backup",
        contents: encodeContents(contents),
        fragments: [{ recordId: recordId(0), fragment: bytes }],
        seenRecords: [],
        ...more,
      });
      const file = join(folder, "earlier.json");
      writeFileSync(file, await sealEnvelope({ type: "medexchain/backup-file", role: "owner" }, plaintext, PASSPHRASE));
      await using backup = await openBackup(file, PASSPHRASE);
      expect(backup.contents).to.deep.equal(contents);
      expect(backup.signOffs).to.deep.equal("signOffs" in more ? more.signOffs : undefined);
      expect(await digestsOf(backup.fragments())).to.deep.equal(await digestsOf([fragment(0, 5000)]));
      await fails("VAULT_PASSPHRASE_WRONG", () => openBackup(file, "not the passphrase"));
    }
    await createVault(folder, "alice", contents, PASSPHRASE);
    await fails("VAULT_DAMAGED", () => openBackup(join(folder, "alice.vault.json"), PASSPHRASE));
  });

  it("goes through age as its page says", async () => {
    const file = join(folder, "alice.backup");
    await writeBackup(file, { contents: owner(), fragments: [fragment(0, 70_000)], seenRecords: [] }, PASSPHRASE);
    const bytes = readFileSync(file);
    const decrypter = new Decrypter();
    decrypter.addPassphrase(PASSPHRASE);
    const plaintext = await decrypter.decrypt(new Uint8Array(bytes.subarray(bytes.indexOf("\n") + 1)));
    expect(bytesToHex(plaintext.slice(-70_000))).to.equal(bytesToHex(blockOf(0, 0, 70_000)));
  });
});
