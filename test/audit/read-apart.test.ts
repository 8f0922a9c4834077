import { setTimeout } from "node:timers/promises";
import { expect } from "chai";
import { Wallet } from "ethers";
import type { AuditSource, Finding } from "../../audit/index.ts";
import { nodeClient } from "../../audit/read/node-client.ts";
import { readApart } from "../../audit/read/read-apart.ts";
import { type ReadContext, readChain } from "../../audit/read/read-chain.ts";
import { openStore } from "../../audit/store/store.ts";
import { ABIS } from "../../offchain/chain/index.ts";
import { temporaryDirectory } from "../relayer/support/directory.ts";
import { type LongChain, startLongChain } from "./support/long-chain.ts";

const LAST = 600;
/** 12,020 in all: more than one thread reads. */
const LOGS_OF_BLOCK = 20;

describe("audit of a history that is read in a thread of its own", () => {
  const address = Wallet.createRandom().address;
  let chain: LongChain;
  let source: AuditSource;
  before(async () => {
    chain = await startLongChain(LAST, LOGS_OF_BLOCK, address);
    const contracts = Object.fromEntries(Object.keys(ABIS).map((name) => [name, address]));
    const deployment = { ...contracts, chainId: 31337n, rpcUrl: chain.url } as AuditSource["deployment"]; // one address for all
    source = { name: "long", deployment, fromBlock: 0, confirmations: 0 };
  });
  beforeEach(() => {
    chain.lie = () => undefined;
    chain.isStuck = false;
  });
  after(() => chain[Symbol.asyncDispose]());

  /** A new store, and what reads into it. */
  async function reader() {
    const directory = await temporaryDirectory();
    const store = openStore(directory.path, [source]);
    const findings: Finding[] = [];
    const blocks: number[] = [];
    const task = { directory: directory.path, sources: [source], position: 0 };
    const report = (found: Finding) => findings.push(found);
    const observe: NonNullable<ReadContext["observe"]> = ({ block }) => blocks.push(block);
    return {
      store,
      findings,
      blocks,
      apart: (signal?: AbortSignal) => readApart(task, { report, observe, ...(signal && { signal }) }),
      here: (apart?: ReadContext["apart"]) =>
        readChain({ store, source, node: nodeClient(source.deployment), report, observe, ...(apart && { apart }) }),
      async [Symbol.asyncDispose]() {
        store.close();
        await directory[Symbol.asyncDispose]();
      },
    };
  }
  const failure = (work: Promise<unknown>) =>
    work.then(
      () => expect.fail("it did not fail"),
      (error: unknown) => error as { readonly code?: string; readonly message: string },
    );

  it("has the same rows, head and progress, once the first ranges were read without one", async () => {
    await using one = await reader();
    await using other = await reader();
    const head = await one.here();
    let blockOfThread: number | undefined;
    const headOfTwo = await other.here(() => {
      blockOfThread = other.blocks.at(-1);
      return other.apart();
    });
    expect(blockOfThread).to.be.lessThan(LAST);
    expect(headOfTwo).to.deep.equal(head);
    expect(other.blocks).to.deep.include(LAST);
    expect([...one.findings, ...other.findings]).to.deep.equal([]);
    for (const table of ["cursor", "block", "tx", "log"]) {
      const rows = (from: typeof one) => from.store.prepare(`SELECT * FROM ${table}`).all();
      expect(rows(other).length, table).to.be.greaterThan(0);
      expect(rows(other), table).to.deep.equal(rows(one));
    }
  });

  it("hands findings on, and ends at them", async () => {
    await using one = await reader();
    chain.lie = (method, [block, isWhole]) =>
      method === "eth_getBlockByNumber" && isWhole === true && Number(block) === 300 ? null : undefined;
    const head = await one.apart();
    expect(head?.block).to.be.within(0, 299);
    expect(one.findings.map(({ code, where }) => [code, where.chainId, where.block])).to.deep.equal([
      ["HEADER_MISMATCH", 31337n, 300],
    ]);
  });

  it("fails as the reading does, and where the thread ends early", async () => {
    await using one = await reader();
    chain.lie = (method) => (method === "eth_getLogs" ? "no list" : undefined);
    const malformed = await failure(one.apart());
    expect(malformed.code).to.equal("SERVICE_PROTOCOL");
    expect(malformed.message).to.include("eth_getLogs");
    const task = { directory: "/dev/null", sources: [source], position: 0 };
    expect((await failure(readApart(task, { report: () => {} }))).code).to.equal("INPUT_INVALID");
    const died = await failure(readApart({ ...task, position: 1 }, { report: () => {} }));
    expect(died.code).to.equal("SERVICE_PROTOCOL");
    expect(died.message).to.include("ended early");
  });

  it("ends with the signal's reason while a node is silent", async () => {
    await using one = await reader();
    chain.isStuck = true;
    const aborted = new AbortController();
    const [error] = await Promise.all([
      failure(one.apart(aborted.signal)),
      setTimeout(300).then(() => aborted.abort(new Error("enough"))),
    ]);
    expect(error.message).to.equal("enough");
  });
});
