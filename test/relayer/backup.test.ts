/** A backup restores, and an older database is brought up to date. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { pseudonymHash } from "@medexchain/chain";
import { expect } from "chai";
import { createDatabase } from "../../chaos/postgres.ts";
import { moveCursor, readCursor } from "../../relayer/database/cursors.ts";
import { insertJobs, jobKey, jobsOf, parkJob, readJobs } from "../../relayer/database/jobs.ts";
import { migrate } from "../../relayer/database/migrate.ts";
import { MIGRATIONS } from "../../relayer/database/migrations.ts";
import { openDatabase } from "../../relayer/database/open.ts";
import { openPglite } from "../../relayer/database/pglite.ts";
import { findPostgres, startPostgresCluster } from "../../tools/postgres-cluster.ts";
import { temporaryDirectory } from "./support/directory.ts";

const run = promisify(execFile);
const subject = { kind: "re-encrypt", chainId: 7n, requestId: pseudonymHash("request") } as const;

describe("relayer: backup and upgrade", () => {
  const bin = findPostgres();
  const hasDump = bin !== undefined && ["pg_dump", "pg_restore"].every((name) => existsSync(join(bin, name)));
  if (bin !== undefined && hasDump) {
    it("restores a dump of a PostgreSQL database, with its cursor and what was parked by hand", async () => {
      await using cluster = await startPostgresCluster(bin);
      await using folder = await temporaryDirectory();
      const [original, restored] = [await createDatabase(cluster.url), await createDatabase(cluster.url)];
      const cursor = { block: 9, hash: pseudonymHash("block"), requests: 3, grants: 2 };
      const database = await openDatabase({ url: original.url });
      await insertJobs(database, [subject]);
      await parkJob(database, jobKey(subject), "by hand");
      await database.transaction((tx) => moveCursor(tx, 7n, undefined, cursor));
      const file = join(folder.path, "relayer.dump");
      await run(join(bin, "pg_dump"), ["--format=custom", `--file=${file}`, original.url]);
      await database.close();

      await run(join(bin, "pg_restore"), [`--dbname=${restored.url}`, file]);
      const after = await openDatabase({ url: restored.url });
      expect((await jobsOf(after, subject.requestId)).map(({ state, parkedBy }) => [state, parkedBy])).to.deep.equal([
        ["parked", "person"],
      ]);
      expect(await readCursor(after, 7n)).to.deep.equal(cursor);
      await after.close();
    });
  } else {
    it("restores a dump of a PostgreSQL database (not run: PostgreSQL's programs are not installed)");
  }

  it("brings a database of an earlier version up to date, and says who had parked its jobs as far as that is known", async () => {
    await using folder = await temporaryDirectory();
    const database = await openPglite(folder.path);
    await migrate(database, MIGRATIONS.slice(0, 3));
    const codes = ["JOB_PARKED", "CAPSULE_INVALID", "DATABASE_INVALID"];
    for (const code of codes) {
      await database.query(
        `INSERT INTO relayer.jobs (key, kind, chain_id, request_id, state, code, reason)
           VALUES ($1, 're-encrypt', 7, $2, 'parked', $1, 'of old')`,
        [code, pseudonymHash(code)],
      );
    }
    await database.close();
    const upgraded = await openDatabase({ directory: folder.path });
    const jobs = await readJobs(upgraded, codes);
    expect(Object.fromEntries(jobs.map(({ key, parkedBy }) => [key, parkedBy]))).to.deep.equal({
      JOB_PARKED: "person",
      CAPSULE_INVALID: "poison",
      DATABASE_INVALID: "refusal",
    });
    await upgraded.close();
  });
});
