import {
  blockIdBytes,
  type ChannelAccess,
  type ChannelMode,
  ChannelWriter,
  channelRootOf,
  memoryJournal,
  type PublicationJournal,
  readChannel,
  readMessage,
} from "@medexchain/tangle";
import { expect } from "chai";
import { consentToRotation, type HeadBody, sealHead } from "../../../offchain/tangle/head.ts";
import { blockTag, channelKeys } from "../../../offchain/tangle/keys.ts";
import { breakingClient, failure, randomBytes, startTangle, type Tangle } from "./support.ts";

describe("Tangle channel under rotated keys", () => {
  let tangle: Tangle;
  const authors = [0, 1, 2].map(() => ({ secretKey: randomBytes(32) }));
  const [first, second, third] = authors as [(typeof authors)[0], (typeof authors)[0], (typeof authors)[0]];
  const root = channelRootOf(first);
  const [oldKey, newKey] = [randomBytes(32), randomBytes(32)] as const;
  const channelId = randomBytes(32);
  const channel = { mode: "restricted", root, channelId } as const;
  const restricted = (...sideKeys: Uint8Array[]): ChannelAccess => ({ mode: "restricted", sideKeys });
  const payloads = [0, 1, 2, 3].map(() => randomBytes(50));

  const open = (journal: PublicationJournal, author = first, access = restricted(oldKey), client = tangle.client) =>
    ChannelWriter.open({ client, author, access, channelId, journal });
  const read = (headBlockId: string, access = restricted(oldKey, newKey)) =>
    readChannel({ client: tangle.client, access, root, channelId, headBlockIds: [headBlockId] });
  const attach = (sideKey: Uint8Array, author: { secretKey: Uint8Array }, head: HeadBody): Promise<string> => {
    const keys = channelKeys(channel, restricted(sideKey))[0]!;
    return tangle.client.attach(blockTag(keys, head.sequence, "head"), sealHead(author, keys, channel, head).box);
  };

  before(async () => {
    tangle = await startTangle();
  });
  after(() => tangle.stop());

  /** Message, rotation of both keys, message, rotation of the author's key alone, message. */
  const publishAll = async (journal: PublicationJournal) => {
    using writer = await open(journal);
    const ids = [(await writer.publish(payloads[0]!)).headBlockId];
    ids.push((await writer.rotate({ author: second, sideKey: newKey })).headBlockId);
    ids.push((await writer.publish(payloads[1]!)).headBlockId);
    const checkpoint = writer.checkpoint!;
    ids.push((await writer.rotate({ author: third })).headBlockId);
    ids.push((await writer.publish(payloads[2]!)).headBlockId);
    return { ids, checkpoint };
  };

  it("is read from its first root through two rotations", async () => {
    const { ids } = await publishAll(memoryJournal());
    const { messages, checkpoint } = await read(ids[4]!);
    expect(messages.map(({ sequence, epoch }) => [sequence, epoch])).to.deep.equal([
      [0, 0],
      [2, 1],
      [4, 2],
    ]);
    expect(messages.map(({ payload }) => payload)).to.deep.equal(payloads.slice(0, 3));
    expect(checkpoint.epoch.signer).to.deep.equal(channelRootOf(third));
  });

  for (const mode of ["public", "private"] satisfies ChannelMode[]) {
    it(`is rotated in ${mode} mode too`, async () => {
      const access = { mode };
      const options = { client: tangle.client, access, channelId, journal: memoryJournal() };
      using writer = await ChannelWriter.open({ ...options, author: first });
      await writer.publish(payloads[0]!);
      await writer.rotate({ author: second });
      const { headBlockId } = await writer.publish(payloads[1]!);
      const { messages } = await readChannel({ ...options, root, headBlockIds: [headBlockId] });
      expect(messages.map(({ payload }) => payload)).to.deep.equal(payloads.slice(0, 2));
    });
  }

  it("shuts out who has the old side key alone", async () => {
    const { ids } = await publishAll(memoryJournal());
    expect((await failure(read(ids[4]!, restricted(oldKey)))).code).to.equal("TANGLE_CHANNEL_MISMATCH");
    expect((await read(ids[1]!, restricted(oldKey))).messages).to.have.length(1);
  });

  it("lets who joins later read on from a checkpoint with the new side key alone", async () => {
    const { ids, checkpoint } = await publishAll(memoryJournal());
    expect((await failure(read(ids[4]!, restricted(newKey)))).code).to.equal("TANGLE_CHANNEL_GAP");
    const options = { client: tangle.client, access: restricted(newKey), root, channelId };
    const { messages } = await readChannel({ ...options, headBlockIds: [ids[4]!], after: checkpoint });
    expect(messages.map(({ payload }) => payload)).to.deep.equal([payloads[2]]);
  });

  it("goes on after a restart with the new keys, and with no others", async () => {
    const journal = memoryJournal();
    const { ids } = await publishAll(journal);
    for (const [author, access] of [
      [first, restricted(newKey)],
      [second, restricted(newKey)],
      [third, restricted(oldKey)],
      [third, restricted(newKey, oldKey)],
    ] as const) {
      expect((await failure(open(journal, author, access))).code).to.equal("TANGLE_CHANNEL_MISMATCH");
    }
    using writer = await open(journal, third, restricted(oldKey, newKey));
    expect(writer.newest?.headBlockId).to.equal(ids[4]);
    const { messages } = await read((await writer.publish(payloads[3]!)).headBlockId);
    expect(messages.map(({ payload }) => payload)).to.deep.equal(payloads);
  });

  describe("refuses", () => {
    let ids: string[];
    let rotated: Awaited<ReturnType<typeof read>>["checkpoint"];
    before(async () => {
      ({ ids } = await publishAll(memoryJournal()));
      rotated = (await read(ids[1]!)).checkpoint;
    });
    const message = (): HeadBody["content"] => ({
      kind: "message",
      chunks: [randomBytes(32)],
      length: 1,
      digest: randomBytes(32),
    });
    const following = (content: HeadBody["content"], epoch: number): HeadBody => ({
      sequence: 2,
      epoch,
      previous: { block: blockIdBytes(ids[1]!), digest: rotated.digest },
      content,
    });

    it("the old author after the rotation, whichever epoch it names", async () => {
      for (const epoch of [0, 1]) {
        const id = await attach(newKey, first, following(message(), epoch));
        expect((await failure(read(id))).code).to.equal("TANGLE_SIGNATURE_INVALID");
      }
    });

    it("a message of the new author under the old side key", async () => {
      const id = await attach(oldKey, second, following(message(), 1));
      expect((await failure(read(id))).code).to.equal("TANGLE_ROTATION_INVALID");
    });

    it("a rotation that the old key did not sign, or the new key did not agree to", async () => {
      const signer = channelRootOf(third);
      const consents: [string, { secretKey: Uint8Array }, Uint8Array][] = [
        ["TANGLE_SIGNATURE_INVALID", third, consentToRotation(third, { channel, sequence: 2 })],
        ["TANGLE_ROTATION_INVALID", second, consentToRotation(first, { channel, sequence: 2 })],
        ["TANGLE_ROTATION_INVALID", second, consentToRotation(third, { channel, sequence: 3 })],
        [
          "TANGLE_ROTATION_INVALID",
          second,
          consentToRotation(third, { channel: { ...channel, channelId: randomBytes(32) }, sequence: 2 }),
        ],
      ];
      for (const [code, author, consent] of consents) {
        const id = await attach(newKey, author, following({ kind: "rotation", signer, sideKey: null, consent }, 1));
        expect((await failure(read(id))).code).to.equal(code);
      }
    });

    it("to give a rotation as a message, or a message of a later epoch by itself", async () => {
      const options = { client: tangle.client, access: restricted(oldKey, newKey), root, channelId };
      const rotation = await failure(readMessage({ ...options, sequence: 1, headBlockId: ids[1]! }));
      const later = await failure(readMessage({ ...options, sequence: 2, headBlockId: ids[2]! }));
      expect([rotation.code, later.code]).to.deep.equal(["TANGLE_MESSAGE_INVALID", "TANGLE_SIGNATURE_INVALID"]);
    });
  });

  it("that broke off is done by the same call again, and by no other", async () => {
    const journal = memoryJournal();
    const cut = breakingClient(tangle.client, { attach: 3, posted: true });
    using broken = await open(journal, first, restricted(oldKey), cut);
    await broken.publish(payloads[0]!);
    expect((await failure(broken.rotate({ author: second, sideKey: newKey }))).code).to.equal("SERVICE_UNREACHABLE");

    using writer = await open(journal);
    for (const other of [
      () => writer.publish(payloads[1]!),
      () => writer.resume(),
      () => writer.rotate({ author: third, sideKey: newKey }),
      () => writer.rotate({ author: second, sideKey: randomBytes(32) }),
      () => writer.rotate({ author: second }),
    ]) {
      expect((await failure(other())).code).to.equal("TANGLE_PUBLICATION_PENDING");
    }
    const { headBlockId } = await writer.rotate({ author: second, sideKey: newKey });
    await writer.publish(payloads[1]!);
    // the head that was posted when the line was cut, and the one posted again, are one head
    const access = restricted(oldKey, newKey);
    const headBlockIds = [headBlockId, cut.attached.at(-1)!, writer.newest!.headBlockId] as [string, string, string];
    const { messages } = await readChannel({ client: tangle.client, access, root, channelId, headBlockIds });
    expect(messages.map(({ payload }) => payload)).to.deep.equal(payloads.slice(0, 2));
  });
});
