/** Kubo and the embedded endpoint side by side: what one answers to a call, the other answers, errors too. */
import { randomBytes } from "node:crypto";
import * as dagCbor from "@ipld/dag-cbor";
import { expect } from "chai";
import { create, type KuboRPCClient } from "kubo-rpc-client";
import { CID } from "multiformats/cid";
import { sha256 } from "multiformats/hashes/sha2";
import { type RunningServer, startIpfsServer } from "../../devnet/ipfs/index.ts";
import { temporaryDirectory } from "../offchain/ipfs/support.ts";
import { testServers } from "../world/servers.ts";

/** A call, given a client; what it answers is compared. */
type Call = (kubo: KuboRPCClient) => Promise<unknown>;

const absent = "bafybeihykld7uyxzogax6vgyvag42y7464eywpf55gxi5qpoisibh3c5wa";
const large = new Uint8Array(randomBytes(1_300_000));
const note = dagCbor.encode({ hello: "world", bytes: large.subarray(0, 1_000) });
const digestCid = CID.createV1(dagCbor.code, await sha256.digest(note));

async function bytesOf(parts: AsyncIterable<Uint8Array>): Promise<string> {
  return Buffer.concat(await Array.fromAsync(parts)).toString("hex");
}

/** In the order of the page of Kubo's RPC that they are on. */
const answers: readonly (readonly [string, Call])[] = [
  ["add, version 0", (kubo) => kubo.add(large)],
  ["add, version 1", (kubo) => kubo.add(large, { cidVersion: 1 })],
  ["add, version 1 without raw leaves", (kubo) => kubo.add(large, { cidVersion: 1, rawLeaves: false })],
  ["add, hash only", (kubo) => kubo.add(large.subarray(1), { cidVersion: 1, onlyHash: true })],
  ["add, of nothing", (kubo) => kubo.add(new Uint8Array(0), { cidVersion: 1 })],
  ["cat, a part", async (kubo) => bytesOf(kubo.cat((await kubo.add(large)).cid, { offset: 262_140, length: 10 }))],
  ["cat, from its end", async (kubo) => bytesOf(kubo.cat((await kubo.add(large)).cid, { offset: large.length }))],
  ["block put", (kubo) => kubo.block.put(note, { format: "dag-cbor" })],
  ["block get", async (kubo) => Buffer.from(await kubo.block.get(digestCid)).toString("hex")],
  [
    "block get, by another codec",
    async (kubo) => (await kubo.block.get(CID.createV1(0x70, digestCid.multihash))).length,
  ],
  ["block stat", (kubo) => kubo.block.stat(digestCid)],
  ["dag put", (kubo) => kubo.dag.put({ leaf: true, more: [1, 2, 3] })],
  ["dag get", (kubo) => kubo.dag.get(digestCid)],
  ["pin add", (kubo) => kubo.pin.add(digestCid)],
  ["pin ls, of one", (kubo) => Array.fromAsync(kubo.pin.ls({ paths: digestCid }))],
  ["block rm, of what is pinned", (kubo) => Array.fromAsync(kubo.block.rm(digestCid))],
  ["pin rm", (kubo) => kubo.pin.rm(digestCid)],
  ["block rm", (kubo) => Array.fromAsync(kubo.block.rm(digestCid))],
];

interface Refusal {
  readonly path: string;
  readonly method?: string;
}

const refusals: readonly (readonly [string, Refusal])[] = [
  ["a missing argument", { path: "/api/v0/block/get" }],
  ["a malformed CID", { path: "/api/v0/block/get?arg=nonsense" }],
  ["a block that is not there", { path: `/api/v0/block/get?arg=${absent}&offline=true` }],
  ["the size of a block that is not there", { path: `/api/v0/block/stat?arg=${absent}` }],
  ["a file that is not there", { path: `/api/v0/cat?arg=${absent}` }],
  ["a pin of what is not there", { path: `/api/v0/pin/add?arg=${absent}` }],
  ["taking off a pin that is not there", { path: `/api/v0/pin/rm?arg=${absent}` }],
  ["a command that neither has", { path: "/api/v0/wibble" }],
  ["another method", { path: "/api/v0/version", method: "GET" }],
];

describe("Kubo and the embedded endpoint", () => {
  const stack = new AsyncDisposableStack();
  let embedded: RunningServer;
  let real: string;

  before(async () => {
    if (testServers.ipfs === undefined) throw new Error("MEDEX_TEST_IPFS_URL must name a Kubo");
    real = testServers.ipfs;
    const directory = stack.adopt(await temporaryDirectory(), ({ remove }) => remove());
    embedded = stack.adopt(await startIpfsServer({ directory: directory.path }), (server) => server.close());
  });
  after(() => stack.disposeAsync());

  describe("answer alike", () => {
    for (const [name, call] of answers) {
      it(name, async () => {
        const [expected, answer] = await Promise.all([real, embedded.url].map((url) => plain(call(create({ url })))));
        expect(answer).to.deep.equal(expected);
      });
    }
  });

  describe("refuse alike", () => {
    for (const [name, { path, method = "POST" }] of refusals) {
      it(name, async () => {
        const [expected, answer] = await Promise.all(
          [real, embedded.url].map((url) => refusal(`${url}${path}`, method)),
        );
        expect(answer).to.deep.equal(expected);
      });
    }
  });
});

/** An answer as plain data, so that two clients' objects compare. */
async function plain(answer: Promise<unknown>): Promise<unknown> {
  return JSON.parse(
    JSON.stringify((await answer) ?? null, (_key, value) => (typeof value === "bigint" ? Number(value) : value)),
  );
}

/** Status and kind of the answer, and of Kubo's error its code and type. Messages differ in words. */
async function refusal(url: string, method: string): Promise<unknown> {
  const answer = await fetch(url, { method, signal: AbortSignal.timeout(20_000) });
  const [kind = ""] = (answer.headers.get("content-type") ?? "").split(";");
  const text = await answer.text();
  const { Code: code, Type: type } = kind === "application/json" ? JSON.parse(text) : {};
  return { status: answer.status, kind, code, type };
}
