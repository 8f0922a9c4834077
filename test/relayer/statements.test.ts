import { type AttestationTerms, type Hex32, pseudonymHash } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { expect } from "chai";
import { id, Wallet } from "ethers";
import { attestationsOf } from "../../relayer/database/attestations.ts";
import type { Database } from "../../relayer/database/database.ts";
import { forgetStatements } from "../../relayer/database/statements.ts";
import { attest, type Statement } from "../../relayer/handle/attest.ts";
import { openTestDatabase } from "./support/databases.ts";

describe("relayer: its word", () => {
  const stack = new AsyncDisposableStack();
  let database: Database;
  before(async () => {
    database = await openTestDatabase(stack);
  });
  after(() => stack.disposeAsync());

  const account = Wallet.createRandom();
  const statement = (subject: string, content: string): Statement => ({
    chainId: 7n,
    requestId: pseudonymHash(subject),
    account: new Wallet(account.privateKey),
    subject,
    since: 0n,
    digest: ({ epoch, expiry }: AttestationTerms) => id(`${subject} ${content} ${epoch} ${expiry}`) as Hex32, // 32 bytes
  });
  const say = (subject: string, content: string, epoch = 1n, expiry = 100n) =>
    attest(database, statement(subject, content), { epoch, expiry });
  const refused = async (attempt: Promise<unknown>) => {
    const error = await attempt.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(MedexError.is(error, "ATTESTATION_CONFLICT")).to.equal(true);
  };

  it("is said again bit by bit", async () => {
    const first = await attestationsOf(database, await say("answer one", "granted"));
    await database.query("DELETE FROM relayer.attestations", []);
    const again = await attestationsOf(database, await say("answer one", "granted"));
    expect(first).to.have.length(1);
    expect(again).to.deep.equal(first);
  });

  it("stands in the place of what somebody else has put into the database as its own", async () => {
    const first = await attestationsOf(database, await say("answer of a database", "granted"));
    await database.query("UPDATE relayer.attestations SET signature = '0x12' WHERE request_id = $1", [
      pseudonymHash("answer of a database"),
    ]);
    expect(await attestationsOf(database, await say("answer of a database", "granted"))).to.deep.equal(first);
  });

  it("is one of each subject in an epoch, whenever it expires", async () => {
    await say("answer two", "granted");
    await say("answer two", "granted", 1n, 200n);
    await refused(say("answer two", "denied"));
    await refused(say("answer two", "denied", 1n, 200n));
    await say("answer three", "denied");
  });

  it("may be another in a later epoch, when more is known", async () => {
    await say("answer four", "granted");
    await say("answer four", "denied", 2n);
    await refused(say("answer four", "granted", 2n));
    await say("answer four", "granted", 1n);
  });

  it("is not given before it is written down", async () => {
    await say("answer five", "granted");
    await refused(say("answer five", "denied"));
    const rows = await database.query("SELECT 1 FROM relayer.attestations WHERE request_id = $1", [
      pseudonymHash("answer five"),
    ]);
    expect(rows).to.have.length(1);
  });

  it("is remembered while its epoch lasts, and for a month after", async () => {
    await say("answer six", "granted", 8n);
    const age = (days: number) =>
      database.query("UPDATE relayer.statements SET created_at = now() - make_interval(days => $1::int)", [days]);
    await age(40);
    await forgetStatements(database);
    await refused(say("answer six", "denied", 8n));
    await say("answer six", "granted", 9n);
    await age(30);
    await forgetStatements(database);
    await refused(say("answer six", "denied", 8n));
    await age(32);
    await forgetStatements(database);
    await say("answer six", "denied", 8n);
    await refused(say("answer six", "denied", 9n));
  });
});
