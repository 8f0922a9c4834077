/** Several relayers, emptied databases, paused lanes, lost databases: what a relayer must come through. */
import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Chain, type Hex32, requestStateOf } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import type { JobKind } from "@medexchain/relayer";
import { expect } from "chai";
import { Wallet } from "ethers";
import { chainConfigSchema, type DatabaseConfig } from "../../relayer/config/schema.ts";
import { batchOf } from "../../relayer/submit/step.ts";
import { createSubmitter } from "../../relayer/submit/submitter.ts";
import { until } from "../until.ts";
import { ON_SERVER, openTestDatabase, testDatabase } from "./support/databases.ts";
import { temporaryDirectory } from "./support/directory.ts";
import { type Hospitals, startHospitals } from "./support/hospitals.ts";
import { startTestRelayer, type TestRelayer } from "./support/relayers.ts";
import { type RpcProxy, startRpcProxy } from "./support/rpc-proxy.ts";

describe("relayer: recovery", () => {
  const stack = new AsyncDisposableStack();
  let hospitals: Hospitals;
  before(async () => {
    hospitals = stack.use(await startHospitals());
  });
  after(() => stack.disposeAsync());

  const done = (relayer: TestRelayer, kind: JobKind, requestId: Hex32) =>
    relayer.until("job-done", (job) => job.kind === kind && job.requestId === requestId);
  const stateOnB = async (requestId: Hex32) =>
    requestStateOf((await hospitals.chainB.requests.status(requestId)).state);
  const stateOnA = async (requestId: Hex32) => requestStateOf((await hospitals.chainA.grants.grant(requestId)).state);
  const each = async (act: (chain: Chain) => Promise<{ wait(): Promise<unknown> }>) => {
    for (const chain of [hospitals.chainA, hospitals.chainB]) {
      await (await act(hospitals.as(chain, "administrator"))).wait();
    }
  };

  it("sends many steps in few transactions", async () => {
    await using database = await testDatabase();
    const requests: Hex32[] = [];
    for (let index = 0; index < 12; index++) requests.push((await hospitals.file()).requestId);
    const slow = { batchDelayMs: 400 };
    await using relayer = await startTestRelayer(hospitals, database.config, {
      change: (config) => ({
        ...config,
        chains: config.chains.map((chain) => ({ ...chain, submit: { ...chain.submit, ...slow } })),
      }),
    });
    for (const requestId of requests) await done(relayer, "deliver-request", requestId);
    const sent = relayer.events.filter((event) => event.type === "transaction-sent");
    const deliveries = sent.filter(({ action }) => action.startsWith("deliverRequest"));
    expect(deliveries.length).to.be.lessThan(5);
    expect(deliveries.flatMap(({ requestIds }) => requestIds)).to.include.members(requests);
    for (const requestId of requests) await hospitals.authorize(requestId);
    for (const requestId of requests) await done(relayer, "deliver-response", requestId);
    for (const requestId of requests) expect(await stateOnB(requestId)).to.equal("Granted");
  });

  it("skips the one item of a batch that is bad, says why, and takes the others", async () => {
    await using own = new AsyncDisposableStack();
    const database = await openTestDatabase(own);
    const { chainA, a, b } = hospitals;
    const account = new Wallet(Wallet.createRandom().privateKey);
    await chainA.provider.send("hardhat_setBalance", [account.address, "0x56bc75e2d63100000"]);
    const stopping = new AbortController();
    own.defer(() => stopping.abort());
    const submitter = createSubmitter({
      ...chainConfigSchema.parse({ deployment: a }),
      chain: chainA,
      account,
      database,
      observe: () => undefined,
      receiptTimeoutMs: 10_000,
      lookIntervalMs: 20,
      signal: stopping.signal,
    });
    const { interface: abi } = chainA.grants;
    const signed = [await hospitals.signedRequest(), await hospitals.signedRequest(), await hospitals.signedRequest()];
    const submitted = signed.map(({ request, requestId, signature: right }, index) => {
      const signature = index === 1 ? signed[0]!.signature : right; // of another request
      return submitter.submit({
        requestId,
        action: "deliverRequest",
        to: a.grants,
        data: () => abi.encodeFunctionData("deliverRequest", [b.chainId, request, signature]),
        isDone: async () => (await stateOnA(requestId)) !== "None",
        batch: batchOf("requests", "deliverRequests", { request, signature }, (items) =>
          abi.encodeFunctionData("deliverRequests", [b.chainId, items]),
        ),
      });
    });
    const ends = await Promise.allSettled(submitted);
    expect(ends.map(({ status }) => status)).to.deep.equal(["fulfilled", "rejected", "fulfilled"]);
    const reason = ends[1]!.status === "rejected" ? ends[1]!.reason : undefined;
    expect(MedexError.is(reason, "CHAIN_REVERTED")).to.equal(true);
    expect(String(reason)).to.contain("AccessGrantsInvalidSignature");
    expect(await chainA.provider.getTransactionCount(account.address)).to.equal(1);
    expect(await stateOnA(signed[2]!.requestId)).to.equal("Pending");
  });

  describe("by the chains' state alone", () => {
    let proxies: RpcProxy[];
    beforeEach(async () => {
      proxies = [await startRpcProxy(hospitals.a.rpcUrl), await startRpcProxy(hospitals.b.rpcUrl)];
      // The range that the watcher asks for is refused; the log of one block, which the state names, is not.
      for (const proxy of proxies) {
        proxy.intercept = async (method, [filter]) => {
          if (method !== "eth_getLogs") return undefined;
          const { fromBlock, toBlock } = filter as { fromBlock: string; toBlock: string }; // as ethers sends it
          return fromBlock === toBlock && Number(fromBlock) > 1
            ? undefined
            : { error: { code: -32601, message: "no logs here" } };
        };
      }
    });
    afterEach(async () => {
      for (const proxy of proxies) await proxy[Symbol.asyncDispose]();
    });

    it("finishes every open request with an emptied database", async () => {
      const fresh = (await hospitals.file()).requestId;
      const [approved, denied] = [(await hospitals.file()).requestId, (await hospitals.file()).requestId];
      {
        await using database = await testDatabase();
        await using relayer = await startTestRelayer(hospitals, database.config);
        for (const requestId of [fresh, approved, denied]) await done(relayer, "deliver-request", requestId);
      }
      const untouched = (await hospitals.file()).requestId;
      await hospitals.authorize(approved);
      await (await hospitals.as(hospitals.chainA, "patient").grants.deny(denied)).wait();

      await using database = await testDatabase();
      const [a, b] = proxies;
      await using relayer = await startTestRelayer(hospitals, database.config, {
        rpcUrlA: a!.url,
        rpcUrlB: b!.url,
        change: (config) => ({ ...config, reconcileIntervalMs: 200 }),
      });
      await until("Pending on chain A", async () => (await stateOnA(untouched)) === "Pending");
      await until("Granted on chain B", async () => (await stateOnB(approved)) === "Granted");
      await until("Denied on chain B", async () => (await stateOnB(denied)) === "Denied");
      expect(await stateOnB(fresh)).to.equal("Pending");
      expect(relayer.events.some(({ type }) => type === "event-seen")).to.equal(false);
    });

    it("finds what is open on the owner's chain when the requester's cannot list its requests", async () => {
      const [approved, denied] = [(await hospitals.file()).requestId, (await hospitals.file()).requestId];
      {
        await using database = await testDatabase();
        await using relayer = await startTestRelayer(hospitals, database.config);
        for (const requestId of [approved, denied]) await done(relayer, "deliver-request", requestId);
      }
      await hospitals.authorize(approved);
      await (await hospitals.as(hospitals.chainA, "patient").grants.deny(denied)).wait();

      await using database = await testDatabase();
      const [a, b] = proxies;
      const withoutLogs = b!.intercept;
      const selector = hospitals.chainB.requests.interface.getFunction("requestAt").selector;
      b!.intercept = async (method, params, forward) => {
        const lists = method === "eth_call" && JSON.stringify(params).includes(selector);
        return lists ? { error: { code: -32000, message: "no" } } : withoutLogs?.(method, params, forward);
      };
      await using _relayer = await startTestRelayer(hospitals, database.config, {
        rpcUrlA: a!.url,
        rpcUrlB: b!.url,
        change: (config) => ({ ...config, reconcileIntervalMs: 200 }),
      });
      await until("Granted on chain B", async () => (await stateOnB(approved)) === "Granted");
      await until("Denied on chain B", async () => (await stateOnB(denied)) === "Denied");
    });
  });

  it("holds what goes over a lane that a chain has paused, and goes on when it is resumed", async () => {
    await using database = await testDatabase();
    const { grants } = hospitals.as(hospitals.chainA, "administrator");
    await (await grants.pauseLane(hospitals.b.chainId)).wait();
    await using relayer = await startTestRelayer(hospitals, database.config);
    const { requestId } = await hospitals.file();
    await relayer.until("job-deferred", (job) => job.requestId === requestId && job.code === "LANE_PAUSED");
    await (await grants.resumeLane(hospitals.b.chainId)).wait();
    expect(await relayer.retry("deliver-request", hospitals.b.chainId, requestId)).to.equal(true);
    await done(relayer, "deliver-request", requestId);
  });

  it("started by the command line, stops in order when it is told to, and leaves the rest to another", async () => {
    await using database = await testDatabase();
    const { requestId } = await hospitals.file();
    {
      await using started = await startProcess(database.config, hospitals.a.rpcUrl);
      await started.until((line) => line.event === "job-done" && line.requestId === requestId);
      expect(await started.end("SIGTERM")).to.equal(143);
    }
    await hospitals.authorize(requestId);
    await using relayer = await startTestRelayer(hospitals, database.config);
    await done(relayer, "deliver-response", requestId);
    expect(await stateOnB(requestId)).to.equal("Granted");
  });

  it("finishes what a killed one had begun, and sends nothing twice", async () => {
    await using database = await testDatabase();
    await using proxy = await startRpcProxy(hospitals.a.rpcUrl);
    let sent = 0;
    // What the process sends reaches the chain, but it is killed before it learns of it.
    proxy.intercept = async (method, _params, forward) => {
      if (method !== "eth_sendRawTransaction") return undefined;
      await forward();
      sent++;
      return new Promise(() => undefined);
    };
    const { requestId } = await hospitals.file();
    {
      await using started = await startProcess(database.config, proxy.url);
      await until("one was sent", () => sent > 0);
      await started.end("SIGKILL");
    }
    await using relayer = await startTestRelayer(hospitals, database.config);
    await done(relayer, "deliver-request", requestId);
    expect(await stateOnA(requestId)).to.equal("Pending");
    const again = relayer.events.filter((event) => event.type === "transaction-sent");
    expect(again).to.deep.equal([]);
  });

  /** `medex relayer start` in a process of its own. */
  async function startProcess(database: DatabaseConfig, rpcUrlA: string) {
    const folder = await temporaryDirectory();
    const { a, b, ipfsUrl, relayer, sealingKeys } = hospitals;
    const chains = [{ ...a, rpcUrl: rpcUrlA }, b].map((deployment) => ({ deployment, pollIntervalMs: 50 }));
    const config = { relayer: { chains, ipfs: { url: ipfsUrl }, database, workers: 1 } };
    const file = join(folder.path, "medex.config.json");
    await writeFile(
      file,
      JSON.stringify(config, (_key, value) => (typeof value === "bigint" ? String(value) : value)),
    );
    const cli = fileURLToPath(new URL("../../cli/medex.ts", import.meta.url));
    const { DATABASE_URL: _server, ...environment } = process.env; // the file says which database
    const child = spawn(process.execPath, [cli, "relayer", "start", "--config", file, "--log", "debug"], {
      stdio: ["ignore", "pipe", "inherit"],
      env: {
        ...environment,
        MEDEX_RELAYER_ACCOUNT_KEY: relayer.privateKey,
        MEDEX_RELAYER_SEALING_KEY: Buffer.from(sealingKeys.get(relayer.address)!).toString("hex"),
      },
    });
    const lines: Record<string, unknown>[] = [];
    createInterface({ input: child.stdout }).on("line", (line) => lines.push(JSON.parse(line)));
    const exited = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
    return {
      until: (fits: (line: Record<string, unknown>) => boolean) => until("it says so", () => lines.some(fits)),
      end: (signal: "SIGTERM" | "SIGKILL") => {
        child.kill(signal);
        return exited;
      },
      [Symbol.asyncDispose]: async () => {
        child.kill("SIGKILL");
        await exited;
        await folder[Symbol.asyncDispose]();
      },
    };
  }

  // An embedded database has one user; MEDEX_TEST_DATABASE_URL names a server that several can share.
  if (ON_SERVER) {
    it("with several relayers on one PostgreSQL: they attest for each other where a chain wants two, and do nothing twice", async () => {
      await using database = await testDatabase();
      const second = new Wallet(Wallet.createRandom().privateKey);
      for (const { provider } of [hospitals.chainA, hospitals.chainB]) {
        await provider.send("hardhat_setBalance", [second.address, "0x56bc75e2d63100000"]);
      }
      await each(({ relayers }) => relayers.addRelayer(second.address));
      await each(({ relayers }) => relayers.setThreshold(2n));
      try {
        await using first = await startTestRelayer(hospitals, database.config);
        await using other = await startTestRelayer(hospitals, database.config, { accountKey: second.privateKey });
        const requests: Hex32[] = [];
        for (let index = 0; index < 8; index++) requests.push((await hospitals.file()).requestId);
        for (const requestId of requests) {
          await until("Pending on chain A", async () => (await stateOnA(requestId)) === "Pending");
          await hospitals.authorize(requestId);
        }
        for (const requestId of requests)
          await until("Granted on chain B", async () => (await stateOnB(requestId)) === "Granted");
        for (const requestId of requests) {
          for (const kind of ["deliver-request", "re-encrypt", "deliver-response"] as const) {
            await until("one job of the two is done", async () => {
              const both = [...first.events, ...other.events];
              const ends = both.filter((e) => e.type === "job-done" && e.kind === kind && e.requestId === requestId);
              return ends.length === 1;
            });
          }
        }
      } finally {
        await each(({ relayers }) => relayers.setThreshold(1n));
        await each(({ relayers }) => relayers.removeRelayer(second.address));
      }
    });
  }
});
