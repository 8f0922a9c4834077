import { randomBytes } from "node:crypto";
import { toHex32 } from "@medexchain/chain";
import { expect } from "chai";
import { startAttempts } from "../../relayer/database/attempts.ts";
import { giveBack } from "../../relayer/database/crashes.ts";
import type { Database } from "../../relayer/database/database.ts";
import { jobKey } from "../../relayer/database/jobs.ts";
import { openDatabase } from "../../relayer/database/open.ts";
import { JOB_KINDS, type JobKind, type RelayerEvent } from "../../relayer/observe/observer.ts";
import { attemptWith, type Handler } from "../../relayer/queue/attempt.ts";
import { createQueue, type Queue } from "../../relayer/queue/queue.ts";
import { startLeases } from "../../relayer/share/leases.ts";
import { sharedNames } from "../../relayer/share/names.ts";
import { until } from "../until.ts";
import { ON_SERVER, testDatabase } from "./support/databases.ts";

const retry = { delaySeconds: 1, maxDelaySeconds: 1, parkedSeconds: 1, crashLimit: 5 };
const CHAIN = 7n;
const LANE = "re-encrypt.7";
const job = () => ({ kind: "re-encrypt", chainId: CHAIN, requestId: toHex32(randomBytes(32)) }) as const;

/** One relayer's part of the sharing: a queue whose attempts end as told. */
interface Party {
  readonly queue: Queue;
  readonly attempted: string[];
  fails: boolean;
}

// Only a server's database is shared.
if (ON_SERVER) {
  describe("relayers on one database", () => {
    const stack = new AsyncDisposableStack();
    const databases: Database[] = [];
    before(async () => {
      const { config } = stack.use(await testDatabase());
      for (let index = 0; index < 2; index += 1) {
        databases.push(stack.adopt(await openDatabase(config), (open) => open.close()));
      }
    });
    after(() => stack.disposeAsync());

    async function party(
      parties: AsyncDisposableStack,
      database: Database,
      run: string,
      lanes: readonly string[],
    ): Promise<Party> {
      const queue = createQueue(database, () => undefined, [CHAIN]);
      const made: Party = { queue, attempted: [], fails: false };
      const handle: Handler = async ({ key }) => {
        made.attempted.push(key);
        if (made.fails) throw new RangeError("as told");
        return "sent";
      };
      const attempts = attemptWith({
        handlers: Object.fromEntries(JOB_KINDS.map((kind) => [kind, handle])) as Record<JobKind, Handler>, // one of each kind
        database,
        observe: () => undefined,
        headOf: async () => undefined,
        confirm: async () => "unknown",
        failedToStore: (error) => {
          throw error;
        },
        concurrency: 16,
        by: { run, crashLimit: retry.crashLimit },
        retry,
      });
      await queue.work(attempts);
      await queue.takeLanes(new Set(lanes));
      parties.defer(() => queue.stop(() => undefined));
      return made;
    }
    const [first, second] = [() => databases[0] as Database, () => databases[1] as Database]; // both are opened before

    it("attempt jobs in the lanes that they have, hand on what fails there, and pass a lane on", async () => {
      // Ended here: what they are at is theirs until its end is stored, and the next test counts what is anybody's.
      await using parties = new AsyncDisposableStack();
      const holder = await party(parties, first(), "one", [LANE]);
      const other = await party(parties, second(), "two", []);
      const jobs = [job(), job(), job()];
      await second().transaction((tx) => other.queue.enqueue(tx, jobs));
      await until("the lane was worked at", () => holder.attempted.length >= jobs.length);
      expect(holder.attempted).to.have.members(jobs.map(jobKey));
      expect(other.attempted).to.deep.equal([]);

      // What fails for its lane's relayer another may try.
      holder.fails = true;
      const hard = job();
      await first().transaction((tx) => holder.queue.enqueue(tx, [hard]));
      await until(
        "the job that failed was tried again",
        () =>
          other.attempted.includes(jobKey(hard)) || holder.attempted.filter((key) => key === jobKey(hard)).length > 1,
      );

      holder.fails = false;
      await holder.queue.takeLanes(new Set());
      await other.queue.takeLanes(new Set([LANE]));
      const later = job();
      await first().transaction((tx) => holder.queue.enqueue(tx, [later]));
      await until("the lane was passed on", () => other.attempted.includes(jobKey(later)));
      expect(holder.attempted).not.to.include(jobKey(later));
    });

    it("do not begin a job that another is at, as long as that one lives", async () => {
      const subject = job();
      await first().query(
        "INSERT INTO relayer.jobs (key, kind, queue, chain_id, request_id) VALUES ($1, $2, $2, $3, $4)",
        [jobKey(subject), subject.kind, CHAIN, subject.requestId],
      );
      await first().query("INSERT INTO relayer.relayers (account, run) VALUES ('0x1', 'one')");
      const start = (run: string) => startAttempts(first(), [jobKey(subject)], { run, crashLimit: 5 });
      const lookOf = (run: string) => giveBack(first(), { run, held: [], exclusive: false });
      expect(await start("one")).to.have.lengthOf(1);
      expect(await lookOf("two")).to.equal(0);
      expect(await start("two")).to.deep.equal([]);
      expect(await lookOf("one")).to.equal(1); // its end was not stored
      expect(await start("one")).to.have.lengthOf(1);
      await first().query("UPDATE relayer.relayers SET seen_at = now() - interval '1 minute' WHERE account = '0x1'");
      expect(await lookOf("two")).to.equal(1);
      expect(await start("two")).to.have.lengthOf(1);
      expect(
        (await first().query("SELECT crashes FROM relayer.jobs WHERE key = $1", [jobKey(subject)]))[0],
      ).to.deep.equal({
        crashes: 1,
      });
      await first().query("DELETE FROM relayer.relayers");
    });

    it("have each its share of the leases, and all of them when the other has ended", async () => {
      await first().query("DELETE FROM relayer.leases");
      const names = sharedNames([1n, 2n]);
      const events: RelayerEvent[] = [];
      const begin = (database: Database, run: string, account: string) => {
        let held: ReadonlySet<string> = new Set();
        const changed = async (now: ReadonlySet<string>) => {
          held = now;
        };
        const observe = (event: RelayerEvent) => void events.push(event);
        const loop = startLeases({
          database,
          holder: { run, account },
          names,
          observe,
          takesWork: () => true,
          changed,
        });
        return { ...loop, count: () => held.size };
      };
      const one = begin(first(), "one", "0x1");
      try {
        await until("one has its least share", () => one.count() >= 4);
        const two = begin(second(), "two", "0x2");
        try {
          await until("both have their share", () => two.count() >= 4 && one.count() + two.count() === names.length);
          const both = names.filter((name) => one.held(name) && two.held(name));
          expect(both).to.deep.equal([]);
        } finally {
          await two.stop();
        }
        await until("one has everything", () => one.count() === names.length);
        expect(names.every((name) => one.held(name)?.lease?.run === "one")).to.equal(true);
      } finally {
        await one.stop();
      }
      expect(events.filter((event) => event.type === "failed")).to.deep.equal([]);
    });
  });
}
