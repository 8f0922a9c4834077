import * as dagCbor from "@ipld/dag-cbor";
import {
  type ChannelAccess,
  ChannelWriter,
  channelRootOf,
  memoryJournal,
  publishMessage,
  readChannel,
  readMessage,
} from "@medexchain/tangle";
import { ed25519 } from "@noble/curves/ed25519.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { MAX_BOXED_BYTES, MAX_CHUNKS } from "../../../offchain/tangle/chunks.ts";
import { consentToRotation, sealHead } from "../../../offchain/tangle/head.ts";
import { channelKeys } from "../../../offchain/tangle/keys.ts";
import { failure, randomBytes, startTangle, type Tangle } from "./support.ts";

describe("Tangle channel modes", () => {
  let tangle: Tangle;
  const author = { secretKey: randomBytes(32) };
  const root = channelRootOf(author);
  const channelId = randomBytes(32);
  const accesses: readonly ChannelAccess[] = [
    { mode: "public" },
    { mode: "private" },
    { mode: "restricted", sideKeys: [randomBytes(32)] },
  ];
  const payload = utf8ToBytes("haemoglobin 13.5 g/dL, ".repeat(4000));

  before(async () => {
    tangle = await startTangle();
  });
  after(() => tangle.stop());

  for (const access of accesses) {
    describe(access.mode, () => {
      const publish = () => publishMessage({ client: tangle.client, author, access, channelId, payload });
      const reading = (headBlockId: string) => ({
        client: tangle.client,
        access,
        root,
        channelId,
        sequence: 0,
        headBlockId,
        headBlockIds: [headBlockId] as [string],
      });

      it("carries a message, and reports create, attach and fetch", async () => {
        const { headBlockId, chunkBlockIds, timings } = await publish();
        const one = await readMessage(reading(headBlockId));
        const all = await readChannel(reading(headBlockId));
        expect(chunkBlockIds.length).to.be.greaterThan(1);
        expect(Buffer.from(one.payload).equals(payload)).to.equal(true);
        expect(all.messages).to.have.length(1);
        expect(Buffer.from(all.messages[0]!.payload).equals(payload)).to.equal(true);
        for (const time of [timings.create, timings.attach, one.timings.fetch, all.timings.fetch]) {
          expect(time).to.be.greaterThan(0);
        }
      });

      it(
        access.mode === "public" ? "shows the payload to everyone" : "hides payload, root and channel id",
        async () => {
          const { headBlockId, chunkBlockIds } = await publish();
          const blocks = await Promise.all([headBlockId, ...chunkBlockIds].map((id) => tangle.client.fetch(id)));
          const bytes = Buffer.concat(blocks.flatMap(({ tag, data }) => [tag, data]));
          for (const known of [utf8ToBytes("haemoglobin"), root, channelId]) {
            expect(bytes.includes(Buffer.from(known))).to.equal(access.mode === "public");
          }
        },
      );

      it("is read in no other mode, channel or under another root", async () => {
        const { headBlockId } = await publish();
        const right = reading(headBlockId);
        const others = [
          ...accesses.filter(({ mode }) => mode !== access.mode).map((other) => ({ access: other })),
          { channelId: randomBytes(32) },
          { root: channelRootOf({ secretKey: randomBytes(32) }) },
        ];
        for (const wrong of others) {
          expect((await failure(readMessage({ ...right, ...wrong }))).code).to.equal("TANGLE_CHANNEL_MISMATCH");
          const code = (await failure(readChannel({ ...right, ...wrong }))).code;
          // of a head whose number is not known, a public channel's reader can say only that it is none
          expect(code).to.be.oneOf(["TANGLE_CHANNEL_MISMATCH", "TANGLE_MESSAGE_INVALID"]);
        }
      });

      it("has a head of the largest message and a rotation that fit a block", () => {
        const channel = { mode: access.mode, root, channelId };
        const keys = channelKeys(channel, access)[0]!;
        const chunks = Array.from({ length: MAX_CHUNKS }, () => randomBytes(32));
        const previous = { block: randomBytes(32), digest: randomBytes(32) };
        const slot = { channel, sequence: Number.MAX_SAFE_INTEGER };
        for (const content of [
          { kind: "message", chunks, length: MAX_CHUNKS * MAX_BOXED_BYTES, digest: randomBytes(32) },
          { kind: "rotation", signer: root, sideKey: randomBytes(32), consent: consentToRotation(author, slot) },
        ] as const) {
          const body = { sequence: slot.sequence, epoch: slot.sequence, previous, content };
          expect(sealHead(author, keys, channel, body).box.length).to.be.at.most(MAX_BOXED_BYTES + 40);
        }
      });
    });
  }

  it("derives other keys in each mode", () => {
    const sets = accesses.map((access) => channelKeys({ mode: access.mode, root, channelId }, access)[0]!);
    const keys = sets.flatMap(({ tag, boxes }) => [tag, boxes?.head, boxes?.chunk]).filter((key) => key !== undefined);
    expect(new Set(keys.map((key) => Buffer.from(key).toString("hex"))).size).to.equal(7);
  });

  it("keeps a public message from being changed by whoever sees it: heads are signed, chunks are what heads list", async () => {
    const access = { mode: "public" } as const;
    const channel = { mode: "public", root, channelId } as const;
    const keys = channelKeys(channel, access)[0]!;
    const { headBlockId } = await publishMessage({ client: tangle.client, author, access, channelId, payload });
    const { tag, data } = await tangle.client.fetch(headBlockId);
    const head = dagCbor.decode<{ fields: { content: object } }>(data);
    const forged = dagCbor.encode({
      ...head,
      fields: { ...head.fields, content: { ...head.fields.content, digest: randomBytes(32) } },
    });
    const forgedId = await tangle.client.attach(tag, forged);
    const options = { client: tangle.client, access, root, channelId, sequence: 0 };
    expect((await failure(readMessage({ ...options, headBlockId: forgedId }))).code).to.equal(
      "TANGLE_SIGNATURE_INVALID",
    );

    const content = { kind: "message" as const, chunks: [randomBytes(32)], length: 1, digest: randomBytes(32) };
    const stranger = { secretKey: ed25519.utils.randomSecretKey() };
    const { box } = sealHead(stranger, keys, channel, { sequence: 0, epoch: 0, previous: null, content });
    const strangerId = await tangle.client.attach(tag, box);
    expect((await failure(readMessage({ ...options, headBlockId: strangerId }))).code).to.equal(
      "TANGLE_SIGNATURE_INVALID",
    );
  });

  it("has no side key outside restricted mode", async () => {
    using writer = await ChannelWriter.open({
      client: tangle.client,
      author,
      access: { mode: "private" },
      channelId,
      journal: memoryJournal(),
    });
    const rotation = writer.rotate({ author: { secretKey: randomBytes(32) }, sideKey: randomBytes(32) });
    expect((await failure(rotation)).code).to.equal("INPUT_INVALID");
  });
});
