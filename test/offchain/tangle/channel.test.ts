import { MedexError } from "@medexchain/core";
import {
  ChannelWriter,
  channelRootOf,
  createTangleClient,
  memoryJournal,
  type PublishedMessage,
  publishMessage,
  readMessage,
  type TangleClient,
} from "@medexchain/tangle";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { startTangleServer } from "../../../devnet/tangle/index.ts";
import { chunkBytesFor, MAX_BOXED_BYTES } from "../../../offchain/tangle/chunks.ts";
import { tamperingProxy, temporaryDirectory } from "../ipfs/support.ts";
import { failure, randomBytes, restrictedChannel, startTangle, type Tangle } from "./support.ts";

describe("restricted Tangle channel", () => {
  const { author, root, sideKey, restricted, access, channelId, payload } = restrictedChannel();
  let server: Tangle;
  let client: TangleClient;
  let message: PublishedMessage;
  /** How to read `message`. */
  const address = () => ({ client, root, access, channelId, sequence: 0, headBlockId: message.headBlockId });

  before(async () => {
    server = await startTangle();
    ({ client } = server);
    message = await publishMessage({ client, author, access, channelId, payload });
  });
  after(() => server.stop());

  it("carries a payload in chunks and says how long it took", async () => {
    expect(message.chunkBlockIds).to.have.length(4);
    const read = await readMessage(address());
    expect(Buffer.from(read.payload).equals(payload)).to.equal(true);
    expect(message.timings.create).to.be.greaterThan(0);
    expect(message.timings.attach).to.be.greaterThan(0);
    expect(read.timings.fetch).to.be.greaterThan(0);
  });

  it("carries payloads at the chunk boundaries, one after the other on one channel", async () => {
    const sizes = [1, MAX_BOXED_BYTES - 1, MAX_BOXED_BYTES, MAX_BOXED_BYTES + 1, 2 * MAX_BOXED_BYTES];
    using writer = await ChannelWriter.open({ client, author, access, channelId, journal: memoryJournal() });
    for (const [sequence, size] of sizes.entries()) {
      const bytes = randomBytes(size);
      const published = await writer.publish(bytes);
      expect(published.sequence).to.equal(sequence);
      expect(published.chunkBlockIds).to.have.length(Math.ceil(size / MAX_BOXED_BYTES));
      const read = await readMessage({ ...address(), sequence, headBlockId: published.headBlockId });
      expect(Buffer.from(read.payload).equals(bytes)).to.equal(true);
    }
  });

  it("shows neither payload nor channel in its blocks, and repeats no tag", async () => {
    const known = utf8ToBytes("haemoglobin 13.5 g/dL");
    using writer = await ChannelWriter.open({ client, author, access, channelId, journal: memoryJournal() });
    await writer.publish(randomBytes(10));
    const published = await writer.publish(known);
    const blocks = await Promise.all(
      [published.headBlockId, ...published.chunkBlockIds, message.headBlockId].map((id) => client.fetch(id)),
    );
    for (const { tag, data } of blocks) {
      const bytes = Buffer.concat([tag, data]);
      for (const secret of [known, root, channelId, sideKey])
        expect(bytes.includes(Buffer.from(secret))).to.equal(false);
    }
    expect(new Set(blocks.map(({ tag }) => Buffer.from(tag).toString("hex"))).size).to.equal(blocks.length);
  });

  it("may publish a message again: other blocks, the same payload", async () => {
    const again = await publishMessage({ client, author, access, channelId, payload });
    expect(again.headBlockId).not.to.equal(message.headBlockId);
    expect(again.chunkBlockIds).not.to.have.members(message.chunkBlockIds);
    const read = await readMessage({ ...address(), headBlockId: again.headBlockId });
    expect(sha256(read.payload)).to.deep.equal(sha256(payload));
  });

  it("refuses empty and oversized payloads, and keys and ids of a wrong length", async () => {
    const publish = { client, author, access, channelId, payload: randomBytes(10) };
    for (const wrong of [
      { payload: new Uint8Array() },
      { payload: new Uint8Array(900 * MAX_BOXED_BYTES + 1) },
      { access: restricted(randomBytes(31)) },
      { access: restricted() },
      { channelId: randomBytes(33) },
      { author: { secretKey: randomBytes(31) } },
    ]) {
      expect((await failure(publishMessage({ ...publish, ...wrong }))).code).to.equal("INPUT_INVALID");
    }
    for (const wrong of [
      { root: randomBytes(31) },
      { access: restricted(randomBytes(33)) },
      { access: restricted() },
      { headBlockId: "0x12" },
      { sequence: -1 },
      { sequence: 0.5 },
    ]) {
      expect((await failure(readMessage({ ...address(), ...wrong }))).code).to.equal("INPUT_INVALID");
    }
  });

  describe("refuses a wrong address:", () => {
    const cases: [string, () => object][] = [
      ["root", () => ({ root: channelRootOf({ secretKey: randomBytes(32) }) })],
      ["side key", () => ({ access: restricted(randomBytes(32)) })],
      ["mode: private", () => ({ access: { mode: "private" } })],
      ["mode: public", () => ({ access: { mode: "public" } })],
      ["channel id", () => ({ channelId: randomBytes(32) })],
      ["sequence", () => ({ sequence: 1 })],
      ["head: a chunk of the message", () => ({ headBlockId: message.chunkBlockIds[0] })],
    ];
    for (const [name, wrong] of cases) {
      it(name, async () => {
        expect((await failure(readMessage({ ...address(), ...wrong() }))).code).to.equal("TANGLE_CHANNEL_MISMATCH");
      });
    }

    it("an unknown head", async () => {
      const unknown = { headBlockId: `0x${"12".repeat(32)}` };
      const error = await failure(readMessage({ ...address(), ...unknown }));
      expect([error.code, error.retriable]).to.deep.equal(["TANGLE_BLOCK_NOT_FOUND", true]);
    });
  });

  describe("when publishing fails half way", () => {
    it("throws, starts no more, and no head was sent", async () => {
      let posted = 0;
      const proxy = await tamperingProxy(
        () => server.url,
        (request, answer) => (request.method === "POST" && ++posted > 2 ? undefined : answer),
      );
      const failing = createTangleClient({ url: proxy.url });
      const bytes = randomBytes(20 * MAX_BOXED_BYTES);
      const error = await failure(publishMessage({ client: failing, author, access, channelId, payload: bytes }));
      await failing.close();
      await proxy.close();
      expect(error).to.be.instanceOf(MedexError);
      expect(posted).to.be.within(3, 6);
    });
  });

  it("chooses chunks that stay under the next trit of work", () => {
    expect(chunkBytesFor(0)).to.equal(MAX_BOXED_BYTES);
    for (const score of [1, 2, 10, 1500, 4000, 100_000]) {
      const blockBytes = chunkBytesFor(score) + 32_768 - MAX_BOXED_BYTES;
      expect(blockBytes).to.be.within(32_768 / 3 - 1, 32_768);
      const trits = (bytes: number): number => Math.ceil(Math.log(bytes * score) / Math.log(3));
      expect(trits(blockBytes + 3)).to.equal(trits(blockBytes) + 1);
    }
  });

  it("publishes and reads on a Tangle that wants work", async () => {
    const other = await temporaryDirectory();
    const working = await startTangleServer({ directory: other.path, minPowScore: 1 });
    const worker = createTangleClient({ url: working.url });
    const bytes = randomBytes(20_000);
    const publish = { client: worker, author, access, channelId, payload: bytes };
    const published = await publishMessage(publish);
    const read = await readMessage({ ...address(), client: worker, headBlockId: published.headBlockId });
    await worker.close();
    await working.close();
    await other.remove();
    expect(published.chunkBlockIds).to.have.length(2);
    expect(Buffer.from(read.payload).equals(bytes)).to.equal(true);
  });
});
