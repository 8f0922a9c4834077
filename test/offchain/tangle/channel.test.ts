import * as dagCbor from "@ipld/dag-cbor";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { type RunningServer, startTangleServer } from "../../../devnet/tangle/index.ts";
import { MedexError } from "../../../offchain/errors.ts";
import { chunkBytesFor, MAX_BOXED_BYTES, openChunk, sealChunk } from "../../../offchain/tangle/chunks.ts";
import { type HeadBody, sealHead as sealAnyHead } from "../../../offchain/tangle/head.ts";
import {
  blockIdBytes,
  type ChannelAccess,
  ChannelWriter,
  channelRootOf,
  createTangleClient,
  memoryJournal,
  type PublishedMessage,
  publishMessage,
  readMessage,
  type TangleClient,
} from "../../../offchain/tangle/index.ts";
import { blockTag, channelKeys } from "../../../offchain/tangle/keys.ts";
import { openBox, sealBox } from "../../../offchain/tangle/sealed-box.ts";
import { startHttpServer, tamperingProxy, temporaryDirectory } from "../ipfs/support.ts";
import { failure, randomBytes } from "./support.ts";

describe("restricted Tangle channel", () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let server: RunningServer;
  let client: TangleClient;
  const author = { secretKey: randomBytes(32) };
  const root = channelRootOf(author);
  const sideKey = randomBytes(32);
  const restricted = (...sideKeys: Uint8Array[]): ChannelAccess => ({ mode: "restricted", sideKeys });
  const access = restricted(sideKey);
  const channelId = randomBytes(32);
  const payload = randomBytes(100_000);
  let message: PublishedMessage;
  /** How to read `message`. */
  const address = () => ({ client, root, access, channelId, sequence: 0, headBlockId: message.headBlockId });
  const channel = { mode: "restricted", root, channelId } as const;
  const slot = { channel, sequence: 0 };
  const keys = channelKeys(channel, access)[0]!;

  before(async () => {
    directory = await temporaryDirectory();
    server = await startTangleServer({ directory: directory.path, minPowScore: 0 });
    client = createTangleClient({ url: server.url });
    message = await publishMessage({ client, author, access, channelId, payload });
  });
  after(async () => {
    await client.close();
    await server.close();
    await directory.remove();
  });

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

  describe("through a node that lies", () => {
    /** Reads `message` while the node's answers for blocks are changed. */
    const readThrough = async (
      alter: (blockId: string, answer: Uint8Array) => Uint8Array | undefined | Promise<Uint8Array | undefined>,
    ): Promise<MedexError> => {
      const proxy = await tamperingProxy(
        () => server.url,
        (request, answer) => {
          const blockId = /blocks\/(0x[0-9a-f]{64})$/.exec(request.url ?? "")?.[1];
          return blockId === undefined ? answer : alter(blockId, answer);
        },
      );
      const lied = createTangleClient({ url: proxy.url });
      try {
        return await failure(readMessage({ ...address(), client: lied }));
      } finally {
        await lied.close();
        await proxy.close();
      }
    };
    const rawBlock = async (blockId: string): Promise<Uint8Array> => {
      const headers = { accept: "application/vnd.iota.serializer-v1" };
      return new Uint8Array(
        await (await fetch(`${server.url}/api/core/v2/blocks/${blockId}`, { headers })).arrayBuffer(),
      );
    };

    it("an untouched proxy changes nothing", async () => {
      const proxy = await tamperingProxy(
        () => server.url,
        (_request, answer) => answer,
      );
      const through = createTangleClient({ url: proxy.url });
      const read = await readMessage({ ...address(), client: through });
      await through.close();
      await proxy.close();
      expect(sha256(read.payload)).to.deep.equal(sha256(payload));
    });

    it("an altered head", async () => {
      const error = await readThrough((id, answer) => {
        if (id === message.headBlockId) answer[200] = (answer[200] ?? 0) ^ 1;
        return answer;
      });
      expect(error.code).to.equal("TANGLE_BLOCK_MISMATCH");
    });

    it("an altered chunk", async () => {
      const error = await readThrough((id, answer) => {
        if (id === message.chunkBlockIds[2]) answer[answer.length - 20] = (answer.at(-20) ?? 0) ^ 0x80;
        return answer;
      });
      expect([error.code, error.retriable]).to.deep.equal(["TANGLE_CHUNK_ALTERED", false]);
      expect(error.message).to.match(/chunk 2 of 4/);
    });

    it("a missing chunk", async () => {
      const error = await readThrough((id, answer) => (id === message.chunkBlockIds[1] ? undefined : answer));
      expect([error.code, error.retriable]).to.deep.equal(["TANGLE_BLOCK_NOT_FOUND", true]);
    });

    it("two chunks swapped", async () => {
      const [first, second] = [message.chunkBlockIds[0]!, message.chunkBlockIds[1]!];
      const error = await readThrough((id, answer) =>
        id === first ? rawBlock(second) : id === second ? rawBlock(first) : answer,
      );
      expect(error.code).to.equal("TANGLE_CHUNK_SWAPPED");
    });

    it("one chunk answered for all", async () => {
      const error = await readThrough((id, answer) =>
        id === message.headBlockId ? answer : rawBlock(message.chunkBlockIds[2]!),
      );
      expect(error.code).to.equal("TANGLE_CHUNK_REPEATED");
    });

    it("a foreign chunk: of another message of the same channel", async () => {
      const other = await publishMessage({ client, author, access, channelId, payload });
      using writer = await ChannelWriter.open({ client, author, access, channelId, journal: memoryJournal() });
      await writer.publish(randomBytes(10));
      const later = await writer.publish(payload);
      const answered = (foreign: PublishedMessage) =>
        readThrough((id, answer) => (id === message.chunkBlockIds[3] ? rawBlock(foreign.chunkBlockIds[3]!) : answer));
      expect((await answered(later)).code).to.equal("TANGLE_CHUNK_FOREIGN");
      // the same message published a second time has the same tags: told by the block id alone
      expect((await answered(other)).code).to.equal("TANGLE_CHUNK_ALTERED");
    });

    it("a chunk cut short, and an empty answer", async () => {
      const cut = await readThrough((id, answer) => (id === message.headBlockId ? answer : answer.subarray(0, -1)));
      const emptyChunk = await readThrough((id, answer) => (id === message.headBlockId ? answer : new Uint8Array()));
      const emptyHead = await readThrough(() => new Uint8Array());
      expect([cut.code, emptyChunk.code, emptyHead.code]).to.deep.equal([
        "TANGLE_CHUNK_ALTERED",
        "TANGLE_CHUNK_ALTERED",
        "TANGLE_BLOCK_MISMATCH",
      ]);
    });
  });

  describe("from someone who knows the side key but is not the author, or from a faulty author", () => {
    const readHead = (box: Uint8Array): Promise<MedexError> => readTagged(blockTag(keys, 0, "head"), box);
    const readTagged = async (tag: Uint8Array, box: Uint8Array): Promise<MedexError> => {
      const headBlockId = await client.attach(tag, box);
      return failure(readMessage({ ...address(), headBlockId }));
    };
    type Content = Extract<HeadBody["content"], { kind: "message" }>;
    const honest = (): Content => ({
      kind: "message",
      chunks: message.chunkBlockIds.map(blockIdBytes),
      length: payload.length,
      digest: sha256(payload),
    });
    const bodyOf = (content: Content): HeadBody => ({ sequence: 0, epoch: 0, previous: null, content });
    const sealHead = (signer: typeof author, content: Content, body: Partial<HeadBody> = {}): Uint8Array =>
      sealAnyHead(signer, keys, channel, { ...bodyOf(content), ...body }).box;
    const associated = dagCbor.encode(["medexchain/v1/tangle/head", root, channelId]);

    it("the same head published again by hand is read: what follows fails for its reason only", async () => {
      const headBlockId = await client.attach(blockTag(keys, 0, "head"), sealHead(author, honest()));
      const read = await readMessage({ ...address(), headBlockId });
      expect(sha256(read.payload)).to.deep.equal(sha256(payload));
    });

    it("a head signed by another key", async () => {
      const error = await readHead(sealHead({ secretKey: randomBytes(32) }, honest()));
      expect(error.code).to.equal("TANGLE_SIGNATURE_INVALID");
    });

    it("a head whose fields were changed under the signature", async () => {
      const box = sealHead(author, honest());
      const opened = dagCbor.decode<{ fields: object; signature: Uint8Array }>(
        openBox(keys.boxes!.head, box, associated)!,
      );
      const changed = { ...opened, fields: { ...opened.fields, content: { ...honest(), length: 1 } } };
      const error = await readHead(sealBox(keys.boxes!.head, dagCbor.encode(changed), associated));
      expect(error.code).to.equal("TANGLE_SIGNATURE_INVALID");
    });

    it("a head that the author signed for another message, channel, mode or epoch, under this one's tag", async () => {
      expect((await readHead(sealHead(author, honest(), { sequence: 1 }))).code).to.equal("TANGLE_CHANNEL_MISMATCH");
      for (const other of [{ ...channel, channelId: randomBytes(32) }, { ...channel, mode: "private" } as const]) {
        const { box } = sealAnyHead(author, { tag: keys.tag }, other, bodyOf(honest()));
        const error = await readHead(sealBox(keys.boxes!.head, box, associated));
        expect(error.code).to.equal("TANGLE_CHANNEL_MISMATCH");
      }
      expect((await readHead(sealHead(author, honest(), { epoch: 1 }))).code).to.equal("TANGLE_SIGNATURE_INVALID");
    });

    it("an altered box, a short one, and one that holds no head", async () => {
      const box = sealHead(author, honest());
      box[30] = (box[30] ?? 0) ^ 1;
      const noHead = sealBox(keys.boxes!.head, dagCbor.encode({ fields: 1 }), associated);
      for (const bad of [box, new Uint8Array(10), noHead]) {
        expect((await readHead(bad)).code).to.equal("TANGLE_MESSAGE_INVALID");
      }
    });

    it("a head that lists chunks twice, in another order, too few, or of another message", async () => {
      const { chunks, ...rest } = honest();
      using writer = await ChannelWriter.open({ client, author, access, channelId, journal: memoryJournal() });
      await writer.publish(randomBytes(10));
      const other = await writer.publish(payload);
      const copy = await publishMessage({ client, author, access, channelId, payload });
      const foreign = other.chunkBlockIds.map(blockIdBytes);
      const cases: [Uint8Array[], string][] = [
        [[...chunks.slice(0, 3), chunks[0]!], "TANGLE_CHUNK_REPEATED"],
        [[...chunks.slice(0, 3), blockIdBytes(copy.chunkBlockIds[0]!)], "TANGLE_CHUNK_REPEATED"],
        [[chunks[1]!, chunks[0]!, ...chunks.slice(2)], "TANGLE_CHUNK_SWAPPED"],
        [chunks.slice(0, 3), "TANGLE_CHUNK_ALTERED"],
        [[], "TANGLE_MESSAGE_INVALID"],
        [[foreign[0]!, ...chunks.slice(1)], "TANGLE_CHUNK_FOREIGN"],
      ];
      for (const [listed, code] of cases) {
        expect((await readHead(sealHead(author, { ...rest, chunks: listed }))).code).to.equal(code);
      }
    });

    it("a head with another digest or length", async () => {
      for (const wrong of [{ digest: randomBytes(32) }, { length: payload.length + 1 }]) {
        const error = await readHead(sealHead(author, { ...honest(), ...wrong }));
        expect(error.code).to.equal("TANGLE_MESSAGE_INVALID");
      }
    });

    it("a chunk under the right tag that was sealed for another place", async () => {
      const elsewhere = sealChunk(keys, { slot, index: 1, total: 4 }, randomBytes(10));
      const id = await client.attach(blockTag(keys, 0, 0), elsewhere);
      const chunks = [blockIdBytes(id), ...honest().chunks.slice(1)];
      const error = await readHead(sealHead(author, { ...honest(), chunks }));
      expect([error.code, /chunk 0 of 4/.test(error.message)]).to.deep.equal(["TANGLE_CHUNK_ALTERED", true]);
    });

    it("binds a chunk to root, channel, sequence, index and total", () => {
      const place = { slot, index: 0, total: 2 };
      const box = sealChunk(keys, place, utf8ToBytes("chunk"));
      expect(openChunk(keys, place, box)).to.deep.equal(utf8ToBytes("chunk"));
      for (const other of [
        { ...place, index: 1 },
        { ...place, total: 3 },
        { ...place, slot: { ...slot, sequence: 1 } },
        { ...place, slot: { ...slot, channel: { ...channel, root: randomBytes(32) } } },
        { ...place, slot: { ...slot, channel: { ...channel, channelId: randomBytes(32) } } },
      ]) {
        expect(() => openChunk(keys, other, box)).to.throw(MedexError);
      }
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

  describe("with a node that does not answer", () => {
    it("names the Tangle and the URL", async () => {
      const gone = await startHttpServer(() => {});
      await gone.close();
      const dead = createTangleClient({ url: gone.url });
      const publish = { client: dead, author, access, channelId, payload };
      for (const error of [
        await failure(readMessage({ ...address(), client: dead })),
        await failure(publishMessage(publish)),
        await failure(dead.attach(randomBytes(32), randomBytes(10))),
      ]) {
        expect([error.code, error.retriable]).to.deep.equal(["SERVICE_UNREACHABLE", true]);
        expect(error.message).to.contain("Tangle").and.to.contain(gone.url);
      }
      await dead.close();
    });

    it("gives up on a silent node", async () => {
      const silent = await startHttpServer(() => {});
      const waiting = createTangleClient({ url: silent.url, timeoutMs: 100 });
      const error = await failure(readMessage({ ...address(), client: waiting }));
      await waiting.close();
      await silent.close();
      expect(error.code).to.equal("SERVICE_UNREACHABLE");
    });

    it("tells a gateway's 503 and another server's answer apart", async () => {
      const answers: [number, string][] = [
        [503, "SERVICE_UNREACHABLE"],
        [500, "SERVICE_PROTOCOL"],
        [401, "SERVICE_PROTOCOL"],
      ];
      for (const [status, code] of answers) {
        const other = await startHttpServer((_request, response) => void response.writeHead(status).end("<html>"));
        const confused = createTangleClient({ url: other.url });
        const error = await failure(readMessage({ ...address(), client: confused }));
        await confused.close();
        await other.close();
        expect(error.code).to.equal(code);
      }
    });
  });

  describe("client", () => {
    it("refuses data that does not fit a block", async () => {
      expect((await failure(client.attach(randomBytes(32), randomBytes(33_000)))).code).to.equal("INPUT_INVALID");
      expect((await failure(client.attach(randomBytes(65), randomBytes(10)))).code).to.equal("INPUT_INVALID");
    });

    it("says that the node refused a block", async () => {
      const strict = await startHttpServer(async (request, response) => {
        const post = request.method === "POST";
        const answer = await fetch(`${server.url}${request.url}`);
        response.writeHead(post ? 400 : 200, { "content-type": "application/json" });
        response.end(post ? '{"error":{"code":"400","message":"no"}}' : await answer.text());
      });
      const refused = createTangleClient({ url: strict.url });
      const error = await failure(refused.attach(randomBytes(32), randomBytes(10)));
      await refused.close();
      await strict.close();
      expect(error.code).to.equal("TANGLE_BLOCK_REFUSED");
    });

    it("computes the block id, whatever the node names", async () => {
      const proxy = await tamperingProxy(
        () => server.url,
        (request, answer) =>
          request.method === "POST" ? utf8ToBytes(JSON.stringify({ blockId: `0x${"12".repeat(32)}` })) : answer,
      );
      const lied = createTangleClient({ url: proxy.url });
      const data = randomBytes(10);
      const blockId = await lied.attach(randomBytes(32), data);
      await lied.close();
      await proxy.close();
      expect((await client.fetch(blockId)).data).to.deep.equal(data);
    });

    it("is closed once, and then refuses", async () => {
      await using closed = createTangleClient({ url: server.url });
      await closed.close();
      await closed.close();
      expect((await failure(closed.fetch(message.headBlockId))).code).to.equal("INPUT_INVALID");
    });

    it("sends the token", async () => {
      let sent: string | undefined;
      const guarded = await startHttpServer((request, response) => {
        sent = request.headers.authorization;
        response.writeHead(401).end();
      });
      const token = createTangleClient({ url: guarded.url, jwt: "a.b.c" });
      const error = await failure(token.fetch(message.headBlockId));
      await Promise.all([token.close(), guarded.close()]);
      expect([sent, error.code]).to.deep.equal(["Bearer a.b.c", "SERVICE_PROTOCOL"]);
    });

    it("refuses bad configuration without printing it", () => {
      for (const options of [
        { url: "nonsense" },
        { url: "ftp://alice:sesame@host" },
        { url: server.url, timeoutMs: 0 },
      ]) {
        expect(() => createTangleClient(options))
          .to.throw(MedexError)
          .that.satisfies((error: MedexError) => error.code === "CONFIG_INVALID" && !/sesame/.test(error.message));
      }
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
