/** The development chains with seals: every answer of a node fits what the validators sealed. */
import { qbftHeader, qbftQuorum, qbftSealers } from "@medexchain/evm";
import { expect } from "chai";
import { JsonRpcProvider } from "ethers";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import { packageRoot } from "../../devnet/package-root.ts";
import { startSealingNode } from "../../devnet/seals/sealing-node.ts";
import { drawValidators } from "../../devnet/seals/validators.ts";

const [FROM, TO] = ["0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266", `0x${"bb".repeat(20)}`];
/** Init code that makes a contract which logs an event each time that it is called: LOG0 of nothing. */
const LOGGER = "0x6560006000a0005f526006601af3";

interface Block {
  readonly hash: string;
  readonly parentHash: string;
  readonly number: string;
  readonly miner: string;
  readonly stateRoot: string;
  readonly transactions: readonly { readonly hash: string; readonly blockHash: string }[];
}

interface Receipt {
  readonly blockHash: string;
  readonly contractAddress: string;
  readonly logs: readonly { readonly blockHash: string }[];
}

describe("development chain with seals", () => {
  const validators = drawValidators(4);
  const addresses = validators.map(({ address }) => address);
  const stack = new AsyncDisposableStack();
  let provider: JsonRpcProvider;
  /** The answer is what the test that asks takes it for, or the test fails. */
  const ask = <T = string>(method: string, ...params: unknown[]): Promise<T> => provider.send(method, params);
  const block = (tag: string | number, whole = false) =>
    ask<Block>("eth_getBlockByNumber", typeof tag === "number" ? `0x${tag.toString(16)}` : tag, whole);
  const send = async (to: string | undefined, data = "0x"): Promise<Receipt> => {
    const hash = await ask("eth_sendTransaction", { from: FROM, data, ...(to && { to }) });
    return ask<Receipt>("eth_getTransactionReceipt", hash);
  };

  before(async () => {
    const network = { type: "edr-simulated", chainId: 31337, coinbase: addresses[0] ?? "" } as const;
    const hre = await createHardhatRuntimeEnvironment({ networks: { chain: network } }, {}, packageRoot());
    const server = await hre.network.createServer("chain", "127.0.0.1", 0);
    const { port } = await server.listen();
    stack.defer(() => server.close());
    const node = stack.adopt(await startSealingNode(`http://127.0.0.1:${port}`, validators), (each) => each.close());
    provider = stack.adopt(new JsonRpcProvider(node.url, 31337, { staticNetwork: true }), (each) => each.destroy());
    for (let sent = 0; sent < 12; sent += 1) await send(TO);
  });
  after(() => stack.disposeAsync());

  it("seals each block but the first by just enough of its validators, and names it by the hash that QBFT gives it", async () => {
    const rounds = new Set<number>();
    let parentHash = `0x${"00".repeat(32)}`;
    for (let number = 0; number <= 12; number += 1) {
      const told = await block(number);
      const header = qbftHeader(told);
      expect(header?.blockHash).to.equal(told.hash);
      expect(told.parentHash).to.equal(parentHash);
      expect(header?.validators).to.deep.equal(addresses);
      const sealers = header === undefined ? [] : qbftSealers(header);
      expect(sealers).to.have.length(number === 0 ? 0 : qbftQuorum(4));
      expect(new Set(sealers).size).to.equal(sealers.length);
      expect(addresses).to.include.members(sealers);
      if (number > 0) expect(addresses).to.include(told.miner);
      rounds.add(header?.round ?? -1);
      parentHash = told.hash;
    }
    expect([...rounds]).to.deep.equal([0, 1]);
    expect(await ask("qbft_getValidatorsByBlockNumber", "latest")).to.deep.equal(addresses);
  });

  it("names a block by the same hash in transactions, receipts, logs and filters, and finds it by that hash", async () => {
    const filter = await ask("eth_newBlockFilter");
    const { contractAddress } = await send(undefined, LOGGER);
    const receipt = await send(contractAddress);
    const { hash, number, transactions } = await block("latest", true);
    expect(receipt.blockHash).to.equal(hash);
    expect(receipt.logs[0]?.blockHash).to.equal(hash);
    expect(transactions[0]?.blockHash).to.equal(hash);
    expect((await ask<Receipt>("eth_getTransactionByHash", transactions[0]?.hash)).blockHash).to.equal(hash);
    expect((await ask<string[]>("eth_getFilterChanges", filter)).at(-1)).to.equal(hash);
    expect(await ask("eth_getBlockByHash", hash, true)).to.deep.equal(await block(number, true));
    const [log] = await ask<unknown[]>("eth_getLogs", { blockHash: hash });
    expect(log).to.deep.equal(receipt.logs[0]);
    expect(await ask("eth_getBalance", TO, { blockHash: hash })).to.equal("0x0");
  });

  it("covers by a header what a development method changes", async () => {
    const before = await block("latest");
    await ask("hardhat_setBalance", TO, "0x5");
    const after = await block("latest");
    expect(after.parentHash).to.equal(before.hash);
    expect(after.stateRoot).not.to.equal(before.stateRoot);
    expect((await ask<{ balance: string }>("eth_getProof", TO, [], "latest")).balance).to.equal("0x5");
  });

  it("seals anew what a snapshot took back", async () => {
    const snapshot = await ask("evm_snapshot");
    await send(TO);
    const first = await block("latest");
    await ask("evm_revert", snapshot);
    await send(TO, "0x01");
    const second = await block("latest");
    expect(second.number).to.equal(first.number);
    expect(second.hash).not.to.equal(first.hash);
    expect(qbftHeader(second)?.blockHash).to.equal(second.hash);
    expect(await ask("eth_getBlockByHash", first.hash, false)).to.equal(null);
  });

  it("answers the chain's own errors as they are", async () => {
    const refusal = await ask("eth_getBlockByNumber", "none", false).catch((error: unknown) => error);
    expect(refusal).to.have.nested.property("error.code", -32602);
  });
});
