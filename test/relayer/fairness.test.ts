/** One sender's jobs cannot take all places, nor hold up those that were fetched together with them. */
import { type Hex32, pseudonymHash } from "@medexchain/chain";
import { JOB_KINDS, type JobKind } from "@medexchain/relayer";
import { expect } from "chai";
import { insertJobs, isBacklogFull, jobKey } from "../../relayer/database/jobs.ts";
import { attemptWith, type Handler } from "../../relayer/queue/attempt.ts";
import { type Places, sharePlaces } from "../../relayer/queue/places.ts";
import { type Attempts, openQueue } from "../../relayer/queue/queue.ts";
import { openTestDatabase } from "./support/databases.ts";

describe("relayer: places", () => {
  const takeAll = (places: Places, member: string, hospital: string): number => {
    let taken = 0;
    while (places.take({ member, hospital })) taken += 1;
    return taken;
  };

  it("are half of them for one who comes alone, and fewer for each the more want some", () => {
    const places = sharePlaces(12);
    const honest = { member: "honest", hospital: "third" };
    expect(takeAll(places, "flood", "first")).to.equal(6);
    expect(takeAll(places, "another", "second")).to.equal(3);
    const back = places.take(honest);
    expect(back).to.be.a("function");
    expect(places.take({ member: "flood", hospital: "first" })).to.equal(undefined);
    expect(places.take(undefined)).to.be.a("function");
    back?.();
    expect(places.take(honest)).to.be.a("function");
  });

  it("are shared by hospital, however many members one has", () => {
    const places = sharePlaces(12);
    const members = Array.from({ length: 40 }, (_, index) => `member ${index}`);
    const taken = members.map((member) => takeAll(places, member, "hostile"));
    expect(taken.reduce((sum, count) => sum + count)).to.equal(12); // it is alone
    expect(takeAll(places, "doctor", "honest")).to.equal(3);
    expect(takeAll(places, "nurse", "honest")).to.equal(1);
    expect(takeAll(places, "late", "hostile")).to.equal(0);
    // A member of the same hospital as a flood has one as well.
    const one = sharePlaces(12);
    expect(takeAll(one, "flood", "honest")).to.equal(6);
    expect(takeAll(one, "doctor", "honest")).to.equal(1);
  });

  it("are left for an honest sender while a flood of jobs never ends, and a slow job is told to come again", async () => {
    await using stack = new AsyncDisposableStack();
    const database = await openTestDatabase(stack);
    const subject = (requestId: Hex32, sender: string) =>
      ({ kind: "re-encrypt", chainId: 7n, requestId, sender }) as const;
    const flood = Array.from({ length: 40 }, (_, index) => subject(pseudonymHash(`flood ${index}`), "flood"));
    const honest = subject(pseudonymHash("honest"), "honest");
    await insertJobs(database, [...flood, honest]);

    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const started: string[] = [];
    const handle: Handler = async ({ requestId }) => {
      started.push(requestId);
      if (requestId !== honest.requestId) await gate;
      return "sent";
    };
    const attempts = attemptWith({
      handlers: Object.fromEntries(JOB_KINDS.map((kind) => [kind, handle])) as Record<JobKind, Handler>, // one of each kind
      database,
      observe: () => undefined,
      concurrency: 16,
      headOf: async () => undefined,
      confirm: async () => "unknown",
      failedToStore: (error) => {
        throw error;
      },
      by: { run: "this run", crashLimit: 5 },
    });
    const due = [...flood, honest].map((job) => ({
      key: jobKey(job),
      kind: job.kind,
      sender: job.sender,
      hospital: job.sender,
    }));
    const ended = await attempts.attempt(due);
    expect(ended.at(-1)).to.equal("finished");
    expect(new Set(ended.slice(0, -1))).to.deep.equal(new Set(["again"]));
    expect(started)
      .to.have.lengthOf(8 + 1)
      .and.include(honest.requestId);

    open();
    await attempts.idle();
    expect(await attempts.attempt(due.slice(0, 8))).to.deep.equal(Array(8).fill("finished"));
    expect(started).to.have.lengthOf(8 + 1); // those that had gone on are not begun again
  });

  it("go to an honest hospital within a few turns, though another's members have filed hundreds of jobs before", async () => {
    await using stack = new AsyncDisposableStack();
    const database = await openTestDatabase(stack);
    const retry = { delaySeconds: 1, maxDelaySeconds: 1, parkedSeconds: 1, crashLimit: 5 };
    const queue = await openQueue(database, retry, () => undefined);
    const of = (name: string, sender: string, hospital: string) =>
      ({ kind: "re-encrypt", chainId: 7n, requestId: pseudonymHash(name), sender, hospital }) as const;
    const flood = Array.from({ length: 400 }, (_, index) => of(`flood ${index}`, `member ${index % 100}`, "hostile"));
    const honest = of("honest", "doctor", "honest");
    for (let from = 0; from < flood.length; from += 50) {
      await database.transaction((tx) => queue.enqueue(tx, flood.slice(from, from + 50)));
    }
    await database.transaction((tx) => queue.enqueue(tx, [honest]));

    const fetched: string[] = [];
    const { promise: met, resolve: meet } = Promise.withResolvers<void>();
    // Whatever is fetched is seen; what the flood has stays undone.
    const attempts: Attempts = {
      attempt: async (due) => {
        for (const { key } of due) fetched.push(key);
        if (due.some(({ key }) => key === jobKey(honest))) meet();
        return due.map(({ key }) => (key === jobKey(honest) ? "finished" : "again"));
      },
      idle: async () => undefined,
    };
    await queue.work(attempts, 16);
    await met;
    await queue.stop(() => undefined);
    expect(fetched.indexOf(jobKey(honest))).to.be.within(0, 32);
  });

  it("leave what one hospital has pending out of the backlog, beyond an eighth of it, and a member's beyond a 32nd", async () => {
    await using stack = new AsyncDisposableStack();
    const database = await openTestDatabase(stack);
    const file = (count: number, name: string, sender: (index: number) => string | undefined, hospital?: string) =>
      insertJobs(
        database,
        Array.from({ length: count }, (_, index) => {
          const requestId = pseudonymHash(`${name} ${index}`);
          return { kind: "re-encrypt", chainId: 7n, requestId, sender: sender(index), hospital } as const;
        }),
      );
    const limit = 64;
    await file(200, "one member", () => "one member", "hostile");
    expect(await isBacklogFull(database, limit)).to.equal(false); // 2
    await file(200, "many members", (index) => `member ${index}`, "hostile");
    expect(await isBacklogFull(database, limit)).to.equal(false); // 8
    for (const hospital of ["a", "b", "c", "d", "e", "f"]) {
      await file(20, hospital, (index) => `${hospital} ${index}`, hospital);
    }
    expect(await isBacklogFull(database, limit)).to.equal(false); // 7 × 8
    await file(16 * limit - 521, "more of one member", () => "one member", "hostile");
    expect(await isBacklogFull(database, limit)).to.equal(false);
    await file(1, "too many in all", () => "one member", "hostile");
    expect(await isBacklogFull(database, limit)).to.equal(true);
    await database.query("DELETE FROM relayer.jobs WHERE sender = 'one member'");
    await file(8, "of nobody", () => undefined);
    expect(await isBacklogFull(database, limit)).to.equal(true);
  });
});
