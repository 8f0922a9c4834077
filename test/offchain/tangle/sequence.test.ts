import {
  blockIdBytes,
  type ChannelAccess,
  ChannelWriter,
  channelRootOf,
  encodeCheckpoint,
  memoryJournal,
  parseCheckpoint,
  readChannel,
  readMessage,
} from "@medexchain/tangle";
import { expect } from "chai";
import { type HeadBody, sealHead } from "../../../offchain/tangle/head.ts";
import { blockTag, channelKeys } from "../../../offchain/tangle/keys.ts";
import { failure, randomBytes, startTangle, type Tangle } from "./support.ts";

describe("Tangle channel of several messages", () => {
  let tangle: Tangle;
  const author = { secretKey: randomBytes(32) };
  const root = channelRootOf(author);
  const access: ChannelAccess = { mode: "restricted", sideKeys: [randomBytes(32)] };
  const channelId = randomBytes(32);
  const channel = { mode: "restricted", root, channelId } as const;
  const payloads = [10, 70_000, 1, 40_000].map(randomBytes);
  /** Head block ids of the messages, by sequence. */
  let heads: string[];

  const open = (journal = memoryJournal()) =>
    ChannelWriter.open({ client: tangle.client, author, access, channelId, journal });
  const read = (...headBlockIds: [string, ...string[]]) =>
    readChannel({ client: tangle.client, access, root, channelId, headBlockIds });
  const readAfter = async (known: string, ...headBlockIds: [string, ...string[]]) => {
    const after = (await read(known)).checkpoint;
    return readChannel({ client: tangle.client, access, root, channelId, headBlockIds, after });
  };

  before(async () => {
    tangle = await startTangle();
    using writer = await open();
    heads = [];
    for (const payload of payloads) heads.push((await writer.publish(payload)).headBlockId);
  });
  after(() => tangle.stop());

  it("is read whole from its newest head", async () => {
    const { messages } = await read(heads[3]!);
    expect(messages.map(({ sequence, epoch, headBlockId }) => [sequence, epoch, headBlockId])).to.deep.equal(
      heads.map((id, sequence) => [sequence, 0, id]),
    );
    for (const [index, { payload }] of messages.entries()) expect(payload).to.deep.equal(payloads[index]);
  });

  it("is fetched in parallel, up to a bound: the chunks of all messages at once", async () => {
    const access: ChannelAccess = { mode: "private" };
    using writer = await ChannelWriter.open({
      client: tangle.client,
      author,
      access,
      channelId,
      journal: memoryJournal(),
    });
    let newest = "";
    for (const size of [100_000, 200_000, 300_000]) newest = (await writer.publish(randomBytes(size))).headBlockId;
    let underWay = 0;
    let most = 0;
    const client = {
      ...tangle.client,
      async fetch(id: string) {
        most = Math.max(most, ++underWay);
        return tangle.client.fetch(id).finally(() => --underWay);
      },
    };
    const { messages } = await readChannel({ client, access, root, channelId, headBlockIds: [newest] });
    expect(messages.map(({ payload }) => payload.length)).to.deep.equal([100_000, 200_000, 300_000]);
    expect(most).to.equal(16);
  });

  it("is read on from a checkpoint, which survives being written down", async () => {
    const first = await read(heads[1]!);
    const after = parseCheckpoint(encodeCheckpoint(first.checkpoint));
    const options = { client: tangle.client, access, root, channelId, after };
    const more = await readChannel({ ...options, headBlockIds: [heads[3]!] });
    expect(more.messages.map(({ sequence }) => sequence)).to.deep.equal([2, 3]);
    const none = await readChannel({ ...options, after: more.checkpoint, headBlockIds: [heads[3]!] });
    expect(none.messages).to.deep.equal([]);
    expect(none.checkpoint).to.deep.equal(more.checkpoint);
  });

  it("lets one message be read by itself", async () => {
    const { payload } = await readMessage({
      client: tangle.client,
      access,
      root,
      channelId,
      sequence: 1,
      headBlockId: heads[1]!,
    });
    expect(payload).to.deep.equal(payloads[1]);
  });

  it("refuses another channel's checkpoint, and a damaged one", async () => {
    const { checkpoint } = await read(heads[1]!);
    for (const after of [{ ...checkpoint, channelId: randomBytes(32) }, { ...checkpoint, mode: "private" } as const]) {
      const options = { client: tangle.client, access, root, channelId, headBlockIds: [heads[3]!] as [string], after };
      expect((await failure(readChannel(options))).code).to.equal("INPUT_INVALID");
    }
    const bytes = encodeCheckpoint(checkpoint);
    for (const bad of [bytes.subarray(1), new Uint8Array()]) {
      expect(() => parseCheckpoint(bad))
        .to.throw()
        .with.property("code", "INPUT_INVALID");
    }
  });

  it("refuses an old head for the newest, once a later one is known", async () => {
    expect((await failure(readAfter(heads[2]!, heads[1]!))).code).to.equal("TANGLE_HEAD_STALE");
  });

  it("walks no further than it is told", async () => {
    const options = { client: tangle.client, access, root, channelId, headBlockIds: [heads[3]!] as [string] };
    expect((await failure(readChannel({ ...options, maxHeads: 3 }))).code).to.equal("TANGLE_CHANNEL_TOO_LONG");
    expect((await readChannel({ ...options, maxHeads: 4 })).messages).to.have.length(4);
  });

  it("fails when a head on the way is missing", async () => {
    const client = {
      ...tangle.client,
      fetch: (id: string) => tangle.client.fetch(id === heads[1] ? `0x${"12".repeat(32)}` : id),
    };
    const error = await failure(readChannel({ client, access, root, channelId, headBlockIds: [heads[3]!] }));
    expect(error.code).to.equal("TANGLE_BLOCK_NOT_FOUND");
  });

  it("accepts several announcements of one chain", async () => {
    expect((await read(heads[1]!, heads[3]!, heads[0]!, heads[3]!)).messages).to.have.length(4);
    expect((await readAfter(heads[1]!, heads[1]!, heads[2]!)).messages).to.have.length(1);
  });

  describe("with a fork: two signed heads for one sequence", () => {
    /** The same author's other history: the same beginning, then another second message, and a third. */
    let other: string[];
    before(async () => {
      const journal = memoryJournal();
      other = [];
      // the copy of a journal, as from a backup, knows the first message only
      using first = await open(journal);
      other.push((await first.publish(payloads[0]!)).headBlockId);
      const copy = memoryJournal();
      for (const entry of await journal.entries()) await copy.append(entry);
      using left = await open(journal);
      using right = await open(copy);
      other.push((await left.publish(randomBytes(20))).headBlockId);
      other.push((await left.publish(randomBytes(20))).headBlockId);
      other.push((await right.publish(randomBytes(20))).headBlockId);
    });

    it("each branch is good by itself", async () => {
      for (const tip of [other[2]!, other[3]!]) await read(tip);
    });

    it("is noticed from two announcements, of the same number or not", async () => {
      expect((await failure(read(other[1]!, other[3]!))).code).to.equal("TANGLE_FORK");
      expect((await failure(read(other[3]!, other[2]!))).code).to.equal("TANGLE_FORK");
    });

    it("is noticed from a checkpoint, at its number and after it", async () => {
      expect((await failure(readAfter(other[3]!, other[1]!))).code).to.equal("TANGLE_FORK");
      expect((await failure(readAfter(other[3]!, other[2]!))).code).to.equal("TANGLE_FORK");
      await readAfter(other[1]!, other[2]!);
    });

    it("is not a fork: one signed head in two blocks", async () => {
      const { tag, data } = await tangle.client.fetch(heads[3]!);
      const again = await tangle.client.attach(tag, data);
      expect(again).not.to.equal(heads[3]);
      expect((await read(heads[3]!, again)).messages).to.have.length(4);
      expect((await readAfter(heads[3]!, again)).messages).to.have.length(0);
    });

    it("is not the author's: a stranger with the side key", async () => {
      const stranger = { secretKey: randomBytes(32) };
      const forged = await attachHead(
        { ...body(heads[2]!, (await read(heads[2]!)).checkpoint.digest), sequence: 3 },
        stranger,
      );
      expect((await failure(read(heads[3]!, forged))).code).to.equal("TANGLE_SIGNATURE_INVALID");
      expect((await failure(readAfter(heads[3]!, forged))).code).to.equal("TANGLE_SIGNATURE_INVALID");
      expect((await failure(readAfter(heads[2]!, forged))).code).to.equal("TANGLE_SIGNATURE_INVALID");
    });
  });

  const keys = channelKeys(channel, access)[0]!;
  const body = (previous: string | undefined, digest: Uint8Array): HeadBody => ({
    sequence: 4,
    epoch: 0,
    previous: previous === undefined ? null : { block: blockIdBytes(previous), digest },
    content: { kind: "message", chunks: [randomBytes(32)], length: 1, digest: randomBytes(32) },
  });
  const attachHead = (head: HeadBody, signer = author): Promise<string> =>
    tangle.client.attach(blockTag(keys, head.sequence, "head"), sealHead(signer, keys, channel, head).box);

  describe("with a faulty author", () => {
    it("a gap: a number is left out, or there is no link", async () => {
      const { digest } = (await read(heads[3]!)).checkpoint;
      const cases = [
        { ...body(heads[3]!, digest), sequence: 5 },
        body(undefined, digest),
        { ...body(heads[3]!, digest), sequence: 0 },
        // a link to a block that is no head
        body((await tangle.client.attach(randomBytes(32), randomBytes(9))) as string, digest),
      ];
      for (const head of cases) {
        expect((await failure(read(await attachHead(head)))).code).to.equal("TANGLE_CHANNEL_GAP");
      }
    });

    it("a link whose digest is not that of the head that it names", async () => {
      const id = await attachHead(body(heads[3]!, randomBytes(32)));
      expect((await failure(read(id))).code).to.equal("TANGLE_MESSAGE_INVALID");
      // to a reader who knows the head before, it is the author's word for another one
      expect((await failure(readAfter(heads[3]!, id))).code).to.equal("TANGLE_FORK");
    });
  });
});
