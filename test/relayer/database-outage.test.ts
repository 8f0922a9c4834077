/** The database server dies, or takes no writes, while requests are under way. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Hex32, requestStateOf } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import type { RelayerEvent } from "@medexchain/relayer";
import { expect } from "chai";
import { z } from "zod";
import { createDatabase, setReadOnly } from "../../chaos/postgres.ts";
import { openDatabase } from "../../relayer/database/open.ts";
import { findPostgres, type PostgresCluster, startPostgresCluster } from "../../tools/postgres-cluster.ts";
import { until } from "../until.ts";
import { ON_SERVER } from "./support/databases.ts";
import { type Hospitals, startHospitals } from "./support/hospitals.ts";
import { startTestRelayer, type TestRelayer } from "./support/relayers.ts";

const STORAGE = { intervalMs: 200, timeoutMs: 1_000 };

// `npm run test:postgres` alone has PostgreSQL's programs for sure.
if (ON_SERVER) {
  describe("relayer: a database server that fails", () => {
    const stack = new AsyncDisposableStack();
    let hospitals: Hospitals;
    let cluster: PostgresCluster;
    let relayer: TestRelayer;
    before(async () => {
      hospitals = stack.use(await startHospitals());
      const bin = findPostgres();
      if (bin === undefined) throw new Error("PostgreSQL's programs are not installed");
      cluster = stack.use(await startPostgresCluster(bin));
      const { url } = await createDatabase(cluster.url);
      relayer = stack.use(
        await startTestRelayer(
          hospitals,
          { url },
          {
            change: (config) => ({
              ...config,
              storage: { ...config.storage, ...STORAGE },
            }),
          },
        ),
      );
    });
    after(() => stack.disposeAsync());

    const stateOnA = async (id: Hex32) => requestStateOf((await hospitals.chainA.grants.grant(id)).state);
    const stateOnB = async (id: Hex32) => requestStateOf((await hospitals.chainB.requests.status(id)).state);
    const ask = async (path: string) => {
      const answer = await fetch(`${relayer.url}${path}`);
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    };
    const deliveries = async (id: Hex32) => {
      const { grants } = hospitals.chainA;
      const { requests } = hospitals.chainB;
      const there = await grants.queryFilter(grants.filters.RequestDelivered());
      const back = await requests.queryFilter(requests.filters.ResponseDelivered(id));
      return [there.filter(({ args }) => args.requestId === id).length, back.length];
    };

    it("waits at its start for a database that takes no writes, and goes on when it does", async () => {
      const { url } = await createDatabase(cluster.url);
      const starts = async (): Promise<TestRelayer> => startTestRelayer(hospitals, { url }, { events });
      const events: RelayerEvent[] = [];
      await using _made = await starts(); // so that its tables are there
      await setReadOnly(cluster.url, true);
      let starting: Promise<TestRelayer>;
      try {
        events.length = 0;
        starting = starts();
        await until("it says so", () => events.some((event) => event.type === "waiting"));
        expect(events.find((event) => event.type === "waiting")).to.include({
          where: "database",
          code: "STORAGE_FAILED",
        });
      } finally {
        await setReadOnly(cluster.url, false);
      }
      await using _relayer = await starting;
    });

    it("does not answer, rather than fail for good, where a connection breaks between two statements of a transaction", async () => {
      const { url } = await createDatabase(cluster.url);
      const database = await openDatabase({ url });
      try {
        const broken = database.transaction(async (tx) => {
          const [row] = await tx.query("SELECT pg_backend_pid() AS pid");
          const { pid } = z.object({ pid: z.number() }).parse(row);
          const isThere = async () =>
            (await database.query("SELECT 1 FROM pg_stat_activity WHERE pid = $1", [pid])).length > 0;
          await database.query("SELECT pg_terminate_backend($1)", [pid]);
          await until("its backend has ended", async () => !(await isThere()));
          await tx.query("SELECT 1");
        });
        const error = await broken.catch((reason: unknown) => reason);
        expect(MedexError.is(error, "SERVICE_UNREACHABLE"), String(error)).to.equal(true);
        expect(await database.query("SELECT 1 AS one")).to.deep.equal([{ one: 1 }]);
      } finally {
        await database.close();
      }
    });

    for (const { name, code, fail, mend } of [
      {
        name: "is killed",
        code: "SERVICE_UNREACHABLE",
        fail: async () => cluster.crash(),
        mend: () => cluster.start(),
      },
      {
        name: "takes no writes",
        code: "STORAGE_FAILED",
        fail: () => setReadOnly(cluster.url, true),
        mend: () => setReadOnly(cluster.url, false),
      },
    ]) {
      it(`takes no work while it ${name}, says so, goes on by itself, and neither loses a request nor does one twice`, async () => {
        await until("it is healthy", async () => (await ask("/healthz")).status === 200);
        const since = relayer.events.length;
        const requests: Hex32[] = [];
        for (let index = 0; index < 6; index++) requests.push((await hospitals.file()).requestId);
        await until("one has arrived", async () => (await stateOnA(requests[0]!)) === "Pending");
        await fail();
        const filedMeanwhile = (await hospitals.file()).requestId;
        await until("it says so", async () => (await ask("/readyz")).status === 503);
        await until("it says why", async () => (await ask("/healthz")).body.storage === code);
        expect((await ask("/healthz")).body).to.include({ healthy: false });
        const said = relayer.events.slice(since);
        expect(
          said.some((event) => event.type === "failed" && event.where === "storage" && event.code === code),
        ).to.equal(true);
        // Nothing tells that nothing is done: this is the rate of the relayer's own looks, several of them.
        await sleep(5 * STORAGE.intervalMs);
        expect(await stateOnA(filedMeanwhile)).to.equal("None");

        await mend();
        await until("it is well again", async () => (await ask("/readyz")).status === 200);
        expect(relayer.events.slice(since).some(({ type }) => type === "storage-recovered")).to.equal(true);
        const all = [...requests, filedMeanwhile];
        for (const id of all) {
          await until("all have arrived", async () => (await stateOnA(id)) === "Pending");
          await hospitals.authorize(id);
        }
        for (const id of all) await until("all are granted", async () => (await stateOnB(id)) === "Granted");
        for (const id of all) expect(await deliveries(id)).to.deep.equal([1, 1]);
      });
    }
  });
}
