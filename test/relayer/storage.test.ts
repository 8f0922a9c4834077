import { expect } from "chai";
import type { Database } from "../../relayer/database/database.ts";
import { startStorageGuard } from "../../relayer/database/storage-guard.ts";
import type { Failure } from "../../relayer/observe/failure.ts";
import { createHealth } from "../../relayer/observe/health.ts";
import { until } from "../until.ts";
import { openTestDatabase } from "./support/databases.ts";
import { temporaryDirectory } from "./support/directory.ts";

describe("relayer: storage", () => {
  const stack = new AsyncDisposableStack();
  let database: Database;
  before(async () => {
    database = await openTestDatabase(stack);
  });
  after(() => stack.disposeAsync());

  const config = { intervalMs: 20, timeoutMs: 200, minFreeBytes: 0 };

  for (const [name, fault] of [
    ["fails", () => Promise.reject(new RangeError("no connection"))],
    ["does not answer", () => new Promise<unknown[]>(() => undefined)],
  ] as const) {
    it(`says when the database ${name}, and when it is back`, async () => {
      let broken = false;
      let written = 0;
      // The fault sits between the guard and a real database.
      const faulty: Database = {
        ...database,
        query: async (sql, params) => {
          if (broken) return fault();
          const rows = await database.query(sql, params);
          written += 1;
          return rows;
        },
      };
      const told: (Failure | undefined)[] = [];
      const changed = async (failure: Failure | undefined) => void told.push(failure);
      const guard = startStorageGuard({
        database: faulty,
        where: { url: "" },
        config,
        account: "0xabc",
        run: "this run",
        changed,
      });
      try {
        await until("the guard has written several times", () => written >= 3);
        expect(guard.failure()).to.equal(undefined);
        broken = true;
        await until("the guard fails", () => guard.failure() !== undefined);
        broken = false;
        await until("the guard is well again", () => guard.failure() === undefined);
        expect(told.map((failure) => failure === undefined)).to.deep.equal([false, true]);
      } finally {
        await guard.stop();
      }
    });
  }

  it("takes no work when the disk is too full", async () => {
    await using folder = await temporaryDirectory();
    const where = { directory: folder.path };
    const full = { ...config, minFreeBytes: Number.MAX_SAFE_INTEGER };
    const changed = async () => undefined;
    const guard = startStorageGuard({ database, where, config: full, account: "0xabc", run: "this run", changed });
    try {
      await until("the guard fails", () => guard.failure() !== undefined);
      expect(guard.failure()?.code).to.equal("STORAGE_FAILED");
    } finally {
      await guard.stop();
    }
  });

  it("is part of health: without its database a relayer is not healthy", async () => {
    const limits = { maxHeadAgeMs: 60_000, maxProgressAgeMs: 60_000, maxPendingAgeMs: 60_000 };
    const query = () => Promise.reject(new RangeError("no connection"));
    const [working, broken] = [database, { ...database, query }].map((over) =>
      createHealth([{ chainId: 1n }], limits, over),
    );
    for (const { observe } of [working!, broken!]) observe({ type: "head", chainId: 1n, block: 1 });
    expect((await working!.check()).healthy).to.equal(true);
    expect(await broken!.check()).to.include({ healthy: false, database: "RELAYER_INTERNAL" });
  });
});
