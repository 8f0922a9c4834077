/** A job that ends the process is named, counted over the runs, does not come first again, and is parked; the others are done. */
import { type Hex32, pseudonymHash } from "@medexchain/chain";
import { expect } from "chai";
import { startAttempts } from "../../relayer/database/attempts.ts";
import { giveBack } from "../../relayer/database/crashes.ts";
import { insertJobs, jobKey } from "../../relayer/database/jobs.ts";
import { openDatabase } from "../../relayer/database/open.ts";
import { expectParkedAfterDeaths, job } from "./support/crash-runs.ts";
import { ON_SERVER, testDatabase } from "./support/databases.ts";

// On a server another process takes over the jobs of one that died; here each run is the next one of the same relayer.
if (!ON_SERVER) {
  describe("relayer: a job that ends the process", () => {
    it("is parked after some runs, and holds up nobody, where it ends by an error that nobody handles", () =>
      expectParkedAfterDeaths("throw", { code: 1, signal: null }));

    it("is not one that had got as far as a transaction when the process was killed", async () => {
      await using own = await testDatabase();
      const database = await openDatabase(own.config);
      const [waiting, other] = ["waiting", "other"].map(pseudonymHash) as [Hex32, Hex32];
      const keys = [waiting, other].map((id) => jobKey(job(id)));
      await insertJobs(database, [waiting, other].map(job));
      await startAttempts(database, keys, { run: "first", crashLimit: 5 });
      await database.query(
        `INSERT INTO relayer.transactions (chain_id, hash, account, nonce, raw, action) VALUES (7, 'h', 'a', 1, '0x', 'x')`,
      );
      await database.query(
        `INSERT INTO relayer.transaction_steps (chain_id, hash, position, request_id) VALUES (7, 'h', 1, $1)`,
        [waiting],
      );
      expect(await giveBack(database, { run: "second", held: [], exclusive: true })).to.equal(2);
      const rows = await database.query("SELECT request_id, crashes FROM relayer.jobs ORDER BY crashes");
      expect(rows).to.deep.equal([
        { request_id: waiting, crashes: 0 },
        { request_id: other, crashes: 1 },
      ]);
      await database.close();
    });
  });
}
