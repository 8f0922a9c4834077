import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openFragmentStore } from "@medexchain/actors/files";
import { beginDurableFile, removeAbandoned, removeAbandonedOf, writeFileDurably } from "@medexchain/core/durable-file";
import { assert } from "chai";

const WRITER = fileURLToPath(new URL("./partial-writer.ts", import.meta.url));
const DAY = 24 * 60 * 60;

describe("core: files that are being written", () => {
  let folder: string;
  let writer: ChildProcess | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "medex-partial-"));
  });
  afterEach(async () => {
    if (writer?.exitCode === null && writer.signalCode === null) await kill(writer);
    rmSync(folder, { recursive: true });
  });

  /** A process that has begun a file, and waits. */
  async function begin(path: string): Promise<ChildProcess> {
    writer = spawn(process.execPath, [WRITER, path], { stdio: ["ignore", "pipe", "inherit"] });
    await once(writer.stdout!, "data");
    return writer;
  }

  async function kill(child: ChildProcess): Promise<void> {
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  it("stay while their process lives, and are removed once it was killed", async () => {
    const child = await begin(join(folder, "record.json"));
    const [partial, ...others] = readdirSync(folder);
    assert.match(partial ?? "", /^record\.json\..*\.partial$/);
    assert.deepEqual(others, []);
    await removeAbandoned(folder);
    assert.deepEqual(readdirSync(folder), [partial]);
    await kill(child);
    writeFileSync(join(folder, "my.partial"), "somebody's own");
    await removeAbandonedOf(join(folder, "other.json"));
    assert.lengthOf(readdirSync(folder), 2);
    await removeAbandonedOf(join(folder, "record.json"));
    assert.deepEqual(readdirSync(folder), ["my.partial"]);
  });

  it("of a killed publication and a killed approval are gone when the store is opened again", async () => {
    const approval = join(folder, "approvals", "ab");
    mkdirSync(approval, { recursive: true });
    for (const path of [join(folder, `${"0".repeat(64)}.eprf`), join(approval, "message")])
      await kill(await begin(path));
    const alive = await begin(join(folder, `${"1".repeat(64)}.eprf`));
    const store = await openFragmentStore(folder);
    assert.deepEqual(readdirSync(approval), []);
    assert.deepEqual(
      readdirSync(folder).map((name) => name.slice(0, 5)),
      ["11111", "appro"],
    );
    assert.deepEqual(await store.list(), []);
    await kill(alive);
    await openFragmentStore(folder);
    assert.deepEqual(readdirSync(folder), ["approvals"]);
  });

  it("of another machine, or of an earlier version, are removed when nobody has written to them for a day", async () => {
    const names = ["0123456789ab-1-", ""].map((who) => `a.eprf.${who}01234567-89ab-4cde-8f01-23456789abcd.partial`);
    const now = Date.now() / 1000;
    for (const name of names) writeFileSync(join(folder, name), "x");
    for (const [age, left] of [
      [0, 2],
      [DAY - 600, 2],
      [DAY + 600, 0],
    ] as const) {
      for (const name of names) utimesSync(join(folder, name), now, now - age);
      await removeAbandoned(folder);
      assert.lengthOf(readdirSync(folder), left, `${age} s`);
    }
  });

  it("take no other file's place when they are begun as exclusive, and leave nothing behind", async () => {
    const path = join(folder, "record.json");
    {
      await using file = await beginDurableFile(path, { exclusive: true });
      await file.write(Buffer.from("first"));
      assert.notInclude(readdirSync(folder), "record.json");
      await file.commit();
    }
    {
      await using file = await beginDurableFile(path, { exclusive: true });
      await file.write(Buffer.from("second"));
      const error = await file.commit().catch((thrown: unknown) => thrown);
      assert.equal((error as NodeJS.ErrnoException).code, "EEXIST"); // the system's own
    }
    assert.equal(readFileSync(path, "utf8"), "first");
    await writeFileDurably(path, "third");
    {
      await using file = await beginDurableFile(path);
      await file.write(Buffer.from("fourth"));
      await file.commit();
    }
    assert.equal(readFileSync(path, "utf8"), "fourth");
    assert.deepEqual(readdirSync(folder), ["record.json"]);
  });
});
