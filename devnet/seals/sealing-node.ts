/**
 * A node of a QBFT network in front of one of EDR: it answers what that answers, with each block's hash, parent and extra data as the seals make
 * them, wherever a block is named.
 */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { httpTransport, jsonRpc, type RpcAnswer, type RpcCall } from "@medexchain/evm";
import { SealedChain } from "./sealed-chain.ts";
import { namesBlocks, withSealedHashes, withUnsealedHashes } from "./translate.ts";
import type { Validator } from "./validators.ts";

/** A larger request is no client's of ours. */
const MOST_BYTES = 32 * 1024 * 1024;
const TIMEOUT_MS = 120_000;

/** What changes the state at once at EDR, which no header covers before there is one more block. */
const CHANGES_STATE = /^hardhat_set(Balance|Code|Nonce|StorageAt)$/;

const NO_ANSWER = { error: { code: -32603, message: "the chain gave no answer" } };

interface Call extends RpcCall {
  readonly id: unknown;
}

export interface SealingNode {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Starts the node on 127.0.0.1.
 *
 * @param target URL of the EDR node
 * @param port 0 lets the system choose
 */
export async function startSealingNode(
  target: string,
  validators: readonly Validator[],
  port = 0,
): Promise<SealingNode> {
  const node = jsonRpc({ node: "the chain", place: target, transport: httpTransport(target, TIMEOUT_MS), attempts: 1 });
  const chain = new SealedChain(node, validators);
  const addresses = validators.map(({ address }) => address);
  const answerAll = async (calls: readonly Call[]): Promise<RpcAnswer[]> => {
    const answers = await node.answers(calls.map((call) => withUnsealedHashes(chain, call)));
    if (calls.some(({ method }) => CHANGES_STATE.test(method))) await node.request("evm_mine");
    if (calls.some(({ method }) => namesBlocks(method))) await chain.catchUp();
    return calls.map(({ method }, at) => {
      if (method === "qbft_getValidatorsByBlockNumber") return { result: addresses };
      return withSealedHashes(chain, answers[at] ?? NO_ANSWER);
    });
  };
  const server = createServer(async (request, response) => {
    try {
      const body = JSON.parse(await readBody(request)) as Call | Call[];
      const calls = Array.isArray(body) ? body : [body];
      const answers = await answerAll(calls);
      const told = calls.map(({ id }, at) => ({ jsonrpc: "2.0", id, ...answers[at] }));
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(Array.isArray(body) ? told : told[0]));
    } catch {
      request.socket.destroy(); // as of a node that breaks off
    }
  });
  await new Promise<void>((done, failed) => server.once("error", failed).listen(port, "127.0.0.1", done));
  const listening = server.address() as AddressInfo; // a TCP server has one
  return {
    url: `http://127.0.0.1:${listening.port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(() => done()));
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request) {
    length += part.length;
    if (length > MOST_BYTES) throw new RangeError("the request is too long");
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}
