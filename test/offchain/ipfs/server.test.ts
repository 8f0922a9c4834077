import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import * as dagCbor from "@ipld/dag-cbor";
import { chacha20 } from "@noble/ciphers/chacha.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { create, type KuboRPCClient } from "kubo-rpc-client";
import { CID } from "multiformats/cid";
import { type RunningServer, startIpfsServer } from "../../../devnet/ipfs/index.ts";
import { temporaryDirectory } from "./support.ts";

/** Kubo's own test data (test/cli/testutils/random_deterministic.go): ChaCha20 key stream under SHA-256 of the seed. */
function deterministicBytes(length: number, seed: string): Uint8Array {
  return chacha20(sha256(utf8ToBytes(seed)), new Uint8Array(12), new Uint8Array(length));
}

async function collect(parts: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const part of parts) all.push(part);
  return concatBytes(...all);
}

async function rejection(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error; // every rejection here is one
  }
  throw new Error("it did not fail");
}

describe("development IPFS server", () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let server: RunningServer;
  let kubo: KuboRPCClient;

  const start = async (): Promise<void> => {
    server = await startIpfsServer({ directory: directory.path });
    kubo = create({ url: server.url });
  };
  beforeEach(async () => {
    directory = await temporaryDirectory();
    await start();
  });
  afterEach(async () => {
    await server.close();
    await directory.remove();
  });

  describe("gives the CIDs that Kubo gives", () => {
    // kubo test/cli/add_test.go, test/sharness/t0040-add-and-cat.sh
    const vectors: [string, string, object, string, number][] = [
      ["v0", "hello world\n", {}, "QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o", 20],
      ["v0", "hello world", {}, "Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD", 19],
      ["v1", "hello world", { cidVersion: 1 }, "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e", 11],
      [
        "v1 without raw leaves",
        "hello world",
        { cidVersion: 1, rawLeaves: false },
        "bafybeihykld7uyxzogax6vgyvag42y7464eywpf55gxi5qpoisibh3c5wa",
        19,
      ],
      ["v0, empty", "", {}, "QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH", 6],
      ["v1, empty", "", { cidVersion: 1 }, "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku", 0],
    ];
    for (const [name, text, options, cid, size] of vectors) {
      it(`${name}: ${JSON.stringify(text)}`, async () => {
        const added = await kubo.add(utf8ToBytes(text), options);
        expect(added.cid.toString()).to.equal(cid);
        expect(added.size).to.equal(size);
        expect(await collect(kubo.cat(cid))).to.deep.equal(utf8ToBytes(text));
      });
    }

    it("174 chunks under one root, and 175 under two levels", async () => {
      const file = deterministicBytes(44_800 * 1024, "v0-seed");
      const one = await kubo.add(file.subarray(0, 44_544 * 1024), { onlyHash: true });
      expect(one.cid.toString()).to.equal("QmUbBALi174SnogsUzLpYbD4xPiBSFANF4iztWCsHbMKh2");
      const two = await kubo.add(file, { onlyHash: true });
      expect(two.cid.toString()).to.equal("QmepeWtdmS1hHXx1oZXsPUv6bMrfRRKfZcoPPU4eEfjnbf");
      expect((await kubo.repo.stat()).numObjects).to.equal(0n);
    });
  });

  it("reads parts of a chunked file by offset and length", async () => {
    const file = deterministicBytes(1_300_000, "parts");
    const { cid } = await kubo.add(file, { cidVersion: 1 });
    expect(await collect(kubo.cat(cid))).to.deep.equal(file);
    expect(await collect(kubo.cat(cid, { offset: 262_140, length: 10 }))).to.deep.equal(
      file.subarray(262_140, 262_150),
    );
    expect(await collect(kubo.cat(cid, { offset: 1_299_999, length: 10 }))).to.deep.equal(file.subarray(1_299_999));
    expect(await collect(kubo.cat(cid, { offset: 1_300_000 }))).to.have.length(0);
    expect((await rejection(collect(kubo.cat(cid, { offset: 1_300_001 })))).message).to.match(/past the end/);
  });

  it("puts, states, gets and removes blocks, by codec name and by the deprecated format", async () => {
    const bytes = dagCbor.encode({ hello: "world" });
    const options: { cidCodec: string; pin?: boolean } = { cidCodec: "dag-cbor" };
    const cid = await kubo.block.put(bytes, options);
    expect(cid.toString()).to.equal("bafyreidykglsfhoixmivffc5uwhcgshx4j465xwqntbmu43nb2dzqwfvae");
    expect((await kubo.block.put(bytes, { format: "dag-cbor" })).equals(cid)).to.equal(true);
    expect(await kubo.block.get(cid)).to.deep.equal(bytes);
    expect((await kubo.block.stat(cid)).size).to.equal(bytes.length);
    const [removed] = await Array.fromAsync(kubo.block.rm(cid));
    expect(removed?.error).to.equal(undefined);
    expect((await rejection(kubo.block.get(cid))).message).to.match(/could not find/);
  });

  it("refuses a block above 1 MiB", async () => {
    const cid = await kubo.block.put(new Uint8Array(1_048_576));
    expect(cid.code).to.equal(0x55);
    expect((await rejection(kubo.block.put(new Uint8Array(1_048_577)))).message).to.match(/over 1MiB/);
  });

  it("stores DAG nodes and refuses bytes that their codec does not decode", async () => {
    const leaf = await kubo.dag.put({ leaf: true });
    const root = await kubo.dag.put({ leaf });
    expect((await kubo.dag.get(root)).value).to.deep.equal({ leaf });
    const bad = kubo.dag.put(new Uint8Array([0xff]), { inputCodec: "dag-cbor", storeCodec: "dag-cbor" });
    expect((await rejection(bad)).message).to.match(/does not decode/);
  });

  it("keeps what is pinned, all that it reaches, and collects the rest", async () => {
    const file = deterministicBytes(600_000, "pinned");
    const kept = await kubo.add(file, { cidVersion: 1 });
    const loose = await kubo.add(utf8ToBytes("loose"), { cidVersion: 1, pin: false });
    const pins = await Array.fromAsync(kubo.pin.ls());
    expect(pins.filter(({ type }) => type === "recursive").map(({ cid }) => cid.toString())).to.deep.equal([
      kept.cid.toString(),
    ]);
    expect(pins.filter(({ type }) => type === "indirect")).to.have.length(3);
    const collected = await Array.fromAsync(kubo.repo.gc());
    expect(collected.map(({ cid }) => cid?.toString())).to.deep.equal([loose.cid.toString()]);
    expect(await collect(kubo.cat(kept.cid))).to.deep.equal(file);
    const [pinned] = await Array.fromAsync(kubo.block.rm(kept.cid));
    expect(pinned?.error?.message).to.equal("pinned: recursive");
    await kubo.pin.rm(kept.cid);
    expect(await Array.fromAsync(kubo.repo.gc())).to.have.length(4);
    expect((await rejection(kubo.pin.add(kept.cid))).message).to.match(/could not find/);
  });

  it("has its blocks, pins and peer id again after a restart", async () => {
    const { cid } = await kubo.add(utf8ToBytes("stays"), { cidVersion: 1 });
    const { cid: loosened } = await kubo.add(utf8ToBytes("goes"), { cidVersion: 1 });
    await kubo.pin.rm(loosened);
    const { id } = await kubo.id();
    await server.close();
    await appendFile(join(directory.path, "pins.ndjson"), `["${loosened}","recurs`); // as a kill leaves it
    await start();
    expect(await collect(kubo.cat(cid))).to.deep.equal(utf8ToBytes("stays"));
    expect((await Array.fromAsync(kubo.pin.ls({ paths: cid })))[0]?.type).to.equal("recursive");
    expect((await Array.fromAsync(kubo.pin.ls())).map((pin) => pin.cid.toString())).not.to.include(loosened.toString());
    await kubo.pin.add(loosened);
    await server.close();
    await start();
    expect((await Array.fromAsync(kubo.pin.ls({ paths: loosened })))[0]?.type).to.equal("recursive");
    expect((await kubo.id()).id.toString()).to.equal(id.toString());
    expect((await kubo.version()).version).to.match(/medexchain/);
  });

  describe("refuses in Kubo's error shape", () => {
    const call = async (path: string, method = "POST") => {
      const response = await fetch(`${server.url}${path}`, { method });
      return { status: response.status, type: response.headers.get("content-type"), text: await response.text() };
    };
    const bad: [string, string, number, RegExp][] = [
      ["a command that it lacks", "/api/v0/swarm/peers", 404, /swarm\/peers is not supported/],
      ["an option that it lacks", "/api/v0/block/get?arg=x&wibble=1", 400, /"wibble"/],
      ["a missing argument", "/api/v0/block/get", 400, /required/],
      ["another chunker", "/api/v0/add?chunker=rabin", 400, /rabin/],
    ];
    for (const [name, path, status, message] of bad) {
      it(`${name}, in plain text`, async () => {
        const answer = await call(path);
        expect([answer.status, answer.type]).to.deep.equal([status, "text/plain; charset=utf-8"]);
        expect(answer.text).to.match(message);
      });
    }
    const absent = "QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o";
    const failing: [string, string, RegExp][] = [
      ["a malformed CID", "/api/v0/block/get?arg=nonsense", /invalid path "nonsense"/],
      ["an unknown block", `/api/v0/block/get?arg=${absent}`, /could not find/],
    ];
    for (const [name, path, message] of failing) {
      it(`${name}, as JSON`, async () => {
        const { status, text } = await call(path);
        const { Message: said, ...rest } = JSON.parse(text);
        expect([status, rest]).to.deep.equal([500, { Code: 0, Type: "error" }]);
        expect(said).to.match(message);
      });
    }

    it("any method but POST", async () => {
      expect((await call("/api/v0/version", "GET")).status).to.equal(405);
    });
  });

  it("finds a block under any codec of its multihash, as Kubo does", async () => {
    const cid = await kubo.block.put(utf8ToBytes("by hash"));
    expect(await kubo.block.get(CID.createV1(0x70, cid.multihash))).to.deep.equal(utf8ToBytes("by hash"));
  });
});
