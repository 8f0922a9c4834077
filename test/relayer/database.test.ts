import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Hex32, toHex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { expect } from "chai";
import { endAttempts, startAttempts } from "../../relayer/database/attempts.ts";
import { insertAttestation, unattestedJobs } from "../../relayer/database/attestations.ts";
import { moveCursor, positionsBelow, readCursor } from "../../relayer/database/cursors.ts";
import type { Database } from "../../relayer/database/database.ts";
import { insertEvents, readPayloads } from "../../relayer/database/events.ts";
import { insertJobs, jobKey, jobsIn, unparkJob } from "../../relayer/database/jobs.ts";
import { migrate } from "../../relayer/database/migrate.ts";
import { MIGRATIONS } from "../../relayer/database/migrations.ts";
import { openDatabase } from "../../relayer/database/open.ts";
import { insertRequests, markEnded, overdueRequests } from "../../relayer/database/requests.ts";
import {
  abandonTransactions,
  insertTransaction,
  pendingTransactions,
  settleTransaction,
  transactionsOf,
} from "../../relayer/database/transactions.ts";
import { clear, openTestDatabase, testDatabase } from "./support/databases.ts";
import { temporaryDirectory } from "./support/directory.ts";
import { refuses } from "./support/refuses.ts";

const id = () => toHex32(randomBytes(32));

const BY = { run: "this run", crashLimit: 5 };
const RETRY = { delaySeconds: 1, maxDelaySeconds: 1 };

describe("relayer: database", () => {
  const stack = new AsyncDisposableStack();
  let database: Database;
  before(async () => {
    database = await openTestDatabase(stack);
  });
  beforeEach(() => clear(database));
  after(() => stack.disposeAsync());

  it("asks for an attestation until it is made, and again once its epoch has ended, or it is about to expire", async () => {
    const [requestId, digest] = [id(), id()];
    const [here, there] = [31337n, 31338n];
    const answer = { kind: "deliver-response", chainId: here, requestId } as const;
    await insertJobs(database, [answer]);
    const open = (theirs: bigint, skip: string[] = []) =>
      unattestedJobs(
        database,
        "0xabc",
        new Map([
          [here, 1n],
          [there, theirs],
        ]),
        skip,
      );
    expect(await open(4n)).to.deep.equal([jobKey(answer)]);
    expect(await open(4n, [jobKey(answer)])).to.deep.equal([]);
    const attestation = { relayer: "0xabc", signature: "0x" };
    // One of the chain of the request's owner is none of the answer, whatever its epoch.
    await insertAttestation(database, { chainId: here, requestId, digest: id(), epoch: 1n }, attestation);
    expect(await open(4n)).to.deep.equal([jobKey(answer)]);
    await insertAttestation(database, { chainId: there, requestId, digest, epoch: 4n }, attestation);
    expect(await open(4n)).to.deep.equal([]);
    expect(await open(5n)).to.deep.equal([jobKey(answer)]);
    await database.query("UPDATE relayer.attestations SET created_at = now() - interval '30 days'", []);
    expect(await open(4n)).to.deep.equal([jobKey(answer)]);
  });

  it("keeps cursor, events, jobs and transactions over a restart", async () => {
    await using own = await testDatabase();
    const cursor = { block: 7, hash: id(), requests: 1, grants: 0 };
    const requestId = id();
    const transaction = {
      chainId: 31337n,
      account: "0xabc",
      nonce: 3,
      hash: id(),
      raw: "0x02",
      action: "deliverRequest",
      requestIds: [requestId],
    };
    const first = await openDatabase(own.config);
    await first.transaction(async (tx) => {
      await moveCursor(tx, 31337n, undefined, cursor);
      await insertEvents(tx, 31337n, [
        {
          outbox: "requests",
          sequence: 1,
          kind: "AccessRequested",
          requestId,
          payload: { answer: "42" },
          block: 7,
          blockHash: cursor.hash,
          transactionHash: id(),
        },
      ]);
      await insertJobs(tx, [{ kind: "deliver-request", chainId: 31337n, requestId }]);
    });
    await insertTransaction(first, transaction);
    await first.close();

    const second = await openDatabase(own.config);
    expect(await readCursor(second, 31337n)).to.deep.equal(cursor);
    expect(await readPayloads(second, [{ chainId: 31337n, kind: "AccessRequested", requestId }])).to.deep.equal([
      { answer: "42" },
    ]);
    expect((await jobsIn(second, "pending")).map((job) => job.requestId)).to.deep.equal([requestId]);
    expect(await pendingTransactions(second, 31337n, "0xabc")).to.deep.equal([transaction]);
    await settleTransaction(second, transaction, "confirmed", 9);
    expect(await pendingTransactions(second, 31337n, "0xabc")).to.deep.equal([]);
    await second.close();
  });

  it("applies only the migrations that are missing, and refuses a database of a later version", async () => {
    await using own = await testDatabase();
    const database = await openDatabase(own.config);
    await migrate(database);
    await migrate(database, [...MIGRATIONS, { name: "later", statements: ["CREATE TABLE relayer.later (x integer)"] }]);
    await database.query("INSERT INTO relayer.later VALUES (1)");
    expect(await refuses(migrate(database))).to.equal("DATABASE_INVALID");
    await database.close();
  });

  it("rolls a failed migration back as a whole", async () => {
    await using own = await testDatabase();
    const database = await openDatabase(own.config);
    const broken = {
      name: "broken",
      statements: ["CREATE TABLE relayer.half (x integer)", "SELECT no_such_function()"],
    };
    await migrate(database, [...MIGRATIONS, broken]).then(
      () => expect.fail("a broken migration passed"),
      () => undefined,
    );
    const rows = await database.query("SELECT to_regclass('relayer.half') AS half");
    expect(rows).to.deep.equal([{ half: null }]);
    await database.close();
  });

  it("rolls a transaction back when its function throws", async () => {
    const subject = { kind: "re-encrypt", chainId: 1n, requestId: id() } as const;
    const failing = database.transaction(async (tx) => {
      await insertJobs(tx, [subject]);
      throw new MedexError("OUTBOX_GAP", "stop");
    });
    expect(await refuses(failing)).to.equal("OUTBOX_GAP");
    expect(await jobsIn(database, "pending")).to.deep.equal([]);
  });

  it("remembers where a cursor has been for so many blocks, and where it was before those", async () => {
    const at = (block: number) => ({ block, hash: id(), requests: 0, grants: 0 });
    let last = at(1);
    expect(await moveCursor(database, 7n, undefined, last, 10)).to.equal(true);
    for (const block of [3, 8, 14, 17]) {
      const next = at(block);
      expect(await moveCursor(database, 7n, last, next, 10)).to.equal(true);
      last = next;
    }
    const blocks = async () => (await positionsBelow(database, 7n, 100)).map(({ block }) => block);
    expect(await blocks()).to.deep.equal([17, 14, 8, 3]);
    expect(await moveCursor(database, 7n, at(17), at(30), 10)).to.equal(false);
    expect(await blocks()).to.deep.equal([17, 14, 8, 3]);
  });

  it("moves a cursor only from where it was read", async () => {
    const at = (block: number) => ({ block, hash: id(), requests: 0, grants: 0 });
    const [one, two, three] = [at(1), at(2), at(3)];
    expect(await moveCursor(database, 1n, undefined, one)).to.equal(true);
    expect(await moveCursor(database, 1n, undefined, two)).to.equal(false);
    expect(await moveCursor(database, 1n, one, two)).to.equal(true);
    expect(await moveCursor(database, 1n, one, three)).to.equal(false);
    expect(await readCursor(database, 1n)).to.deep.equal(two);
  });

  it("has one job per step, attempts it while it is pending only, and gives a parked one another try", async () => {
    const subject = { kind: "re-encrypt", chainId: 1n, requestId: id() } as const;
    const key = jobKey(subject);
    await insertJobs(database, [subject]);
    await insertJobs(database, [subject]);
    expect(await startAttempts(database, [key], BY)).to.have.lengthOf(1);
    expect(await startAttempts(database, [key], BY)).to.deep.equal([]); // one is under way
    const failure = { code: "CAPSULE_INVALID", message: "no capsule", retriable: false } as const;
    await endAttempts(database, [{ key, state: "parked", failure }], RETRY);
    expect(await startAttempts(database, [key], BY)).to.deep.equal([]);
    expect(await unparkJob(database, key)).to.equal("re-encrypt");
    expect(await unparkJob(database, key)).to.equal(undefined);
    expect((await startAttempts(database, [key], BY))[0]?.attempts).to.equal(2);
  });

  it("never holds two live transactions under one nonce", async () => {
    const signed = () => ({
      chainId: 1n,
      account: "0xabc",
      nonce: 0,
      hash: id(),
      raw: "0x02",
      action: "expire",
      requestIds: [id()],
    });
    const [first, second] = [signed(), signed()];
    await insertTransaction(database, first);
    const clash = await insertTransaction(database, second).then(
      () => "stored",
      () => "refused",
    );
    expect(clash).to.equal("refused");
    await settleTransaction(database, first, "replaced");
    await insertTransaction(database, second);
  });

  it("abandons what accounts sent that are not run any more, with the reason, and looks for it when they are run again", async () => {
    const [done, open] = [id(), id()];
    const signed = (account: string, nonce: number, action: string, requestIds: Hex32[]) => ({
      chainId: 1n,
      account,
      nonce,
      hash: id(),
      raw: "0x02",
      action,
      requestIds,
    });
    const first = signed("0xgone", 0, "deliverRequests", [done]);
    const second = signed("0xgone", 1, "deliverRequests", [done, open]);
    const other = signed("0xalive", 0, "deliverRequest", [done]);
    const waiting = signed("0xalive", 1, "deliverRequest", [open]);
    for (const each of [first, second, other, waiting]) await insertTransaction(database, each);
    await settleTransaction(database, other, "confirmed", 3);
    await abandonTransactions(database, 60);
    expect(await pendingTransactions(database, 1n, "0xgone")).to.have.lengthOf(2);
    await database.query("UPDATE relayer.transactions SET updated_at = now() - interval '2 minutes'");
    await database.query(
      "INSERT INTO relayer.relayers (account, seen_at) VALUES ('0xalive', now()), ('0xgone', now() - interval '2 minutes')",
    );
    await abandonTransactions(database, 60);
    const ends = [...(await transactionsOf(database, done)), ...(await transactionsOf(database, open))];
    const endOf = ({ hash }: { hash: Hex32 }) => {
      const { state, reason } = ends.find((end) => end.hash === hash)!;
      return [state, reason];
    };
    expect(endOf(first)).to.deep.equal(["abandoned", "another account has done its step"]);
    expect(endOf(second)).to.deep.equal(["abandoned", "its account is not run any more"]);
    expect(endOf(other)).to.deep.equal(["confirmed", null]);
    expect(endOf(waiting)).to.deep.equal(["pending", null]);
    expect(await pendingTransactions(database, 1n, "0xgone")).to.deep.equal([first, second]);
    await settleTransaction(database, first, "reverted", 4);
    const [settled] = (await transactionsOf(database, done)).filter(({ hash }) => hash === first.hash);
    expect(settled).to.include({ state: "reverted", reason: null });
  });

  it("tells a database that takes no writes from one that does not answer", async () => {
    for (const code of ["25006", "53100", "53200", "58030"]) {
      const failing = database.query(`DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '${code}'; END $$`);
      expect(await refuses(failing), code).to.equal("STORAGE_FAILED");
    }
  });

  it("finds requests that are past their time on one side, until they have ended there or have a job", async () => {
    const request = { requestId: id(), sourceChainId: 2n, destinationChainId: 1n, expiry: 100n };
    await insertRequests(database, [request]);
    expect(await overdueRequests(database, "destination", 1n, 99n)).to.deep.equal([]);
    expect(await overdueRequests(database, "destination", 2n, 100n)).to.deep.equal([]);
    expect(await overdueRequests(database, "destination", 1n, 100n)).to.deep.equal([request]);
    await markEnded(database, [request.requestId], "destination");
    expect(await overdueRequests(database, "destination", 1n, 100n)).to.deep.equal([]);
    expect(await overdueRequests(database, "source", 2n, 100n)).to.deep.equal([request]);
    await insertJobs(database, [{ kind: "expire-request", chainId: 2n, requestId: request.requestId }]);
    expect(await overdueRequests(database, "source", 2n, 100n)).to.deep.equal([]);
  });

  it("embedded, is not opened twice at a time, and can be opened after a process that died with it", async () => {
    await using directory = await temporaryDirectory();
    const own = { config: { directory: directory.path } };
    const lock = join(directory.path, "relayer.lock");
    await writeFile(lock, `process ${process.ppid} on elsewhere\n`); // a process that runs, and has not the lock
    const first = await openDatabase(own.config);
    expect(await refuses(openDatabase(own.config))).to.equal("CONFIG_INVALID");
    await first.close();
    await (await openDatabase(own.config)).close();
  });

  it("says that a PostgreSQL server does not answer, without its password", async () => {
    const opening = openDatabase({ url: "postgres://user:hunter2@127.0.0.1:1/medex" });
    const error = await opening.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(MedexError.is(error, "SERVICE_UNREACHABLE")).to.equal(true);
    expect(String(error)).to.contain("127.0.0.1:1").and.not.contain("hunter2");
  });
});
