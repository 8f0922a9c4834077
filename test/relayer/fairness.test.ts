/** One sender's jobs cannot take all places, nor hold up those that were fetched together with them. */
import { type Hex32, pseudonymHash } from "@medexchain/chain";
import { JOB_KINDS, type JobKind } from "@medexchain/relayer";
import { expect } from "chai";
import type { Database } from "../../relayer/database/database.ts";
import { insertJobs, isBacklogFull } from "../../relayer/database/jobs.ts";
import { type Attempts, attemptWith, type Handler } from "../../relayer/queue/attempt.ts";
import { type Places, sharePlaces } from "../../relayer/queue/places.ts";
import { createQueue } from "../../relayer/queue/queue.ts";
import { until } from "../until.ts";
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

  it("say whose jobs need not be looked for: of hospitals that have their share, and of members that have theirs", () => {
    const places = sharePlaces(12);
    expect(places.full()).to.deep.equal({ hospitals: [], members: [] });
    takeAll(places, "flood", "first");
    expect(places.full()).to.deep.equal({ hospitals: [], members: ["flood"] });
    for (let member = 0; member < 12; member += 1) takeAll(places, `member ${member}`, "first");
    const { hospitals, members } = places.full();
    expect(hospitals).to.deep.equal(["first"]);
    expect(members).to.have.lengthOf(7).and.include("flood");
  });

  const attemptsOf = (database: Database, handle: Handler): Attempts =>
    attemptWith({
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
      retry: { delaySeconds: 1, maxDelaySeconds: 1 },
    });

  it("are left for an honest sender while a flood of jobs never ends, and each job has one at a time", async () => {
    await using stack = new AsyncDisposableStack();
    const database = await openTestDatabase(stack);
    const subject = (requestId: Hex32, sender: string) =>
      ({ kind: "re-encrypt", chainId: 7n, requestId, sender }) as const;
    const flood = Array.from({ length: 40 }, (_, index) => subject(pseudonymHash(`flood ${index}`), "flood"));
    const honest = subject(pseudonymHash("honest"), "honest");
    await insertJobs(database, [...flood, honest]);

    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const started: string[] = [];
    const attempts = attemptsOf(database, async ({ requestId }) => {
      started.push(requestId);
      if (requestId !== honest.requestId) await gate;
      return "sent";
    });
    expect(await attempts.begin("re-encrypt", "re-encrypt")).to.equal(true);
    expect(started)
      .to.have.lengthOf(8 + 1)
      .and.include(honest.requestId);
    expect(await attempts.begin("re-encrypt", "re-encrypt")).to.equal(true);
    expect(await attempts.recover()).to.equal(0); // it is at them
    expect(started).to.have.lengthOf(8 + 1);

    const freed = attempts.freed("re-encrypt");
    open();
    await freed;
    await attempts.idle();
    while (await attempts.begin("re-encrypt", "re-encrypt")) await attempts.idle();
    await attempts.idle();
    expect(started).to.have.lengthOf(41);
    expect(new Set(started).size).to.equal(41);
  });

  it("go to an honest hospital within a few turns, though another's members have filed hundreds of jobs before", async () => {
    await using stack = new AsyncDisposableStack();
    const database = await openTestDatabase(stack);
    const queue = createQueue(database, () => undefined);
    const of = (name: string, sender: string, hospital: string) =>
      ({ kind: "re-encrypt", chainId: 7n, requestId: pseudonymHash(name), sender, hospital }) as const;
    const flood = Array.from({ length: 400 }, (_, index) => of(`flood ${index}`, `member ${index % 100}`, "hostile"));
    const honest = of("honest", "doctor", "honest");
    for (let from = 0; from < flood.length; from += 50) {
      await database.transaction((tx) => queue.enqueue(tx, flood.slice(from, from + 50)));
    }
    await database.transaction((tx) => queue.enqueue(tx, [honest]));

    const started: string[] = [];
    const attempts = attemptsOf(database, async ({ requestId }) => {
      started.push(requestId);
      await new Promise((resolve) => setTimeout(resolve, 5));
      return "sent";
    });
    await queue.work(attempts);
    await until("the honest one's job was begun", () => started.includes(honest.requestId));
    await queue.stop(() => undefined);
    expect(started.indexOf(honest.requestId)).to.be.within(0, 32);
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
