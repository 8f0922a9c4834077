import { randomBytes } from "node:crypto";
import { type Chain, connectChain, toHex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import type { RelayerEvent } from "@medexchain/relayer";
import { expect } from "chai";
import { Wallet } from "ethers";
import { chainConfigSchema } from "../../relayer/config/schema.ts";
import type { Database } from "../../relayer/database/database.ts";
import { pendingTransactions, transactionsOf } from "../../relayer/database/transactions.ts";
import type { Step } from "../../relayer/submit/step.ts";
import { createSubmitter, type Submitter } from "../../relayer/submit/submitter.ts";
import { startChains, type TestChains } from "./support/chains.ts";
import { openTestDatabase } from "./support/databases.ts";
import { refuses } from "./support/refuses.ts";
import { type RpcProxy, startRpcProxy } from "./support/rpc-proxy.ts";

const SEND = "eth_sendRawTransaction";

describe("relayer: submitter", () => {
  const stack = new AsyncDisposableStack();
  let chains: TestChains;
  let proxy: RpcProxy;
  let chain: Chain;
  let database: Database;
  let account: Wallet;
  let submitter: Submitter;
  let events: RelayerEvent[];
  const stop = { controller: new AbortController() };

  before(async () => {
    chains = stack.use(await startChains(Wallet.createRandom().address, toHex32(randomBytes(32))));
    proxy = stack.use(await startRpcProxy(chains.a.rpcUrl));
    chain = stack.adopt(await connectChain({ ...chains.a, rpcUrl: proxy.url }), (opened) => opened.close());
    database = await openTestDatabase(stack);
  });
  after(() => stack.disposeAsync());

  beforeEach(async () => {
    account = new Wallet(Wallet.createRandom().privateKey);
    await chain.provider.send("hardhat_setBalance", [account.address, "0x56bc75e2d63100000"]);
    proxy.intercept = undefined;
    proxy.calls.length = 0;
    events = [];
    submitter = makeSubmitter();
  });

  function makeSubmitter(receiptTimeoutMs = 3_000, settings: object = {}): Submitter {
    stop.controller = new AbortController();
    const observe = (event: RelayerEvent) => void events.push(event);
    const { signal } = stop.controller;
    const { submit, confirmations } = chainConfigSchema.parse({ deployment: chain.deployment, ...settings });
    const shared = { chain, account, database, observe, signal };
    return createSubmitter({ ...shared, receiptTimeoutMs, lookIntervalMs: 20, submit, confirmations });
  }

  /** A call that succeeds, and whose being done the test decides. */
  const step = (isDone: () => boolean | Promise<boolean> = () => false): Step => {
    const requestId = toHex32(randomBytes(32));
    return { requestId, action: "nothing", to: account.address, data: () => requestId, isDone: async () => isDone() };
  };
  /** A call that reverts: only the relayer manager may. */
  const forbidden = (isDone: () => boolean = () => false): Step => ({
    ...step(isDone),
    action: "setThreshold",
    to: chain.deployment.relayers,
    data: () => chain.relayers.interface.encodeFunctionData("setThreshold", [1n]),
  });
  const mined = () => chain.provider.getTransactionCount(account.address, "latest");
  const states = async ({ requestId }: Step) => (await transactionsOf(database, requestId)).map(({ state }) => state);

  it("writes nonce, signed transaction and hash before the first broadcast", async () => {
    let stored: unknown;
    proxy.intercept = async (method, params) => {
      if (method !== SEND) return undefined;
      const [row] = await pendingTransactions(database, 31337n, account.address);
      stored = row && { nonce: row.nonce, sent: row.raw === params[0] };
      return undefined;
    };
    const call = step();
    expect(await submitter.submit(call)).to.equal("sent");
    expect(stored).to.deep.equal({ nonce: 0, sent: true });
    expect(await states(call)).to.deep.equal(["confirmed"]);
  });

  it("takes a lost reply as a reason to look: the transaction went through, and is not sent twice", async () => {
    proxy.intercept = async (method, _params, forward) => {
      if (method !== SEND) return undefined;
      await forward();
      return "drop";
    };
    expect(await submitter.submit(step())).to.equal("sent");
    expect(await mined()).to.equal(1);
    expect(proxy.calls.filter((method) => method === SEND)).to.have.lengthOf(1);
  });

  it("sends the same transaction again when the request was lost", async () => {
    let lost = 0;
    proxy.intercept = async (method) => (method === SEND && lost++ < 2 ? "drop" : undefined);
    expect(await submitter.submit(step())).to.equal("sent");
    expect(await mined()).to.equal(1);
    expect(lost).to.equal(3);
  });

  it("sends nothing that takes more gas than its step may, and gives it no more", async () => {
    expect(await refuses(submitter.submit({ ...step(), mostGas: 20_000n }))).to.equal("TRANSACTION_REFUSED");
    expect(proxy.calls).not.to.include(SEND);
    const call = { ...step(), mostGas: 23_000n };
    expect(await submitter.submit(call)).to.equal("sent");
    const [sent] = await transactionsOf(database, call.requestId);
    expect((await chain.provider.getTransaction(sent!.hash))!.gasLimit).to.equal(23_000n);
  });

  for (const message of ["already known", "nonce too low"]) {
    it(`takes "${message}" as a reason to look`, async () => {
      proxy.intercept = async (method, _params, forward) => {
        if (method !== SEND) return undefined;
        await forward();
        return { error: { code: -32000, message } };
      };
      const call = step();
      expect(await submitter.submit(call)).to.equal("sent");
      expect(await mined()).to.equal(1);
      expect(await states(call)).to.deep.equal(["confirmed"]);
    });
  }

  it("notices that another transaction of the account took the nonce, and takes the next one then", async () => {
    proxy.intercept = async (method) => {
      if (method !== SEND) return undefined;
      proxy.intercept = undefined;
      const other = account.connect(chain.provider);
      await (await other.sendTransaction({ to: account.address, nonce: 0, value: 1n })).wait();
      return { error: { code: -32000, message: "nonce too low" } };
    };
    const call = step();
    expect(await refuses(submitter.submit(call))).to.equal("TRANSACTION_REPLACED");
    expect(await submitter.submit(call)).to.equal("sent");
    expect(await states(call)).to.deep.equal(["replaced", "confirmed"]);
  });

  it("gives up on a transaction that the node keeps refusing, and uses its nonce again", async () => {
    proxy.intercept = async (method) =>
      method === SEND ? { error: { code: -32000, message: "transaction underpriced" } } : undefined;
    const call = step();
    expect(await refuses(submitter.submit(call))).to.equal("TRANSACTION_REFUSED");
    proxy.intercept = undefined;
    expect(await submitter.submit(step())).to.equal("sent");
    expect(await states(call)).to.deep.equal(["refused"]);
  });

  it("never sends a call that would revert, and says with which error", async () => {
    const error = await submitter.submit(forbidden()).catch((thrown: unknown) => thrown);
    expect(MedexError.is(error, "CHAIN_REVERTED")).to.equal(true);
    expect(String(error)).to.contain("AccessManagedUnauthorized");
    expect(proxy.calls).not.to.contain(SEND);
  });

  it("counts a call that would revert because someone else was first as done", async () => {
    let asked = 0;
    expect(await submitter.submit(forbidden(() => ++asked > 1))).to.equal("already-done");
    expect(await submitter.submit(forbidden(() => true))).to.equal("already-done");
    expect(proxy.calls).not.to.contain(SEND);
  });

  it("does not ask again what was asked within the last second, and learns from a refusal what was done meanwhile", async () => {
    let asked = 0;
    const count = () => {
      asked += 1;
      return false;
    };
    expect(await submitter.submit({ ...step(count), notDoneAt: performance.now() })).to.equal("sent");
    expect(asked).to.equal(0);
    expect(await submitter.submit({ ...step(count), notDoneAt: performance.now() - 2_000 })).to.equal("sent");
    expect(asked).to.equal(1);
    const late = { ...forbidden(() => true), notDoneAt: performance.now() };
    expect(await submitter.submit(late)).to.equal("already-done");
    expect(await mined()).to.equal(2);
  });

  it("decodes the revert of a mined transaction, or counts it as done when someone else was first", async () => {
    proxy.intercept = async (method) => (method === "eth_estimateGas" ? { result: "0x186a0" } : undefined);
    const call = forbidden();
    const error = await submitter.submit(call).catch((thrown: unknown) => thrown);
    expect(MedexError.is(error, "CHAIN_REVERTED")).to.equal(true);
    expect(String(error)).to.contain("AccessManagedUnauthorized");
    expect(await states(call)).to.deep.equal(["reverted"]);
    let asked = 0;
    expect(await submitter.submit(forbidden(() => ++asked > 1))).to.equal("already-done");
  });

  it("resolves what a stopped run left pending before anything else", async () => {
    let done = false;
    proxy.intercept = async (method) => {
      if (method !== SEND) return undefined;
      stop.controller.abort();
      return "drop";
    };
    const call = step(() => done);
    expect(await refuses(submitter.submit(call))).to.equal("TRANSACTION_PENDING");
    expect(await mined()).to.equal(0);
    proxy.intercept = async (method) => {
      if (method === SEND) done = true;
      return undefined;
    };
    expect(await makeSubmitter().submit(call)).to.equal("already-done");
    expect(await mined()).to.equal(1);
    expect(await states(call)).to.deep.equal(["confirmed"]);
  });

  it("waits no longer than it is told to, and does not send a second transaction for the same step", async () => {
    await chain.provider.send("evm_setAutomine", [false]);
    try {
      const call = step(async () => (await mined()) > 0);
      expect(await refuses(makeSubmitter(100).submit(call))).to.equal("TRANSACTION_PENDING");
      expect(await states(call)).to.deep.equal(["pending"]);
      const second = makeSubmitter().submit(call);
      await chain.provider.send("evm_setAutomine", [true]);
      await chain.provider.send("evm_mine", []);
      expect(await second).to.equal("already-done");
      expect(await mined()).to.equal(1);
    } finally {
      await chain.provider.send("evm_setAutomine", [true]);
    }
  });

  it("sends one at a time, each with the next nonce", async () => {
    const calls = [step(), step(), step()];
    expect(await Promise.all(calls.map((call) => submitter.submit(call)))).to.deep.equal(["sent", "sent", "sent"]);
    const nonces = events.filter((event) => event.type === "transaction-sent").map(({ nonce }) => nonce);
    expect(nonces).to.deep.equal([0, 1, 2]);
  });
});
