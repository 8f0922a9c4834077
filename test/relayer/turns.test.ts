import { randomBytes } from "node:crypto";
import { toHex32 } from "@medexchain/chain";
import { expect } from "chai";
import { dueJobs } from "../../relayer/database/attempts.ts";
import type { Database } from "../../relayer/database/database.ts";
import { insertJobs, jobsIn, oldestPending } from "../../relayer/database/jobs.ts";
import { createQueue } from "../../relayer/queue/queue.ts";
import { placeOf } from "../../relayer/turns/place.ts";
import { clear, openTestDatabase } from "./support/databases.ts";

const id = () => toHex32(randomBytes(32));
const membersOf = (count: number) => Array.from({ length: count }, (_, at) => `0x${String(at + 1).padStart(40, "0")}`);

describe("relayer: turns", () => {
  it("give each relayer of a set another place, which all of them know alike, and one that is no member the last", () => {
    for (const count of [1, 2, 3, 7, 30, 255]) {
      const members = membersOf(count);
      const of = { requestId: id(), epoch: 3n };
      const places = members.map((member) => placeOf(of, new Set(members), new Set([member])));
      expect([...places].sort((a, b) => a - b)).to.deep.equal(members.map((_, at) => at));
      const reversed = new Set([...members].reverse());
      expect(members.map((member) => placeOf(of, reversed, new Set([member])))).to.deep.equal(places);
      expect(placeOf(of, new Set(members), new Set(["0xabc"]))).to.equal(count);
    }
  });

  it("come first to each relayer about as often, and are drawn anew in each epoch", () => {
    const members = new Set(membersOf(4));
    const rounds = 2_000;
    const firsts = new Map<string, number>();
    let moved = 0;
    for (let round = 0; round < rounds; round += 1) {
      const requestId = toHex32(Buffer.from(round.toString(16).padStart(64, "0"), "hex"));
      const first = (epoch: bigint) =>
        [...members].find((member) => placeOf({ requestId, epoch }, members, new Set([member])) === 0) ?? "";
      firsts.set(first(1n), (firsts.get(first(1n)) ?? 0) + 1);
      if (first(1n) !== first(2n)) moved += 1;
    }
    for (const member of members) expect(firsts.get(member)).to.be.within(rounds / 5, rounds / 3);
    expect(moved).to.be.above(rounds / 2);
  });

  it("are the best of all that share a database", () => {
    const members = membersOf(5);
    const of = { requestId: id(), epoch: 0n };
    const place = (...ours: string[]) => placeOf(of, new Set(members), new Set(ours));
    const [one = "", two = ""] = members;
    expect(place(one, two)).to.equal(Math.min(place(one), place(two)));
    expect(place(...members)).to.equal(0);
  });

  describe("of jobs", () => {
    const stack = new AsyncDisposableStack();
    let database: Database;
    before(async () => {
      database = await openTestDatabase(stack);
    });
    beforeEach(() => clear(database));
    after(() => stack.disposeAsync());

    const job = (waitSeconds?: number) =>
      ({ kind: "deliver-request", chainId: 1n, requestId: id(), waitSeconds }) as const;

    it("are not late before they have come", async () => {
      await insertJobs(database, [job(3_600)]);
      const [waiting] = await jobsIn(database, "pending");
      expect(waiting?.dueFrom.getTime()).to.be.above(Date.now() + 1_800_000);
      const due = job();
      await insertJobs(database, [due]);
      expect((await oldestPending(database))?.getTime()).to.be.below(Date.now() + 60_000);
    });

    it("are waited for, while those that have come are attempted", async () => {
      const queue = createQueue(database, () => undefined);
      const [ours, theirs] = [job(), job(3_600)];
      await database.transaction((tx) => queue.enqueue(tx, [theirs, ours]));
      const due = await dueJobs(database, "deliver-request", { members: [], hospitals: [] }, 10);
      expect(due.map(({ key }) => key)).to.deep.equal([`deliver-request:1:${ours.requestId}`]);
    });
  });
});
