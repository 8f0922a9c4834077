import { expect } from "chai";
import type { Database } from "../../relayer/database/database.ts";
import {
  holdsLease,
  readLeases,
  releaseLeases,
  renewLeases,
  seizeLease,
  takeLeases,
} from "../../relayer/database/leases.ts";
import { sharedNames } from "../../relayer/share/names.ts";
import { type SeenLease, shareOut } from "../../relayer/share/share-out.ts";
import { clear, openTestDatabase } from "./support/databases.ts";

const one = { run: "one", account: "0x1" };
const other = { run: "other", account: "0x2" };
const HOUR_MS = 3_600_000;

describe("relayer: leases", () => {
  const stack = new AsyncDisposableStack();
  let database: Database;
  before(async () => {
    database = await openTestDatabase(stack);
  });
  beforeEach(() => clear(database));
  after(() => stack.disposeAsync());

  const expire = () => database.query("UPDATE relayer.leases SET expires_at = now() - interval '1 second'");

  it("are taken by one relayer at a time, by the next when they have expired, and prolonged by their holder alone", async () => {
    expect(await takeLeases(database, one, ["read.1"], HOUR_MS)).to.deep.equal([
      { name: "read.1", run: "one", token: 1 },
    ]);
    expect(await takeLeases(database, other, ["read.1"], HOUR_MS)).to.deep.equal([]);
    expect(await renewLeases(database, "other", ["read.1"], HOUR_MS)).to.deep.equal([]);
    await expire();
    // Nobody else was there meanwhile: it goes on as it was.
    expect(await renewLeases(database, "one", ["read.1"], HOUR_MS)).to.deep.equal([
      { name: "read.1", run: "one", token: 1 },
    ]);
    await expire();
    expect(await takeLeases(database, other, ["read.1"], HOUR_MS)).to.deep.equal([
      { name: "read.1", run: "other", token: 2 },
    ]);
    expect(await renewLeases(database, "one", ["read.1"], HOUR_MS)).to.deep.equal([]);
  });

  it("let write nobody who has lost them, nor who has them again under another token", async () => {
    const [first] = await takeLeases(database, one, ["read.1"], HOUR_MS);
    if (!first) throw new Error("it was free");
    const holds = () => database.transaction((tx) => holdsLease(tx, first));
    expect(await holds()).to.equal(true);
    await releaseLeases(database, "one", ["read.1"]);
    await takeLeases(database, other, ["read.1"], HOUR_MS);
    expect(await holds()).to.equal(false);
    await expire();
    const [again] = await takeLeases(database, one, ["read.1"], HOUR_MS);
    expect(again?.token).to.equal(3);
    expect(await holds()).to.equal(false);
  });

  it("are seized from a holder who does not get on, by one relayer of those who would", async () => {
    const [lease] = await takeLeases(database, one, ["read.1"], HOUR_MS);
    if (!lease) throw new Error("it was free");
    expect(await seizeLease(database, other, lease, HOUR_MS)).to.deep.equal({
      name: "read.1",
      run: "other",
      token: 2,
    });
    expect(await seizeLease(database, { run: "third", account: "0x3" }, lease, HOUR_MS)).to.equal(undefined);
    expect((await readLeases(database)).map(({ run, alive, token }) => ({ run, alive, token }))).to.deep.equal([
      { run: "other", alive: true, token: 2 },
    ]);
  });
});

describe("relayer: sharing out", () => {
  const first = <T>(of: readonly T[]): T | undefined => of[0];

  /** Rounds of all relayers in turn, until nothing changes any more. */
  function settle(holders: Map<string, string | undefined>, runs: readonly string[]): Map<string, string | undefined> {
    const asked = new Set<string>();
    for (let round = 0; round < 20; round += 1) {
      for (const run of runs) {
        const leases = [...holders].map(
          ([name, holder]): SeenLease => ({ name, holder, freeMs: 0, asked: asked.has(name) }),
        );
        const { take, release, ask } = shareOut({ run, relayers: runs.length, leases }, first);
        for (const name of release) {
          holders.set(name, undefined);
          asked.delete(name);
        }
        for (const name of take) holders.set(name, run);
        for (const name of ask) asked.add(name);
      }
    }
    return holders;
  }

  const free = () => new Map<string, string | undefined>(sharedNames([1n, 2n]).map((name) => [name, undefined]));
  const lanesOf = (holders: Map<string, string | undefined>, run: string) =>
    [...holders].filter(([name, holder]) => holder === run && !name.startsWith("read.") && name !== "upkeep").length;

  it("gives one relayer everything, and whoever comes a share of each class", () => {
    const holders = settle(free(), ["one"]);
    expect(new Set(holders.values())).to.deep.equal(new Set(["one"]));
    settle(holders, ["one", "two"]);
    expect([lanesOf(holders, "one"), lanesOf(holders, "two")]).to.deep.equal([3, 3]);
    expect(new Set([holders.get("read.1"), holders.get("read.2")])).to.deep.equal(new Set(["one", "two"]));
    settle(holders, ["one", "two", "three", "four"]);
    const counts = ["one", "two", "three", "four"].map((run) => lanesOf(holders, run)).sort();
    expect(counts).to.deep.equal([1, 1, 2, 2]);
  });

  it("moves nothing between relayers that have their share", () => {
    const holders = settle(free(), ["one", "two", "three"]);
    const before = new Map(holders);
    settle(holders, ["one", "two", "three"]);
    expect(holders).to.deep.equal(before);
  });

  it("takes what is left over for long, however much a relayer has", () => {
    const leases = [
      { name: "read.1", holder: "one", freeMs: 0, asked: false },
      { name: "read.2", holder: undefined, freeMs: 100, asked: false },
    ];
    const decide = (freeMs: number) =>
      shareOut({ run: "one", relayers: 2, leases: leases.map((lease) => ({ ...lease, freeMs })) }, first).take;
    expect(decide(100)).to.deep.equal([]);
    expect(decide(60_000)).to.deep.equal(["read.2"]);
  });
});
