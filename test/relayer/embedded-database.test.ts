/** The embedded database between processes, on a full disk, and damaged. Slow: each case starts a database. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { pseudonymHash } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { expect } from "chai";
import { insertJobs, jobsOf } from "../../relayer/database/jobs.ts";
import { openDatabase } from "../../relayer/database/open.ts";
import { temporaryDirectory } from "./support/directory.ts";
import { refuses } from "./support/refuses.ts";

const OPENER = fileURLToPath(new URL("support/open-database.ts", import.meta.url));

/** Whether this process may make namespaces as `flags` say: it takes a privilege that not every machine gives. */
const mayUnshare = (...flags: string[]): boolean => spawnSync("unshare", [...flags, "true"]).status === 0;

/** A process that opens a database, and what it says of that. */
async function openElsewhere(command: readonly string[]): Promise<{ child: ChildProcess; said: string }> {
  const [file = process.execPath, ...rest] = command;
  const child = spawn(file, rest, { stdio: ["pipe", "pipe", "inherit"] });
  const [said] = (await once(createInterface({ input: child.stdout! }), "line")) as [string];
  return { child, said };
}

async function end(child: ChildProcess): Promise<void> {
  const gone = once(child, "exit");
  child.stdin?.end();
  await gone;
}

describe("relayer: an embedded database", () => {
  const inPidNamespace = ["unshare", "--fork", "--pid", "--mount-proc", process.execPath, OPENER];
  if (mayUnshare("--fork", "--pid", "--mount-proc")) {
    it("is not opened from two PID namespaces at once, where both processes have the same id", async () => {
      await using directory = await temporaryDirectory();
      const first = await openElsewhere([...inPidNamespace, directory.path]);
      expect(first.said).to.equal("open");
      const second = await openElsewhere([...inPidNamespace, directory.path]);
      await end(second.child);
      expect(second.said).to.equal("CONFIG_INVALID");
      await end(first.child);
      const third = await openElsewhere([...inPidNamespace, directory.path]);
      await end(third.child);
      expect(third.said).to.equal("open");
    });
  } else {
    it("is not opened from two PID namespaces at once (not run: `unshare --pid` is missing or not allowed here)");
  }

  const withSmallDisk = (folder: string) => [
    "unshare",
    "--mount",
    "sh",
    "-c",
    `mount -t tmpfs -o size=8m none "$1" && exec "$2" "$3" "$1"`,
    "sh",
    folder,
    process.execPath,
    OPENER,
  ];
  if (mayUnshare("--mount")) {
    it("says that the disk is full, where it cannot be made for that", async () => {
      await using directory = await temporaryDirectory();
      const { child, said } = await openElsewhere(withSmallDisk(directory.path));
      await end(child);
      expect(said).to.equal("STORAGE_FAILED");
    });
  } else {
    it("says that the disk is full (not run: `unshare --mount` is missing or not allowed here)");
  }

  for (const [name, damage] of [
    [
      "its control file is overwritten",
      (folder: string) => writeFile(join(folder, "global/pg_control"), Buffer.alloc(8_192)),
    ],
    ["its version file is gone", (folder: string) => rm(join(folder, "PG_VERSION"))],
  ] as const) {
    it(`is said to be damaged, and not made anew, where ${name}`, async () => {
      await using directory = await temporaryDirectory();
      await (await openDatabase({ directory: directory.path })).close();
      await damage(join(directory.path, "postgres"));
      const error = await openDatabase({ directory: directory.path }).catch((thrown: unknown) => thrown);
      expect(MedexError.is(error, "DATABASE_INVALID"), String(error)).to.equal(true);
      expect(String(error)).to.contain("restore a backup");
    });
  }

  it("is whole in a copy that was made while it was closed", async () => {
    await using directory = await temporaryDirectory();
    await using backup = await temporaryDirectory();
    const requestId = pseudonymHash("request");
    const subject = { kind: "re-encrypt", chainId: 7n, requestId } as const;
    const database = await openDatabase({ directory: directory.path });
    await insertJobs(database, [subject]);
    await database.close();
    await cp(directory.path, backup.path, { recursive: true });
    await rm(join(directory.path, "postgres"), { recursive: true });

    const restored = await openDatabase({ directory: backup.path });
    expect((await jobsOf(restored, requestId)).map(({ state }) => state)).to.deep.equal(["pending"]);
    expect(await refuses(openDatabase({ directory: backup.path }))).to.equal("CONFIG_INVALID");
    await restored.close();
  });
});
