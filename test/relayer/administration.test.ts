/** Configuration files, secrets, and what an operator may do. */
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { forEachContract, toHex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { administer, administerRemotely, loadRelayer } from "@medexchain/relayer";
import { expect } from "chai";
import { encryptKeystoreJson, Wallet } from "ethers";
import { fastify } from "fastify";
import { Registry } from "prom-client";
import { addAdministration } from "../../relayer/administer/routes.ts";
import { endAttempts, startAttempts } from "../../relayer/database/attempts.ts";
import type { Database } from "../../relayer/database/database.ts";
import { insertJobs, jobKey } from "../../relayer/database/jobs.ts";
import { insertRequests } from "../../relayer/database/requests.ts";
import { errorSchema, startHttp } from "../../relayer/http/server.ts";
import { clear, openTestDatabase } from "./support/databases.ts";
import { temporaryDirectory } from "./support/directory.ts";
import { refuses } from "./support/refuses.ts";

const ADDRESS = `0x${"11".repeat(20)}`;
const deployment = {
  chainId: "31337",
  rpcUrl: "http://127.0.0.1:8545",
  ...forEachContract(() => ADDRESS),
};
const relayer = { chains: [{ deployment }], ipfs: { url: "http://127.0.0.1:5001" }, database: { directory: "data" } };

const BY = { run: "this run", crashLimit: 5 };
const RETRY = { delaySeconds: 1, maxDelaySeconds: 1 };

describe("relayer: configuration file", () => {
  const write = async (folder: string, content: unknown) => {
    const file = join(folder, "medex.config.json");
    await writeFile(file, typeof content === "string" ? content : JSON.stringify(content));
    return file;
  };
  const message = async (loading: Promise<unknown>): Promise<string> => {
    const error = await loading.catch((thrown: unknown) => thrown);
    return MedexError.is(error, "CONFIG_INVALID") ? `${error.message} ${String(error.cause ?? "")}` : "";
  };

  it("finds the database beside the file, and lets DATABASE_URL take its place", async () => {
    await using folder = await temporaryDirectory();
    const file = await write(folder.path, { relayer, tangle: { url: "for another command" } });
    expect((await loadRelayer(file, {})).config.database).to.deep.equal({ directory: join(folder.path, "data") });
    const url = "postgres://relayer@127.0.0.1/medex";
    expect((await loadRelayer(file, { DATABASE_URL: url })).config.database).to.deep.equal({ url });
  });

  it("relays between the chains that were deployed, unless it is told others", async () => {
    await using folder = await temporaryDirectory();
    const { chains, ...others } = relayer;
    const file = await write(folder.path, { chains: { a: { deployment, fromBlock: 7 } }, relayer: others });
    const [chain] = (await loadRelayer(file, {})).config.chains;
    expect(chain).to.deep.include({ fromBlock: 7 });
    const told = await write(folder.path, {
      chains: { a: { deployment, fromBlock: 7 } },
      relayer: { chains, ...others },
    });
    expect((await loadRelayer(told, {})).config.chains[0]).to.deep.include({ fromBlock: 0 });
    expect(await message(loadRelayer(await write(folder.path, { relayer: others }), {}))).to.contain("chains");
  });

  it("opens an encrypted keystore, and says nothing of a passphrase that does not", async () => {
    await using folder = await temporaryDirectory();
    const wallet = new Wallet(Wallet.createRandom().privateKey);
    const scrypt = { scrypt: { N: 2 ** 10 } };
    await writeFile(join(folder.path, "account.json"), await encryptKeystoreJson(wallet, "open sesame", scrypt));
    await writeFile(join(folder.path, "passphrase"), "open sesame\n");
    await writeFile(join(folder.path, "sealing.key"), `${"07".repeat(32)}\n`);
    const secrets = { keystoreFile: "account.json", passphraseFile: "passphrase", sealingKeyFile: "sealing.key" };
    const file = await write(folder.path, { relayer: { ...relayer, secrets } });
    const read = await (await loadRelayer(file, {})).readSecrets();
    expect(read.accountKey).to.equal(wallet.privateKey);
    expect(read.sealingKey).to.deep.equal(new Uint8Array(32).fill(7));
    const wrong = await loadRelayer(file, { MEDEX_RELAYER_PASSPHRASE: "hunter2" });
    expect(await message(wrong.readSecrets()))
      .to.contain("account.json")
      .and.not.contain("hunter2");
    const none = await loadRelayer(await write(folder.path, { relayer }), {});
    expect(await message(none.readSecrets())).to.contain("keystoreFile");
  });

  it("names what is wrong in the file, and no value", async () => {
    await using folder = await temporaryDirectory();
    const load = async (content: unknown) => message(loadRelayer(await write(folder.path, content), {}));
    expect(await load("{ nonsense")).to.contain("medex.config.json");
    expect(await load({})).to.contain("relayer");
    expect(await load({ relayer: { ...relayer, secrets: { accountKey: "0xdead" } } })).to.contain("secrets");
    expect(await load({ relayer: { ...relayer, wrokers: 3 } })).to.contain("wrokers");
    expect(await load({ relayer: { ...relayer, workers: "4711" } }))
      .to.contain("workers")
      .and.not.contain("4711");
  });
});

describe("relayer: administration", () => {
  const stack = new AsyncDisposableStack();
  let database: Database;
  before(async () => {
    database = await openTestDatabase(stack);
  });
  beforeEach(() => clear(database));
  after(() => stack.disposeAsync());

  const job = () => ({ kind: "deliver-request", chainId: 2n, requestId: toHex32(randomBytes(32)) }) as const;

  it("parks by hand with a reason, which a running attempt does not undo, and retries", async () => {
    const subject = job();
    const key = jobKey(subject);
    await insertJobs(database, [subject]);
    await startAttempts(database, [key], BY);
    const administration = administer(database);
    expect(await administration.park(key, "the hospital asked for it")).to.equal(true);
    const failure = { code: "SERVICE_UNREACHABLE", message: "down", retriable: true } as const;
    await endAttempts(database, [{ key, state: "pending", failure }], RETRY);
    const [row] = await administration.jobs("parked", 10);
    expect(row).to.include({ key, code: "JOB_PARKED", reason: "the hospital asked for it", chainId: "2" });
    expect(await administration.park(key, "again")).to.equal(false);
    expect(await administration.retry(key)).to.equal(true);
    expect(await administration.retry(key)).to.equal(false);
  });

  it("holds the jobs of a paused lane without an attempt, and lets them go on", async () => {
    const subject = job();
    const other = job();
    const { requestId } = subject;
    await insertRequests(database, [{ requestId, sourceChainId: 2n, destinationChainId: 1n, expiry: 9n }]);
    await insertJobs(database, [subject, other]);
    const administration = administer(database);
    await administration.pause(2n, 1n);
    const started = await startAttempts(database, [subject, other].map(jobKey), BY);
    expect(started.map(({ key }) => key)).to.deep.equal([jobKey(other)]);
    expect((await administration.jobs("held", 10))[0]).to.include({ key: jobKey(subject), attempts: 0 });
    expect((await administration.status()).pausedLanes[0]).to.include({ from: "2", to: "1" });
    expect(await administration.resume(2n, 1n)).to.equal(true);
    expect(await startAttempts(database, [jobKey(subject)], BY)).to.have.lengthOf(1);
  });

  it("answers over HTTP what its OpenAPI document says, a malformed body and no token included", async () => {
    const documented = JSON.parse(await readFile(new URL("../../docs/openapi/relayer.json", import.meta.url), "utf8"));
    const answersOf = async (adminToken: string | undefined, body: string, type = "application/json") => {
      const server = await startHttp({
        config: { host: "127.0.0.1", port: 0 },
        database,
        account: `0x${"11".repeat(20)}`,
        registry: new Registry(),
        checkHealth: () => Promise.reject(new Error("nobody asks for it here")),
        administration: administer(database),
        adminToken,
        waitsFor: () => [],
        storageFailure: () => undefined,
      });
      try {
        const headers = { "content-type": type, authorization: "Bearer a-long-token" };
        const answer = await fetch(`${server.url}/v1/admin/status`, { method: "POST", headers, body });
        expect(Object.keys(documented.paths["/v1/admin/status"].post.responses)).to.include(String(answer.status));
        const said: unknown = await answer.json();
        if (!answer.ok) expect(errorSchema.strict().safeParse(said).success, JSON.stringify(said)).to.equal(true);
        return answer.status;
      } finally {
        await server.close();
      }
    };
    expect(await answersOf("a-long-token", "{}")).to.equal(200);
    expect(await answersOf("another-token", "{}")).to.equal(401);
    expect(await answersOf(undefined, "{}")).to.equal(404);
    expect(await answersOf("a-long-token", "{ nonsense")).to.equal(400);
    expect(await answersOf("a-long-token", "{}", "application/xml")).to.equal(400);
    expect(await answersOf("a-long-token", " ".repeat(2 ** 20 + 1))).to.equal(400);
  });

  it("is open over HTTP to whoever knows the token only", async () => {
    const server = fastify();
    addAdministration(server, administer(database), "a-long-token");
    const url = await server.listen({ host: "127.0.0.1", port: 0 });
    try {
      const subject = job();
      await insertJobs(database, [subject]);
      const allowed = administerRemotely(url, "a-long-token");
      expect(await allowed.park(jobKey(subject), "by hand")).to.equal(true);
      expect((await allowed.jobs("parked", 5)).map(({ key }) => key)).to.deep.equal([jobKey(subject)]);
      await allowed.pause(2n, 1n);
      expect(await allowed.resume(2n, 1n)).to.equal(true);
      expect((await allowed.status()).pausedLanes).to.deep.equal([]);
      expect(await refuses(administerRemotely(url, "another-token").status())).to.equal("CONFIG_INVALID");
      expect(await refuses(allowed.jobs("nonsense" as "done", 5))).to.equal("SERVICE_PROTOCOL"); // as an old version might
    } finally {
      await server.close();
    }
  });
});
