/** A job that ends the process is named, counted over the runs, does not come first again, and is parked; the others are done. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Hex32, pseudonymHash } from "@medexchain/chain";
import { expect } from "chai";
import { insertJobs, jobKey, readJobs, startAttempts } from "../../relayer/database/jobs.ts";
import { openDatabase } from "../../relayer/database/open.ts";
import { ON_SERVER, testDatabase } from "./support/databases.ts";

const PROGRAM = fileURLToPath(new URL("support/crashing-queue.ts", import.meta.url));
const job = (requestId: Hex32) => ({ kind: "re-encrypt", chainId: 7n, requestId }) as const;

interface Said {
  readonly type: string;
  readonly requestId?: string;
  readonly job?: string;
  readonly code?: string;
}

const doneIn = (said: readonly Said[]): string[] =>
  said.flatMap(({ type, requestId }) => (type === "job-done" && requestId !== undefined ? [requestId] : []));

/** Runs the queue until it dies, or `stop` says that it has come far enough. */
async function run(args: readonly string[], stop: (said: readonly Said[]) => boolean) {
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const said: Said[] = [];
  let stopping = false;
  const gone = once(child, "close") as Promise<[number | null, string | null]>;
  createInterface({ input: child.stdout }).on("line", (line) => {
    said.push(JSON.parse(line) as Said); // what support/crashing-queue.ts prints
    if (!stopping && stop(said)) {
      stopping = true;
      child.kill("SIGTERM");
    }
  });
  const [code, signal] = await gone;
  return { code, signal, said };
}

// On a server another process takes over the jobs of one that died; here each run is the next one of the same relayer.
if (!ON_SERVER) {
  describe("relayer: a job that ends the process", () => {
    for (const [how, ending] of [
      ["throw", { code: 1, signal: null }],
      ["kill", { code: null, signal: "SIGKILL" }],
    ] as const) {
      it(`is parked after some runs, and holds up nobody, where it ends by ${how}`, async () => {
        await using database = await testDatabase();
        const { config } = database;
        if (!("directory" in config)) throw new TypeError("an embedded database has a directory");
        const poison = pseudonymHash("poison");
        const honest = ["a", "b", "c"].map(pseudonymHash);
        const opened = await openDatabase(config);
        await insertJobs(opened, [job(poison), ...honest.map(job)]); // the poisoned one is the oldest
        await opened.close();

        const isParked = (said: readonly Said[]) => said.some(({ type }) => type === "job-parked");
        const isOver = (said: readonly Said[]) =>
          isParked(said) && new Set([...done, ...doneIn(said)]).size === honest.length;
        const done = new Set<string>();
        let deaths = 0;
        for (;;) {
          const { code, signal, said } = await run([config.directory, how, poison], isOver);
          for (const id of doneIn(said)) done.add(id);
          if (isParked(said)) {
            expect(code).to.equal(0);
            break;
          }
          deaths += 1;
          expect({ code, signal }).to.deep.equal(ending);
          if (how === "throw") {
            expect(said.find(({ type }) => type === "crashed")).to.include({ job: jobKey(job(poison)) });
          }
          // What the first run is known to have died at does not come first again.
          if (how === "throw" && deaths >= 2) expect([...done]).to.have.members(honest);
          expect(deaths).to.be.lessThan(6);
        }
        expect(deaths).to.equal(3);
        expect([...done]).to.have.members(honest);
        const after = await openDatabase(config);
        const [parked] = await readJobs(after, [jobKey(job(poison))]);
        expect(parked).to.include({ state: "parked", parkedBy: "crash", code: "JOB_CRASHES" });
        await after.close();
      });
    }

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
      await startAttempts(database, keys, { run: "second", crashLimit: 5 });
      const rows = await database.query("SELECT request_id, crashes FROM relayer.jobs ORDER BY crashes");
      expect(rows).to.deep.equal([
        { request_id: waiting, crashes: 0 },
        { request_id: other, crashes: 1 },
      ]);
      await database.close();
    });
  });
}
