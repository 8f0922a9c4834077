import { randomBytes } from "node:crypto";
import { type Chain, connectChain, toHex32 } from "@medexchain/chain";
import type { RelayerEvent } from "@medexchain/relayer";
import { expect } from "chai";
import { Transaction, Wallet } from "ethers";
import { chainConfigSchema } from "../../relayer/config.ts";
import type { Database } from "../../relayer/database/database.ts";
import { pendingTransactions, transactionsOf } from "../../relayer/database/transactions.ts";
import { bumped } from "../../relayer/submit/fees.ts";
import type { Step } from "../../relayer/submit/step.ts";
import { createSubmitter, type Submitter } from "../../relayer/submit/submitter.ts";
import { until } from "../until.ts";
import { startChains, type TestChains } from "./support/chains.ts";
import { openTestDatabase } from "./support/databases.ts";
import { refuses } from "./support/refuses.ts";
import { type RpcProxy, startRpcProxy } from "./support/rpc-proxy.ts";

const SEND = "eth_sendRawTransaction";

describe("relayer: several transactions in flight", () => {
  const stack = new AsyncDisposableStack();
  let chains: TestChains;
  let proxy: RpcProxy;
  let chain: Chain;
  let database: Database;
  let account: Wallet;
  let events: RelayerEvent[];
  let stopping: AbortController;

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
    events = [];
    stopping = new AbortController();
    await chain.provider.send("evm_setAutomine", [false]);
  });
  afterEach(async () => {
    stopping.abort();
    proxy.intercept = undefined;
    await chain.provider.send("evm_setAutomine", [true]);
    await mine();
  });

  const mine = () => chain.provider.send("evm_mine", []);
  const step = (isDone: () => boolean = () => false): Step => {
    const requestId = toHex32(randomBytes(32));
    return { requestId, action: "nothing", to: account.address, data: () => requestId, isDone: async () => isDone() };
  };
  function makeSubmitter(settings: object = {}): Submitter {
    const { submit, confirmations } = chainConfigSchema.parse({ deployment: chain.deployment, ...settings });
    const observe = (event: RelayerEvent) => void events.push(event);
    const shared = { chain, account, database, observe, signal: stopping.signal, submit, confirmations };
    return createSubmitter({ ...shared, receiptTimeoutMs: 10_000, lookIntervalMs: 20 });
  }
  const sent = () => events.filter((event) => event.type === "transaction-sent");
  /** The submitter looks several times more: each time it asks for the newest block. */
  const looks = async (more = 5) => {
    const count = () => proxy.calls.filter((method) => method === "eth_blockNumber").length;
    const before = count();
    await until("the submitter has looked", () => count() >= before + more);
  };
  const states = async ({ requestId }: Step) => (await transactionsOf(database, requestId)).map(({ state }) => state);

  it("sends the next before the first is mined, up to the limit, with consecutive nonces", async () => {
    const submitter = makeSubmitter({ submit: { maxInFlight: 3 } });
    const all = Promise.all([step(), step(), step(), step()].map((call) => submitter.submit(call)));
    await until("3 were sent", () => sent().length === 3);
    await looks();
    expect(sent().map(({ nonce }) => nonce)).to.deep.equal([0, 1, 2]);
    await mine();
    await until("4 were sent", () => sent().length === 4);
    await mine();
    expect(await all).to.deep.equal(["sent", "sent", "sent", "sent"]);
  });

  it("replaces a transaction that nobody mines, for a higher fee and with the same call", async () => {
    const submitter = makeSubmitter({ submit: { replaceAfterMs: 200 } });
    const call = step();
    const done = submitter.submit(call);
    await until("2 were sent", () => sent().length >= 2);
    const rows = await pendingTransactions(database, 31337n, account.address);
    const [first, second] = rows.map(({ raw }) => Transaction.from(raw));
    expect(second!.nonce).to.equal(first!.nonce);
    expect(second!.data).to.equal(first!.data);
    expect(second!.maxFeePerGas! * 10n >= first!.maxFeePerGas! * 11n).to.equal(true);
    await mine();
    expect(await done).to.equal("sent");
    const after = await states(call);
    expect(after.filter((state) => state === "confirmed")).to.have.lengthOf(1);
    expect(after.filter((state) => state !== "confirmed" && state !== "replaced")).to.deep.equal([]);
  });

  it("counts the first as done when it is mined after all", async () => {
    const submitter = makeSubmitter({ submit: { replaceAfterMs: 150 } });
    const call = step();
    let replacements = 0;
    proxy.intercept = async (method) => {
      if (method !== SEND) return undefined;
      // The replacement is lost on the way, and never gets there.
      return replacements++ === 0 ? undefined : { result: call.requestId };
    };
    const done = submitter.submit(call);
    await until("2 were sent", () => sent().length >= 2);
    await mine();
    expect(await done).to.equal("sent");
    expect((await states(call))[0]).to.equal("confirmed");
  });

  it("asks for what the node has in its pool only after a block, or after a while", async () => {
    const asked: number[] = [];
    proxy.intercept = async (method) => {
      if (method === "eth_getTransactionByHash") asked.push(performance.now());
      return undefined;
    };
    const done = makeSubmitter().submit(step());
    await until("the node was asked", () => asked.length > 0);
    await looks(20);
    // Twenty looks take half a second; where they take longer, a while has passed between two questions.
    for (const [index, time] of asked.slice(1).entries()) expect(time - asked[index]!).to.be.at.least(1_000);
    await mine();
    expect(await done).to.equal("sent");
  });

  it("does not replace where gas costs nothing: there a second transaction would push out the first", () => {
    expect(bumped({ type: 0, gasPrice: 0n }, { type: 0, gasPrice: 0n })).to.equal(undefined);
    const free = { type: 2, maxFeePerGas: 0n, maxPriorityFeePerGas: 0n } as const;
    expect(bumped(free, free)).to.equal(undefined);
    expect(bumped({ type: 0, gasPrice: 80n }, { type: 0, gasPrice: 10n })).to.deep.equal({ type: 0, gasPrice: 91n });
    const paid = { type: 2, maxFeePerGas: 80n, maxPriorityFeePerGas: 8n } as const;
    expect(bumped(paid, { type: 2, maxFeePerGas: 200n, maxPriorityFeePerGas: 1n })).to.deep.equal({
      type: 2,
      maxFeePerGas: 200n,
      maxPriorityFeePerGas: 10n,
    });
  });

  it("fills the nonce of a transaction that the node does not take, so that those above it are mined", async () => {
    const submitter = makeSubmitter();
    const bad = step();
    let refused = "";
    proxy.intercept = async (method, [raw]) => {
      if (method !== SEND || typeof raw !== "string") return undefined;
      if (Transaction.from(raw).data === bad.data()) refused = raw;
      return refused === raw ? { error: { code: -32000, message: "transaction underpriced" } } : undefined;
    };
    const failing = refuses(submitter.submit(bad));
    const passing = submitter.submit(step());
    expect(await failing).to.equal("TRANSACTION_REFUSED");
    await until("the nonce is filled", () => sent().some(({ action }) => action === "fill-nonce"));
    await mine();
    expect(await passing).to.equal("sent");
    expect(await chain.provider.getTransactionCount(account.address)).to.equal(2);
  });

  it("fills a nonce below those in flight that nothing uses", async () => {
    // As left by an account that was used elsewhere: a transaction two nonces ahead of the chain.
    const ahead = new Wallet(account.privateKey);
    const requestId = toHex32(randomBytes(32));
    const fee = { type: 2, maxFeePerGas: 10n ** 11n, maxPriorityFeePerGas: 10n ** 9n };
    const raw = await ahead.signTransaction({
      ...fee,
      chainId: 31337n,
      to: ahead.address,
      nonce: 2,
      gasLimit: 30_000n,
    });
    const { insertTransaction } = await import("../../relayer/database/transactions.ts");
    const hash = Transaction.from(raw).hash as `0x${string}`; // a hash is 32 bytes
    await insertTransaction(database, {
      chainId: 31337n,
      account: ahead.address,
      nonce: 2,
      hash,
      raw,
      action: "nothing",
      requestIds: [requestId],
    });
    const resolving = makeSubmitter().resolvePending();
    await until("both are filled", () => sent().filter(({ action }) => action === "fill-nonce").length === 2);
    await mine();
    await resolving;
    expect(await chain.provider.getTransactionCount(account.address)).to.equal(3);
  });

  it("does not count a transaction before enough blocks follow it", async () => {
    const submitter = makeSubmitter({ confirmations: 2 });
    let settled = false;
    const call = step();
    const done = submitter.submit(call).then(() => {
      settled = true;
    });
    await until("1 were sent", () => sent().length === 1);
    await mine();
    await looks();
    expect(settled).to.equal(false);
    await mine();
    await mine();
    await done;
    expect(await states(call)).to.deep.equal(["confirmed"]);
  });

  it("sends a transaction again that a reorganisation took out of the chain", async () => {
    const submitter = makeSubmitter({ confirmations: 1 });
    const snapshot: unknown = await chain.provider.send("evm_snapshot", []);
    const call = step();
    const done = submitter.submit(call);
    await until("1 were sent", () => sent().length === 1);
    await mine();
    await looks();
    await chain.provider.send("evm_revert", [snapshot]);
    await chain.provider.send("evm_setAutomine", [true]);
    await until("it is mined", async () => (await chain.provider.getTransactionCount(account.address)) === 1);
    await mine();
    expect(await done).to.equal("sent");
    expect(sent()).to.have.lengthOf(1);
  });
});
