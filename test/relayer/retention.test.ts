import { type Hex32, pseudonymHash } from "@medexchain/chain";
import { expect } from "chai";
import { endAttempts } from "../../relayer/database/attempts.ts";
import type { Database } from "../../relayer/database/database.ts";
import { insertJobs, jobKey, jobsOf } from "../../relayer/database/jobs.ts";
import { insertRequests, markEnded } from "../../relayer/database/requests.ts";
import { readRemoved, removeOld } from "../../relayer/database/retention.ts";
import { insertTransaction, settleTransaction, transactionsOf } from "../../relayer/database/transactions.ts";
import { createMetrics } from "../../relayer/observe/metrics.ts";
import { openTestDatabase } from "./support/databases.ts";

const DAY = 86_400;
const RETRY = { delaySeconds: 1, maxDelaySeconds: 1 };

describe("relayer: retention", () => {
  const stack = new AsyncDisposableStack();
  let database: Database;
  before(async () => {
    database = await openTestDatabase(stack);
  });
  after(() => stack.disposeAsync());

  /** A request with a done job and a settled transaction; `days` is how long ago that was. */
  const done = async (name: string, days: number, ended = true): Promise<Hex32> => {
    const requestId = pseudonymHash(name);
    const job = { kind: "deliver-response", chainId: 1n, requestId } as const;
    await insertRequests(database, [{ requestId, sourceChainId: 2n, destinationChainId: 1n, expiry: 100n }]);
    if (ended) for (const side of ["source", "destination"] as const) await markEnded(database, [requestId], side);
    await insertJobs(database, [job]);
    await endAttempts(database, [{ key: jobKey(job), state: "done", outcome: "sent" }], RETRY);
    const hash = pseudonymHash(`${name} sent`);
    const transaction = { chainId: 1n, account: name, nonce: 1, hash, raw: "0x", action: "x", requestIds: [requestId] };
    await insertTransaction(database, transaction);
    await settleTransaction(database, transaction, "confirmed", 5);
    for (const table of ["jobs", "transactions"]) {
      const column = table === "jobs" ? "request_id" : "account";
      await database.query(
        `UPDATE relayer.${table} SET updated_at = now() - make_interval(days => $2::int) WHERE ${column} = $1`,
        [table === "jobs" ? requestId : name, days],
      );
    }
    return requestId;
  };

  it("removes what is done for long, keeps the rest, and counts what has gone", async () => {
    const old = await done("old", 31);
    const recent = await done("recent", 29);
    const open = await done("open", 31, false);
    const waiting = await done("waiting", 31);
    await insertJobs(database, [{ kind: "re-encrypt", chainId: 1n, requestId: waiting }]);

    expect(await removeOld(database, 30 * DAY)).to.equal(false);
    const jobs = async (requestId: Hex32) => (await jobsOf(database, requestId)).length;
    expect(await Promise.all([old, recent, open, waiting].map(jobs))).to.deep.equal([0, 1, 1, 2]);
    expect(await transactionsOf(database, old)).to.deep.equal([]);
    expect(await transactionsOf(database, recent)).to.have.lengthOf(1);
    const counts = Object.fromEntries((await readRemoved(database)).map(({ what, count }) => [what, count]));
    expect(counts).to.deep.equal({ jobs: 1, requests: 1, transactions: 3 });

    await done("later", 40);
    await removeOld(database, 30 * DAY);
    const { registry } = createMetrics(database);
    expect(await registry.metrics()).to.match(/medex_relayer_removed\{what="jobs"\} 2\n/);
  });

  it("is why the metrics need not read what is done: an index has what is open", async () => {
    const plan = await database.transaction(async (tx) => {
      await tx.query("SET LOCAL enable_seqscan = off");
      return tx.query(
        "EXPLAIN SELECT kind, state, code, count(*) AS count FROM relayer.jobs WHERE state <> 'done' GROUP BY kind, state, code",
      );
    });
    expect(JSON.stringify(plan)).to.contain("jobs_open");
  });
});
