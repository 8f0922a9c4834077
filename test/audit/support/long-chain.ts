/** A node whose chain is blocks of one transaction with many logs each: what is in them is nothing of the suite's. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { id } from "ethers";

export interface LongChain extends AsyncDisposable {
  readonly url: string;
  /** Answers anew; undefined for what the chain says. */
  lie: (method: string, params: readonly unknown[]) => unknown;
  /** Takes calls without answering them. */
  isStuck: boolean;
}

export async function startLongChain(last: number, logsOfBlock: number, address: string): Promise<LongChain> {
  const hex = (value: number) => `0x${value.toString(16)}`;
  const hash = (block: number) => id(`block ${block}`);
  const transactionHash = (block: number) => id(`transaction ${block}`);
  const block = (number: number, isWhole: boolean) => ({
    number: hex(number),
    hash: hash(number),
    parentHash: hash(number - 1),
    timestamp: hex(1_700_000_000 + number),
    ...(isWhole && { transactions: [{ hash: transactionHash(number), from: address, to: address, input: "0x" }] }),
  });
  const logs = (number: number) =>
    Array.from({ length: logsOfBlock }, (_, at) => ({
      address,
      topics: [id("Unknown()")],
      data: `0x${at.toString(16).padStart(64, "0")}`,
      blockNumber: hex(number),
      blockHash: hash(number),
      transactionHash: transactionHash(number),
      logIndex: hex(at),
    }));
  const answer = (method: string, params: readonly unknown[]): unknown => {
    const told = chain.lie(method, params);
    if (told !== undefined) return told;
    if (method === "eth_blockNumber") return hex(last);
    if (method === "eth_getBlockByNumber") return block(Number(params[0]), params[1] === true);
    const { fromBlock, toBlock } = params[0] as Record<string, string>; // all that is left is eth_getLogs
    const count = Number(toBlock) - Number(fromBlock) + 1;
    return Array.from({ length: count }, (_, at) => logs(Number(fromBlock) + at)).flat();
  };
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    if (chain.isStuck) return;
    const asked = JSON.parse(Buffer.concat(parts).toString());
    const answers = [asked].flat().map(({ id, method, params }) => ({ id, result: answer(method, params) }));
    response.end(JSON.stringify(Array.isArray(asked) ? answers : answers[0]));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo; // a TCP server has one
  const chain: LongChain = {
    url: `http://127.0.0.1:${port}`,
    lie: () => undefined,
    isStuck: false,
    [Symbol.asyncDispose]: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(() => done()));
    },
  };
  return chain;
}
