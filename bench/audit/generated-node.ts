/** A process of its own: generates a history and serves it as two nodes would, until its parent is gone. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Interface } from "ethers";
import { ABIS } from "../../offchain/chain/index.ts";
import { type Generated, type GeneratedChain, generateHistory } from "./generated-history.ts";

const LEDGER = new Interface(ABIS.ledger);
const REQUESTS = new Interface(ABIS.requests);
const GRANTS = new Interface(ABIS.grants);

const [, , directory = ".", entries = "0"] = process.argv;
const history = await generateHistory(directory, Number(entries), (line) => process.stderr.write(`${line}\n`));
const urls = await Promise.all([history.a, history.b].map(serve));
process.send?.(
  [history.a, history.b].map(({ deployment }, at) => ({
    ...deployment,
    chainId: Number(deployment.chainId),
    rpcUrl: urls[at],
  })),
);
const generated = process.cpuUsage();
// Asked at the end: seconds of processor time since the history stood.
process.on("message", () => {
  const { user, system } = process.cpuUsage(generated);
  process.send?.((user + system) / 1e6);
});
process.once("disconnect", () => process.exit());

interface Call {
  readonly id: number;
  readonly method: string;
  readonly params: unknown[];
}

async function serve(chain: GeneratedChain): Promise<string> {
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const body = JSON.parse(Buffer.concat(parts).toString()) as Call | Call[]; // from our own client
    const one = (call: Call) => `{"jsonrpc":"2.0","id":${call.id},"result":${answer(history, chain, call)}}`;
    response.setHeader("content-type", "application/json");
    response.end(Array.isArray(body) ? `[${body.map(one).join(",")}]` : one(body));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // a TCP server has one
}

function answer(generated: Generated, chain: GeneratedChain, { method, params }: Call): string {
  switch (method) {
    case "eth_chainId":
      return `"0x${chain.deployment.chainId.toString(16)}"`;
    case "eth_getCode":
      return `"0x00"`;
    case "eth_blockNumber":
      return `"0x${chain.latest.toString(16)}"`;
    case "eth_getBlockByNumber":
      return chain.blockJson(Number(params[0]));
    case "eth_getLogs": {
      const [{ fromBlock, toBlock }] = params as [{ fromBlock: string; toBlock: string }];
      return chain.logsJson(Number(fromBlock), Number(toBlock));
    }
    case "eth_call": {
      const [{ to, data }] = params as [{ to: string; data: string }];
      return `"${callOf(generated, chain, to.toLowerCase(), data)}"`;
    }
    default:
      throw new Error(`the benchmark's node was asked ${method}`);
  }
}

function callOf(
  { a, ids, request }: Generated,
  { deployment, state }: GeneratedChain,
  to: string,
  data: string,
): string {
  const abi =
    to === deployment.ledger.toLowerCase() ? LEDGER : to === deployment.requests.toLowerCase() ? REQUESTS : GRANTS;
  const call = abi.parseTransaction({ data });
  const encode = (values: unknown[]) => abi.encodeFunctionResult(call?.name ?? "", values);
  const page = (most: bigint) => {
    const from = Number(call?.args[0]);
    return ids.slice(from, Math.min(from + Number(call?.args[1]), Number(most)));
  };
  switch (call?.name) {
    case "head":
      return encode([state.head]);
    case "length":
      return encode([state.length]);
    case "sequence":
      return encode([abi === REQUESTS ? state.requests : state.grants]);
    case "requestCount":
      return encode([state.delivered]);
    case "statuses": {
      const some = page(state.requests);
      const rows = some.map((_, at) => [
        0n,
        3n,
        1n,
        request(Number(call.args[0]) + at).expiry,
        a.deployment.chainId,
        1n,
        1n,
      ]);
      return listsOf(some, rows);
    }
    case "grants": {
      const some = page(state.delivered);
      const rows = some.map((_, at) => {
        const { expiry, decidedAt } = request(Number(call.args[0]) + at);
        return [0n, 0n, 31338n, expiry, decidedAt, 1n, 1n, 3n, 1n, 0n, 0n];
      });
      return listsOf(some, rows);
    }
    default:
      throw new Error(`the benchmark's node was asked to call ${call?.name}`);
  }
}

/** `(bytes32[], tuple[])` of structs of one word a field. */
function listsOf(ids: readonly string[], rows: readonly (readonly bigint[])[]): string {
  const word = (value: bigint | number) => value.toString(16).padStart(64, "0");
  const count = word(ids.length);
  const structs = rows.map((row) => row.map(word).join("")).join("");
  return `0x${word(64)}${word(96 + 32 * ids.length)}${count}${ids.map((each) => each.slice(2)).join("")}${count}${structs}`;
}
