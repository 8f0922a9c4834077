import { setImmediate } from "node:timers/promises";
import { encode } from "@ipld/dag-cbor";
import { type Chain, type Hex32, pseudonymHash, requestStateOf, toHex32 } from "@medexchain/chain";
import { encodeSealedReKey, type G2Bytes, parseSealedReKey } from "@medexchain/pre";
import type { JobKind, RelayerEvent } from "@medexchain/relayer";
import { sha256 } from "@noble/hashes/sha2.js";
import { expect } from "chai";
import { until } from "../until.ts";
import { PAYLOAD } from "../world/crypto.ts";
import { PEOPLE } from "../world/people.ts";
import { testDatabase } from "./support/databases.ts";
import { type Hospitals, startHospitals } from "./support/hospitals.ts";
import { startHttpProxy } from "./support/http-proxy.ts";
import { openGranted } from "./support/open-granted.ts";
import { startTestRelayer, type TestRelayer } from "./support/relayers.ts";
import { startRpcProxy } from "./support/rpc-proxy.ts";

const WINDOW = 3_600; // AccessRequests.RESPONSE_WINDOW

describe("relayer", () => {
  const stack = new AsyncDisposableStack();
  let hospitals: Hospitals;
  before(async () => {
    hospitals = stack.use(await startHospitals());
  });
  after(() => stack.disposeAsync());

  const done = (relayer: TestRelayer, kind: JobKind, requestId: Hex32) =>
    relayer.until("job-done", (job) => job.kind === kind && job.requestId === requestId);
  const parked = (relayer: TestRelayer, requestId: Hex32) =>
    relayer.until("job-parked", (job) => job.requestId === requestId);
  const deferred = (relayer: TestRelayer, requestId: Hex32) =>
    relayer.until("job-deferred", (job) => job.requestId === requestId);
  const stateOnB = async (requestId: Hex32) =>
    requestStateOf((await hospitals.chainB.requests.status(requestId)).state);
  const advance = async (seconds: number, ...chains: Chain[]) => {
    for (const { provider } of chains) {
      await provider.send("evm_increaseTime", [seconds]);
      await provider.send("evm_mine", []);
    }
  };

  describe("that runs", () => {
    let relayer: TestRelayer;
    const running = new AsyncDisposableStack();
    before(async () => {
      const { config } = running.use(await testDatabase());
      relayer = running.use(await startTestRelayer(hospitals, config));
    });
    after(() => running.disposeAsync());

    it("carries a request to the owner, re-encrypts what is granted, and carries the response back", async () => {
      const { requestId } = await hospitals.file();
      await done(relayer, "deliver-request", requestId);
      await hospitals.authorize(requestId);
      await done(relayer, "deliver-response", requestId);
      expect(await stateOnB(requestId)).to.equal("Granted");
      expect(await openGranted(hospitals, requestId)).to.deep.equal(PAYLOAD);
    });

    it("carries the owner's denial back", async () => {
      const { requestId } = await hospitals.file();
      await done(relayer, "deliver-request", requestId);
      await (await hospitals.as(hospitals.chainA, "patient").grants.deny(requestId)).wait();
      await done(relayer, "deliver-response", requestId);
      expect(await stateOnB(requestId)).to.equal("Denied");
    });

    it("imports a renewed certificate before the request that needs it", async () => {
      await hospitals.renewDoctor(70n);
      const { requestId } = await hospitals.file();
      await done(relayer, "deliver-request", requestId);
      expect((await hospitals.chainA.hospitals.member(PEOPLE.doctor.memberId)).serial).to.equal(70n);
    });

    it("parks poisoned inputs with their reason, blocks nobody, and tries again when told to", async () => {
      const { store } = hospitals;
      const toBytes = (value: number) => new Uint8Array(32).fill(value);
      // G2Bytes is a brand on bytes: these only claim to be a point.
      const offCurve = new Uint8Array(96).fill(0xff) as G2Bytes;
      const poisons: [string, code: string, (requestId: Hex32) => Promise<Hex32>][] = [
        [
          "not a sealed key",
          "SEALED_REKEY_INVALID",
          async () => toHex32((await store.put(encode({ hello: "relayer" }))).digest),
        ],
        ["for another request", "DEALING_INVALID", async () => hospitals.seal(toHex32(sha256(toBytes(1))))],
        [
          "no group elements",
          "SEALED_REKEY_INVALID",
          (id) =>
            hospitals.seal(id, ({ sealedReKey, shares }) => ({
              sealedReKey: encodeSealedReKey({ ...parseSealedReKey(sealedReKey), C3: offCurve }),
              shares,
            })),
        ],
      ];

      const poisoned: Hex32[] = [];
      for (const [, , make] of poisons) {
        const { requestId } = await hospitals.file();
        await done(relayer, "deliver-request", requestId);
        await hospitals.authorize(requestId, await make(requestId));
        poisoned.push(requestId);
      }
      const { requestId } = await hospitals.file();
      await done(relayer, "deliver-request", requestId);
      await hospitals.authorize(requestId);
      await done(relayer, "deliver-response", requestId);

      for (const [index, id] of poisoned.entries()) {
        const [name, code] = poisons[index]!;
        expect((await parked(relayer, id)).code, name).to.equal(code);
      }
      const [first] = poisoned;
      expect(await relayer.retry("re-encrypt", hospitals.a.chainId, first!)).to.equal(true);
      const again = (job: { requestId: Hex32; attempts: number }) => job.requestId === first && job.attempts === 2;
      await relayer.until("job-parked", again);
      expect(await relayer.retry("deliver-request", hospitals.b.chainId, first!)).to.equal(false);
    });

    it("keeps a request to a chain that it does not serve, and says what to configure", async () => {
      const { requests } = hospitals.as(hospitals.chainB, "administrator");
      await (await requests.setPeer(4242n, hospitals.a.grants)).wait();
      const { requestId } = await hospitals.file({ destinationChainId: 4242n });
      const { code, message } = await deferred(relayer, requestId);
      expect(code).to.equal("CONFIG_INVALID");
      expect(message).to.contain("4242");
    });

    it("waits for a request that was carried past its own chain to be filed there", async () => {
      const filed = await hospitals.signedRequest();
      const { grants } = hospitals.as(hospitals.chainA, "patient");
      await (await grants.deliverRequest(hospitals.b.chainId, filed.request, filed.signature)).wait();
      await (await grants.deny(filed.requestId)).wait();
      expect((await deferred(relayer, filed.requestId)).code).to.equal("REQUEST_NOT_FILED");
      await hospitals.fileSigned(filed);
      await done(relayer, "deliver-response", filed.requestId);
      expect(await stateOnB(filed.requestId)).to.equal("Denied");
    });

    it("tells a request's history, metrics and health, and nothing secret", async () => {
      const { requestId } = await hospitals.file();
      await done(relayer, "deliver-request", requestId);
      const get = async (path: string) => {
        const answer = await fetch(`${relayer.url}${path}`);
        return { status: answer.status, text: await answer.text() };
      };
      const history = await get(`/v1/requests/${requestId}`);
      const { jobs, transactions, events } = JSON.parse(history.text);
      expect(events[0]).to.include({ kind: "AccessRequested", chainId: "31338" });
      expect(jobs[0]).to.include({ kind: "deliver-request", state: "done", outcome: "sent", attempts: 1 });
      expect(transactions[0]).to.include({ action: "deliverRequest", state: "confirmed", chainId: "31337" });
      expect((await get(`/v1/requests/${toHex32(new Uint8Array(32))}`)).status).to.equal(404);
      expect((await get("/v1/requests/1")).status).to.equal(400);
      expect((await get("/healthz")).status).to.equal(200);
      const metrics = (await get("/metrics")).text;
      expect(metrics).to.match(/medex_relayer_jobs_done_total\{kind="deliver-request",outcome="sent"\} [1-9]/);
      expect(metrics).to.match(
        /medex_relayer_transactions_total\{chain="31337",action="deliverRequest",outcome="confirmed"\} [1-9]/,
      );
      for (const text of [history.text, metrics]) expect(text).not.to.contain(hospitals.relayer.privateKey.slice(2));
    });

    it("ends an expired request on the owner's chain, and carries that back", async () => {
      const { requestId } = await hospitals.file({ lifetime: 600n });
      await done(relayer, "deliver-request", requestId);
      await advance(601, hospitals.chainB, hospitals.chainA);
      await done(relayer, "expire-grant", requestId);
      await done(relayer, "deliver-response", requestId);
      expect(await stateOnB(requestId)).to.equal("Expired");
    });

    it("sends nothing for a request that is dead on arrival, and ends it where it was made", async () => {
      const { requestId } = await hospitals.file({ lifetime: 600n, hold: () => advance(601, hospitals.chainA) });
      const { outcome } = await done(relayer, "deliver-request", requestId);
      expect(outcome).to.equal("expired");
      expect(requestStateOf((await hospitals.chainA.grants.grant(requestId)).state)).to.equal("None");
      await advance(601 + WINDOW, hospitals.chainB);
      await done(relayer, "expire-request", requestId);
      expect(await stateOnB(requestId)).to.equal("Expired");
      await advance(WINDOW, hospitals.chainA);
    });
  });

  it("takes up, after a restart, what happened while it was down and what it had not finished", async () => {
    await using database = await testDatabase();
    const unpublished = encode({ v: 1, late: "key" });
    let finished: Hex32;
    let unfinished: Hex32;
    {
      await using relayer = await startTestRelayer(hospitals, database.config);
      finished = (await hospitals.file()).requestId;
      unfinished = (await hospitals.file()).requestId;
      await done(relayer, "deliver-request", finished);
      await done(relayer, "deliver-request", unfinished);
      await hospitals.authorize(unfinished, toHex32(sha256(unpublished)));
      const { code } = await relayer.until("job-deferred", (job) => job.requestId === unfinished);
      expect(code).to.equal("CONTENT_NOT_FOUND");
    }
    const missed = (await hospitals.file()).requestId;
    await hospitals.store.put(unpublished);
    await using relayer = await startTestRelayer(hospitals, database.config);
    await done(relayer, "deliver-request", missed);
    expect((await parked(relayer, unfinished)).code).to.equal("SEALED_REKEY_INVALID");
    const repeated = relayer.events.filter((event) => event.type === "job-done" && event.requestId === finished);
    expect(repeated).to.deep.equal([]);
  });

  it("ends the job of an approval that was taken back, and brings what was decided in time though B has ended the request", async () => {
    await using database = await testDatabase();
    const { chainA, chainB } = hospitals;
    const { grants } = hospitals.as(chainA, "patient");
    let withdrawn: Hex32;
    let denied: Hex32;
    {
      await using relayer = await startTestRelayer(hospitals, database.config);
      withdrawn = (await hospitals.file({ lifetime: 600n })).requestId;
      denied = (await hospitals.file({ lifetime: 600n })).requestId;
      for (const requestId of [withdrawn, denied]) await done(relayer, "deliver-request", requestId);
    }
    await hospitals.authorize(withdrawn);
    await (await grants.withdraw(withdrawn)).wait();
    await (await grants.deny(denied)).wait();
    await advance(601 + WINDOW, chainB, chainA);
    await (await hospitals.as(chainB, "administrator").requests.expire(denied)).wait();
    await using relayer = await startTestRelayer(hospitals, database.config);
    const { outcome } = await done(relayer, "re-encrypt", withdrawn);
    expect(outcome).to.equal("already-done");
    for (const requestId of [withdrawn, denied]) {
      await done(relayer, "deliver-response", requestId);
      expect(await stateOnB(requestId)).to.equal("Denied");
    }
  });

  it("waits for a doctor whose certificates were all revoked, says so, and carries the request when the doctor is enrolled again", async () => {
    await hospitals.renewDoctor(2n);
    const { requestId } = await hospitals.file();
    const operator = hospitals.as(hospitals.chainB, "operatorB").hospitals;
    await (await operator.revokeCertificates(PEOPLE.hospitalB.id, pseudonymHash(PEOPLE.doctor.pseudonym), 2n)).wait();
    await using database = await testDatabase();
    await using relayer = await startTestRelayer(hospitals, database.config);
    const { code, message } = await deferred(relayer, requestId);
    expect(code).to.equal("CERTIFICATE_INVALID");
    expect(message).to.contain("revoked every certificate up to serial 2");
    await hospitals.renewDoctor(3n);
    await done(relayer, "deliver-request", requestId);
  });

  it("lets a running job finish when it is closed", async () => {
    await using database = await testDatabase();
    await using proxy = await startRpcProxy(hospitals.a.rpcUrl);
    const relayer = await startTestRelayer(hospitals, database.config, { rpcUrlA: proxy.url });
    let closing: Promise<void> | undefined;
    proxy.intercept = async (method) => {
      if (method === "eth_sendRawTransaction") {
        closing ??= Promise.resolve(relayer[Symbol.asyncDispose]());
        await setImmediate(); // whatever it does at once when it is told to stop, it has done
      }
      return undefined;
    };
    const { requestId } = await hospitals.file();
    await done(relayer, "deliver-request", requestId);
    await closing;
    expect(relayer.events.at(-1)?.type).to.equal("stopped");
    expect(requestStateOf((await hospitals.chainA.grants.grant(requestId)).state)).to.equal("Pending");
  });

  it("does not wait for a slow IPFS when it is closed, and goes on at the next start", async () => {
    await using database = await testDatabase();
    await using slow = await startHttpProxy(hospitals.ipfsUrl);
    const asked = Promise.withResolvers<void>();
    slow.intercept = async (path) => {
      if (!path.includes("/block/get")) return undefined;
      asked.resolve();
      return new Promise(() => undefined); // for as long as somebody waits
    };
    const limit = 3_600_000;
    const relayer = await startTestRelayer(hospitals, database.config, {
      change: (config) => ({ ...config, ipfs: { url: slow.url, timeoutMs: limit } }),
    });
    const { requestId } = await hospitals.file();
    await done(relayer, "deliver-request", requestId);
    await hospitals.authorize(requestId);
    await asked.promise;
    await relayer[Symbol.asyncDispose]();
    expect(relayer.events.find((event) => event.type === "job-deferred" && event.kind === "re-encrypt")).to.include({
      code: "SERVICE_UNREACHABLE",
    });
    await using next = await startTestRelayer(hospitals, database.config);
    await done(next, "re-encrypt", requestId);
  });

  it("says at the start where it is not admitted", async () => {
    await using database = await testDatabase();
    const accountKey = `0x${"22".repeat(32)}`;
    await using relayer = await startTestRelayer(hospitals, database.config, { accountKey });
    const warnings = relayer.events.filter((event) => event.type === "failed" && event.where === "standing");
    expect(warnings).to.have.lengthOf(2); // one of each chain
  });

  for (const service of ["ipfs", "chain 31337"] as const) {
    it(`waits at its start for ${service}, says so, and goes on when it is there`, async () => {
      await using database = await testDatabase();
      await using proxy = await startHttpProxy(service === "ipfs" ? hospitals.ipfsUrl : hospitals.a.rpcUrl);
      proxy.intercept = async () => "drop";
      const events: RelayerEvent[] = [];
      const starting = startTestRelayer(hospitals, database.config, {
        events,
        ...(service === "ipfs" ? {} : { rpcUrlA: proxy.url }),
        change: (config) => (service === "ipfs" ? { ...config, ipfs: { ...config.ipfs, url: proxy.url } } : config),
      });
      const find = async <T>(pick: (event: RelayerEvent) => T | undefined): Promise<T> => {
        const found = () => events.map(pick).find((value) => value !== undefined);
        await until("it says so", () => found() !== undefined);
        return found()!;
      };
      const said = await find((event) => (event.type === "waiting" ? event : undefined));
      expect(said).to.include({ where: service, code: "SERVICE_UNREACHABLE" });
      expect(said.message).to.contain(proxy.url);
      const url = await find((event) => (event.type === "listening" ? event.url : undefined));
      const health = await fetch(`${url}/healthz`);
      expect(health.status).to.equal(503);
      expect(JSON.stringify(await health.json())).to.contain(said.message);
      expect((await fetch(`${url}/readyz`)).status).to.equal(503);
      proxy.intercept = undefined;
      await using relayer = await starting;
      const { requestId } = await hospitals.file();
      await done(relayer, "deliver-request", requestId);
    });
  }

  it("waits at its start for an IPFS node that answers and stores nothing", async () => {
    await using database = await testDatabase();
    await using proxy = await startHttpProxy(hospitals.ipfsUrl);
    const held = Promise.withResolvers<undefined>();
    proxy.intercept = (path) => (path.includes("/block/put") ? held.promise : Promise.resolve(undefined));
    const events: RelayerEvent[] = [];
    const starting = startTestRelayer(hospitals, database.config, {
      events,
      change: (config) => ({ ...config, ipfs: { url: proxy.url, timeoutMs: 100 } }),
    });
    const waits = () => events.find((event) => event.type === "waiting");
    await until("it says so", () => waits() !== undefined);
    expect(waits()).to.include({ where: "ipfs", code: "SERVICE_UNREACHABLE" });
    proxy.intercept = undefined;
    held.resolve(undefined);
    await using _relayer = await starting;
  });

  it("stops waiting when it is told to", async () => {
    await using database = await testDatabase();
    const stopping = new AbortController();
    const starting = startTestRelayer(hospitals, database.config, {
      rpcUrlA: "http://127.0.0.1:1",
      signal: stopping.signal,
    }).then(
      () => "started",
      () => "stopped",
    );
    stopping.abort();
    expect(await starting).to.equal("stopped");
  });
});
