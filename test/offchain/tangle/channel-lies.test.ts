import * as dagCbor from "@ipld/dag-cbor";
import { MedexError } from "@medexchain/core";
import {
  blockIdBytes,
  ChannelWriter,
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
import { openChunk, sealChunk } from "../../../offchain/tangle/chunks.ts";
import { type HeadBody, sealHead as sealAnyHead } from "../../../offchain/tangle/head.ts";
import { blockTag } from "../../../offchain/tangle/keys.ts";
import { openBox, sealBox } from "../../../offchain/tangle/sealed-box.ts";
import { tamperingProxy } from "../ipfs/support.ts";
import { failure, randomBytes, restrictedChannel, startTangle, type Tangle } from "./support.ts";

describe("restricted Tangle channel: what is altered or forged", () => {
  const { author, root, access, channelId, payload, channel, slot, keys } = restrictedChannel();
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
});
