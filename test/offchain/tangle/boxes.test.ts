import { decode, encode } from "@ipld/dag-cbor";
import { type ContentStore, createContentStore } from "@medexchain/ipfs";
import {
  type BoxStore,
  ChannelWriter,
  MAX_BOX_BYTES,
  MAX_INLINE_CHUNKS,
  memoryJournal,
  publishMessage,
  readChannel,
  readMessage,
} from "@medexchain/tangle";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { startIpfsServer } from "../../../devnet/ipfs/index.ts";
import { MAX_BOXED_BYTES, MAX_CHUNKS } from "../../../offchain/tangle/chunks.ts";
import { openHead, sealHead } from "../../../offchain/tangle/head.ts";
import { blockTag } from "../../../offchain/tangle/keys.ts";
import { openIpfs } from "../../world/servers.ts";
import { temporaryDirectory } from "../ipfs/support.ts";
import { breakingClient, failure, randomBytes, restrictedChannel, startTangle, type Tangle } from "./support.ts";

describe("a Tangle message that is too large for blocks", () => {
  const { author, root, access, channelId, channel, slot, keys } = restrictedChannel();
  const payload = randomBytes(3 * MAX_BOX_BYTES - 12_345);
  let tangle: Tangle;
  let ipfs: { url: string; close(): Promise<void> };
  let store: ContentStore;
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;

  before(async () => {
    directory = await temporaryDirectory();
    tangle = await startTangle();
    ipfs = await openIpfs(directory.path);
    store = createContentStore({ url: ipfs.url });
  });
  after(async () => {
    await tangle.stop();
    await ipfs.close();
    await directory.remove();
  });

  /** A store that notes what passes. */
  const watched = (): BoxStore & { readonly stored: Map<string, Uint8Array> } => {
    const stored = new Map<string, Uint8Array>();
    return {
      stored,
      put: async (bytes) => {
        const result = await store.put(bytes);
        stored.set(bytesToHex(result.digest), bytes);
        return result;
      },
      get: (digest, options) => store.get(digest, options),
    };
  };
  const publish = (boxStore: BoxStore, bytes = payload, journal = memoryJournal(), client = tangle.client) =>
    publishMessage({ client, boxStore, author, access, channelId, payload: bytes, journal });
  const read = (headBlockId: string, boxStore: BoxStore | undefined) =>
    readMessage({
      client: tangle.client,
      ...(boxStore && { boxStore }),
      root,
      access,
      channelId,
      sequence: 0,
      headBlockId,
    });
  /** The boxes that a head lists. */
  const listed = async (headBlockId: string): Promise<Uint8Array[]> => {
    const { content } = openHead([keys], channel, await tangle.client.fetch(headBlockId), 0);
    if (content.kind !== "boxes") throw new Error(`the head is one of ${content.kind}`);
    return content.boxes;
  };

  it("goes into boxes in the store, and one block on the Tangle; it comes back as it was", async () => {
    const boxStore = watched();
    const client = breakingClient(tangle.client, { attach: Number.POSITIVE_INFINITY });
    const { headBlockId, chunkBlockIds } = await publish(boxStore, payload, memoryJournal(), client);
    expect(client.attached).to.have.length(1);
    expect(chunkBlockIds).to.deep.equal([]);
    expect(boxStore.stored.size).to.equal(3);
    expect(sha256((await read(headBlockId, boxStore)).payload)).to.deep.equal(sha256(payload));
    const all = { client: tangle.client, boxStore, access, root, channelId, headBlockIds: [headBlockId] as [string] };
    expect((await readChannel(all)).messages.map((message) => message.payload)).to.deep.equal([payload]);
  });

  it("goes into blocks up to four of them, and without a store", async () => {
    const boxStore = watched();
    const inline = randomBytes(MAX_INLINE_CHUNKS * MAX_BOXED_BYTES);
    const four = await publish(boxStore, inline);
    expect(four.chunkBlockIds).to.have.length(MAX_INLINE_CHUNKS);
    expect((await publish(boxStore, randomBytes(inline.length + 1))).chunkBlockIds).to.deep.equal([]);
    const { client } = tangle;
    const without = await publishMessage({
      client,
      author,
      access,
      channelId,
      payload: randomBytes(inline.length + 1),
    });
    expect(without.chunkBlockIds).to.have.length(MAX_INLINE_CHUNKS + 1);
  });

  it("shows the store nothing but sealed bytes: no box holds a piece of the payload, and the same message gives others", async () => {
    const [first, second] = [watched(), watched()];
    const plain = new Uint8Array(2 * MAX_BOX_BYTES).fill(7);
    await publish(first, plain);
    await publish(second, plain);
    for (const box of first.stored.values()) {
      expect(Buffer.from(decode<Uint8Array>(box)).includes(Buffer.alloc(32, 7))).to.equal(false);
    }
    expect([...first.stored.keys()].some((digest) => second.stored.has(digest))).to.equal(false);
  });

  it("is in order on its way after it broke off before, and after its head was signed", async () => {
    const boxStore = watched();
    let left = 2;
    const breaking: BoxStore = {
      put: async (bytes) => {
        left -= 1;
        if (left < 0) throw new Error("the store is gone");
        return boxStore.put(bytes);
      },
      get: boxStore.get,
    };
    const journal = memoryJournal();
    await publish(breaking, payload, journal).then(
      () => expect.fail("it did not break off"),
      () => undefined,
    );
    const client = breakingClient(tangle.client, { attach: 0 });
    expect((await failure(publish(boxStore, payload, journal, client))).code).to.equal("SERVICE_UNREACHABLE");
    const before = boxStore.stored.size;
    const { headBlockId } = await publish(boxStore, payload, journal);
    expect(boxStore.stored.size).to.equal(before); // the signed head goes out as it was
    expect(sha256((await read(headBlockId, boxStore)).payload)).to.deep.equal(sha256(payload));
  });

  it("goes on in blocks where it was begun in blocks", async () => {
    const journal = memoryJournal();
    const bytes = randomBytes(6 * MAX_BOXED_BYTES);
    const { client } = tangle;
    const breaking = breakingClient(client, { attach: 2 });
    const begun = publishMessage({ client: breaking, author, access, channelId, payload: bytes, journal });
    expect((await failure(begun)).code).to.equal("SERVICE_UNREACHABLE");
    expect((await publish(watched(), bytes, journal)).chunkBlockIds).to.have.length(6);
  });

  it("is not read without a store, with a box that is missing, altered, or in another's place", async () => {
    const boxStore = watched();
    const { headBlockId } = await publish(boxStore);
    expect((await failure(read(headBlockId, undefined))).code).to.equal("INPUT_INVALID");
    const [one, two] = (await listed(headBlockId)).map(bytesToHex);
    /** A store that gives other bytes for a box, as one would that does not check what it is given. */
    const lying = (asked: string | undefined, given: Uint8Array | undefined): BoxStore => ({
      put: boxStore.put,
      get: (digest, options) =>
        bytesToHex(digest) === asked && given ? Promise.resolve(given) : boxStore.get(digest, options),
    });
    const altered = Uint8Array.from(boxStore.stored.get(one ?? "") ?? []);
    altered[1_000] = (altered[1_000] ?? 0) ^ 1;
    expect((await failure(read(headBlockId, lying(one, altered)))).code).to.equal("TANGLE_CHUNK_ALTERED");
    const swapped = lying(one, boxStore.stored.get(two ?? ""));
    expect((await failure(read(headBlockId, swapped))).code).to.equal("TANGLE_CHUNK_ALTERED");
    expect((await failure(read(headBlockId, lying(one, encode("no bytes"))))).code).to.equal("TANGLE_CHUNK_ALTERED");
    const empty = await temporaryDirectory();
    const other = await startIpfsServer({ directory: empty.path });
    const elsewhere = createContentStore({ url: other.url, timeoutMs: 2_000 });
    expect((await failure(read(headBlockId, elsewhere))).code).to.equal("CONTENT_NOT_FOUND");
    await other.close();
    await empty.remove();
  });

  it("is refused where the author's head lists a box twice, too few boxes, or claims another length or digest", async () => {
    const boxStore = watched();
    const { headBlockId } = await publish(boxStore);
    const boxes = await listed(headBlockId);
    const { length } = payload;
    const digest = sha256(payload);
    const forged = async (content: object): Promise<string> => {
      const body = {
        sequence: 0,
        epoch: 0,
        previous: null,
        content: { kind: "boxes", boxes, length, digest, ...content },
      };
      const { box } = sealHead(author, keys, channel, body as Parameters<typeof sealHead>[3]); // wrong on purpose
      return tangle.client.attach(blockTag(keys, slot.sequence, "head"), box);
    };
    const [first] = boxes;
    const cases = [
      [{ boxes: [first, first, first] }, "TANGLE_CHUNK_REPEATED"],
      [{ boxes: boxes.slice(0, 2) }, "TANGLE_MESSAGE_INVALID"],
      [{ length: length - 1 }, "TANGLE_MESSAGE_INVALID"],
      [{ length: 900 * MAX_BOX_BYTES }, "TANGLE_MESSAGE_INVALID"],
      [{ digest: randomBytes(32) }, "TANGLE_MESSAGE_INVALID"],
      [{ boxes: [] }, "TANGLE_MESSAGE_INVALID"],
    ] as const;
    for (const [content, code] of cases) {
      expect((await failure(read(await forged(content), boxStore))).code).to.equal(code);
    }
    expect((await read(await forged({}), boxStore)).payload).to.have.length(length);

    // As many boxes as a head can list: nothing is fetched for it, and no memory taken.
    const many = Array.from({ length: MAX_CHUNKS }, () => randomBytes(32));
    const idle: BoxStore = { put: boxStore.put, get: () => Promise.reject(new Error("a box was asked for")) };
    const error = await failure(read(await forged({ boxes: many, length: MAX_CHUNKS * MAX_BOX_BYTES }), idle));
    expect(error.code).to.equal("TANGLE_MESSAGE_INVALID");
    expect(error.message)
      .to.include(String(MAX_CHUNKS * MAX_BOX_BYTES))
      .and.include(String(192 * 1_048_576));
  });

  it("is read up to the reader's limit, a channel's messages together", async () => {
    const boxStore = watched();
    const { client } = tangle;
    const writing = { client, boxStore, author, access, channelId, journal: memoryJournal() };
    using writer = await ChannelWriter.open(writing);
    await writer.publish(payload);
    const { headBlockId } = await writer.publish(new Uint8Array([1, 2, 3]));
    const all = (maxBytes: number) => readChannel({ ...writing, root, headBlockIds: [headBlockId], maxBytes });
    expect((await all(payload.length + 3)).messages).to.have.length(2);
    expect((await failure(all(payload.length + 2))).code).to.equal("TANGLE_CHANNEL_TOO_LONG");
    expect((await failure(all(payload.length - 1))).code).to.equal("TANGLE_MESSAGE_INVALID");
  });

  it("is a message like others to a writer that goes on after it", async () => {
    const boxStore = watched();
    const { client } = tangle;
    const writing = { client, boxStore, author, access, channelId, journal: memoryJournal() };
    using writer = await ChannelWriter.open(writing);
    await writer.publish(payload);
    const { headBlockId } = await writer.publish(new Uint8Array([1, 2, 3]));
    const { messages } = await readChannel({ ...writing, root, headBlockIds: [headBlockId] });
    expect(messages.map((message) => message.payload.length)).to.deep.equal([payload.length, 3]);
  });
});
