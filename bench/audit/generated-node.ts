/** A process of its own: generates one chain and serves it as its node would, until its parent is gone. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { ABIS, forEachContract, STORAGE } from "@medexchain/chain";
import { Interface, ZeroAddress } from "ethers";
import { blockSealer } from "./block-sealer.ts";
import { generateOwners, generateRequesters } from "./generate-requests.ts";
import { EPOCH, generateSetup } from "./generate-setup.ts";
import { GeneratedChain } from "./generated-chain.ts";
import { BATCH, scenario } from "./scenario.ts";

const LEDGER = new Interface(ABIS.ledger);
const HOSPITALS = new Interface(ABIS.hospitals);
const REQUESTS = new Interface(ABIS.requests);
const GRANTS = new Interface(ABIS.grants);
const RELAYERS = new Interface(ABIS.relayers);
const MANAGER = new Interface(["function hasRole(uint64 roleId, address account) view returns (bool, uint32)"]);

const [, , directory = ".", entries = "0", side = "a", form] = process.argv;
const told = await scenario();
const deployment = side === "a" ? told.a : told.b;
const sealer = form === "sealed" ? await blockSealer() : undefined;
const chain = new GeneratedChain(join(directory, `chain-${deployment.chainId}`), deployment, sealer);
generateSetup(chain, told);
const grow = (side === "a" ? generateOwners : generateRequesters)(chain, told);
let state = grow(Number(entries));
if (sealer) await chain.sealState(told.time(1 + Number(entries), "acknowledged"), storedState());
const rpcUrl = await serve();
let generated = process.cpuUsage();
// A first message names the deployment. To each message, which is of how many entries there are to be, another tells the seconds of processor
// time since the history stood.
process.send?.({ ...deployment, chainId: Number(deployment.chainId), rpcUrl });
process.on("message", (asked) => {
  const { user, system } = process.cpuUsage(generated);
  state = grow(Number(asked));
  generated = process.cpuUsage();
  process.send?.((user + system) / 1e6);
});
process.once("disconnect", () => process.exit());

/** What proofs of the contracts' state are asked for. */
function storedState(): Map<string, Map<string, bigint>> {
  const { ledger, requests, grants, relayers } = STORAGE;
  const storage = new Map<string, Map<string, bigint>>();
  forEachContract((name) => storage.set(deployment[name], new Map()));
  const store = (
    contract: string,
    { slot, offset }: { readonly slot: number; readonly offset: number },
    value: bigint,
  ) => {
    const words = storage.get(contract) ?? new Map<string, bigint>();
    storage.set(contract, words);
    const key = `0x${slot.toString(16).padStart(64, "0")}`;
    words.set(key, (words.get(key) ?? 0n) | (value << BigInt(8 * offset)));
  };
  store(deployment.ledger, ledger.head, BigInt(state.head));
  store(deployment.ledger, ledger.length, BigInt(state.length));
  store(deployment.requests, requests.sequence, BigInt(state.requests));
  store(deployment.relayers, relayers.epoch, BigInt(EPOCH));
  store(deployment.grants, grants.sequence, BigInt(state.grants));
  store(deployment.grants, grants.requestCount, BigInt(state.delivered));
  return storage;
}

interface Call {
  readonly id: number;
  readonly method: string;
  readonly params: unknown[];
}

async function serve(): Promise<string> {
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const body = JSON.parse(Buffer.concat(parts).toString()) as Call | Call[]; // from our own client
    const one = async (call: Call) => [`{"jsonrpc":"2.0","id":${call.id},"result":`, await answer(call), "}"];
    const told = await Promise.all((Array.isArray(body) ? body : [body]).map(one));
    const pieces = Array.isArray(body)
      ? ["[", ...told.flatMap((each, at) => (at > 0 ? [",", ...each] : each)), "]"]
      : told.flat();
    response.setHeader("content-type", "application/json");
    response.end(Buffer.concat(pieces.map((piece) => (typeof piece === "string" ? Buffer.from(piece) : piece))));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // a TCP server has one
}

function answer({ method, params }: Call): string | Buffer | Promise<string> {
  switch (method) {
    case "eth_chainId":
      return `"0x${deployment.chainId.toString(16)}"`;
    case "eth_getCode":
      return `"0x00"`;
    case "eth_blockNumber":
      return `"0x${chain.latest.toString(16)}"`;
    case "eth_getBlockByNumber":
      return chain.blockJson(Number(params[0]), params[1] === true);
    case "eth_getBlockReceipts":
      return chain.receiptsJson(Number(params[0]));
    case "eth_getProof":
      return chain.proofJson(String(params[0]), params[1] as string[]); // from our own client
    case "eth_getLogs": {
      const [{ fromBlock, toBlock }] = params as [{ fromBlock: string; toBlock: string }];
      return chain.logsJson(Number(fromBlock), Number(toBlock));
    }
    case "eth_call": {
      const [{ to, data }] = params as [{ to: string; data: string }];
      return `"${answerCall(to.toLowerCase(), data)}"`;
    }
    default:
      throw new Error(`the benchmark's node was asked ${method}`);
  }
}

function answerCall(to: string, data: string): string {
  // One has the administrator's role, and no call takes another.
  const isHolder = data.startsWith(MANAGER.getFunction("hasRole")?.selector ?? "");
  if (to === deployment.manager) return `0x${(isHolder ? "1" : "0").padStart(64, "0")}${"0".repeat(64)}`;
  if (to === deployment.checkpoints) return `0x${"0".repeat(64)}`;
  if (to === deployment.relayers) return RELAYERS.encodeFunctionResult("epoch", [EPOCH]);
  // The suite goes on from no other.
  if (to === deployment.hospitals) return HOSPITALS.encodeFunctionResult("PREDECESSOR", [ZeroAddress]);
  const abi = to === deployment.ledger ? LEDGER : to === deployment.requests ? REQUESTS : GRANTS;
  const call = abi.parseTransaction({ data });
  const encode = (value: unknown) => abi.encodeFunctionResult(call?.name ?? "", [value]);
  const [from = 0, count = 0] = (call?.args.toArray() ?? []).map(Number); // of a page; the others take nothing
  const some = state.ids.slice(from, from + count);
  const times = (at: number) => ({
    expiry: told.request(from + at).expiry,
    decidedAt: told.time(1 + Math.floor((from + at) / BATCH), "answered"),
  });
  switch (call?.name) {
    case "root":
      return encode(state.root);
    case "head":
      return encode(state.head);
    case "length":
      return encode(state.length);
    case "sequence":
      return encode(abi === REQUESTS ? state.requests : state.grants);
    case "requestCount":
      return encode(state.delivered);
    case "statuses":
      return listsOf(
        some,
        some.map((_, at) => [0n, 3n, 1n, times(at).expiry, BigInt(EPOCH), told.a.chainId, 1n, 1n, 0n, 0n, 0n]),
      );
    case "grants":
      return listsOf(
        some,
        some.map((_, at) => {
          const { expiry, decidedAt } = times(at);
          return [0n, 0n, told.b.chainId, expiry, decidedAt, 1n, 1n, 3n, 1n, 0n, 2n, 0n, 0n];
        }),
      );
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
