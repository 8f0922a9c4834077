import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type ChannelAccess,
  ChannelWriter,
  channelRootOf,
  memoryJournal,
  type PublicationJournal,
  publishMessage,
  readChannel,
  type TangleClient,
} from "@medexchain/tangle";
import { openFileJournal } from "@medexchain/tangle/file-journal";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { MAX_BOXED_BYTES } from "../../../offchain/tangle/chunks.ts";
import { encodeEntry, parseEntry } from "../../../offchain/tangle/journal.ts";
import { temporaryDirectory } from "../ipfs/support.ts";
import { breakingClient, failure, randomBytes, startTangle, type Tangle } from "./support.ts";

describe("Tangle publication that broke off", () => {
  let tangle: Tangle;
  const author = { secretKey: randomBytes(32) };
  const root = channelRootOf(author);
  const access: ChannelAccess = { mode: "restricted", sideKeys: [randomBytes(32)] };
  const channelId = randomBytes(32);
  const payload = randomBytes(6 * MAX_BOXED_BYTES);

  const open = (journal: PublicationJournal, client: TangleClient = tangle.client) =>
    ChannelWriter.open({ client, author, access, channelId, journal });
  const read = (...headBlockIds: [string, ...string[]]) =>
    readChannel({ client: tangle.client, access, root, channelId, headBlockIds });
  const counting = () => breakingClient(tangle.client, { attach: Number.POSITIVE_INFINITY });
  /** Publishes until the line is cut at the given block. */
  const breakOff = async (journal: PublicationJournal, at: Parameters<typeof breakingClient>[1], bytes = payload) => {
    const client = breakingClient(tangle.client, at);
    using writer = await open(journal, client);
    expect((await failure(writer.publish(bytes))).code).to.equal("SERVICE_UNREACHABLE");
    return client.attached;
  };

  before(async () => {
    tangle = await startTangle();
  });
  after(() => tangle.stop());

  it("goes on where it was: no chunk is attached twice", async () => {
    const journal = memoryJournal();
    const out = await breakOff(journal, { attach: 4 });
    const client = counting();
    using writer = await open(journal, client);
    const { chunkBlockIds, headBlockId } = await writer.publish(payload);
    expect(chunkBlockIds).to.include.members(out);
    expect(client.attached).to.have.length(6 - out.length + 1);
    expect((await read(headBlockId)).messages.map((message) => message.payload)).to.deep.equal([payload]);
  });

  it("sends the head that it had signed, after a crash just before and just after it was posted", async () => {
    for (const posted of [false, true]) {
      const journal = memoryJournal();
      const out = await breakOff(journal, { attach: 7, posted });
      const client = counting();
      using writer = await open(journal, client);
      const { headBlockId } = await writer.publish(payload);
      expect(client.attached).to.deep.equal([headBlockId]);
      // where the head was posted twice, both blocks hold one head
      const heads = posted ? [out.at(-1)!] : [];
      expect((await read(headBlockId, ...heads)).messages).to.have.length(1);
    }
  });

  it("sends a signed head without the payload by resume", async () => {
    const journal = memoryJournal();
    await breakOff(journal, { attach: 7 });
    using writer = await open(journal);
    const resumed = await writer.resume();
    expect(resumed?.chunkBlockIds).to.have.length(6);
    expect((await read(resumed!.headBlockId)).messages.map((message) => message.payload)).to.deep.equal([payload]);
    expect(await writer.resume()).to.equal(undefined);
  });

  it("may be given up for another payload before the head is signed, not after", async () => {
    const other = randomBytes(100);
    const unsigned = memoryJournal();
    await breakOff(unsigned, { attach: 6 });
    using free = await open(unsigned);
    const { headBlockId } = await free.publish(other);
    expect((await read(headBlockId)).messages.map((message) => message.payload)).to.deep.equal([other]);

    const signed = memoryJournal();
    await breakOff(signed, { attach: 7 });
    using bound = await open(signed);
    expect((await failure(bound.publish(other))).code).to.equal("TANGLE_PUBLICATION_PENDING");
    await bound.resume();
    expect((await bound.publish(other)).sequence).to.equal(1);
  });

  it("with a number given is done once: the same payload gives the same answer, another is refused", async () => {
    const journal = memoryJournal();
    const options = { client: tangle.client, author, access, channelId, payload, journal };
    const first = await publishMessage(options);
    const again = await publishMessage(options);
    expect([again.headBlockId, again.chunkBlockIds]).to.deep.equal([first.headBlockId, first.chunkBlockIds]);
    expect((await failure(publishMessage({ ...options, payload: randomBytes(9) }))).code).to.equal("TANGLE_FORK");
    using writer = await open(journal);
    expect((await failure(writer.publish(payload, { sequence: 2 }))).code).to.equal("INPUT_INVALID");
  });

  it("attaches a chunk again that the node has lost", async () => {
    const journal = memoryJournal();
    const out = await breakOff(journal, { attach: 4 });
    const client = counting();
    const forgetful = { ...client, fetch: (id: string) => client.fetch(id === out[0] ? `0x${"12".repeat(32)}` : id) };
    using writer = await open(journal, forgetful);
    const { headBlockId, chunkBlockIds } = await writer.publish(payload);
    expect(chunkBlockIds).not.to.include(out[0]);
    expect((await read(headBlockId)).messages.map((message) => message.payload)).to.deep.equal([payload]);
  });

  it("refuses a journal that names a wrong block, a damaged one, and another channel's", async () => {
    const broken = memoryJournal();
    await breakOff(broken, { attach: 4 });
    const entries = (await broken.entries()).map(parseEntry);
    const chunks = entries.filter((entry) => entry.kind === "chunk");
    const copyOf = async (changed: Parameters<typeof encodeEntry>[0][]) => {
      const journal = memoryJournal();
      for (const entry of changed) await journal.append(encodeEntry(entry));
      return journal;
    };
    const swapped = await copyOf(
      entries.map((entry) => (entry === chunks[0] ? { ...entry, block: chunks[1]!.block } : entry)),
    );
    using writer = await open(swapped);
    expect((await failure(writer.publish(payload))).code).to.equal("TANGLE_JOURNAL_INVALID");

    const cutFront = await copyOf(entries.slice(1));
    const garbage = memoryJournal();
    await garbage.append(utf8ToBytes("garbage"));
    for (const journal of [cutFront, garbage]) {
      expect((await failure(open(journal))).code).to.equal("TANGLE_JOURNAL_INVALID");
    }
    for (const wrong of [{ channelId: randomBytes(32) }, { access: { mode: "private" } as const }]) {
      const options = { client: tangle.client, author, access, channelId, journal: broken, ...wrong };
      expect((await failure(ChannelWriter.open(options))).code).to.equal("TANGLE_JOURNAL_INVALID");
    }
  });

  it("refuses to sign a message that another writer on the journal has signed meanwhile", async () => {
    const journal = memoryJournal();
    using left = await open(journal);
    using right = await open(journal);
    await left.publish(randomBytes(10));
    const client = counting();
    using late = await open(journal, client);
    await right.publish(randomBytes(10)).then(
      () => expect.fail("two heads for one number"),
      (error) => expect(error.code).to.equal("TANGLE_FORK"),
    );
    // what the loser wrote into the journal does not count
    expect((await late.publish(randomBytes(10))).sequence).to.equal(1);
    using reopened = await open(journal);
    expect(reopened.newest?.sequence).to.equal(1);
  });

  it("keeps another writer's chunks out of its message", async () => {
    const journal = memoryJournal();
    const theirs = memoryJournal();
    const other = randomBytes(payload.length);
    await breakOff(journal, { attach: 1 });
    const foreign = await breakOff(theirs, { attach: 4 }, other);
    for (const entry of await theirs.entries()) {
      if (parseEntry(entry).kind === "chunk") await journal.append(entry);
    }
    using writer = await open(journal);
    const { headBlockId, chunkBlockIds } = await writer.publish(payload);
    expect(foreign).to.have.length(3);
    for (const id of foreign) expect(chunkBlockIds).not.to.include(id);
    expect((await read(headBlockId)).messages.map((message) => message.payload)).to.deep.equal([payload]);
  });

  it("publishes one message at a time", async () => {
    using writer = await open(memoryJournal());
    const first = writer.publish(randomBytes(10));
    expect((await failure(writer.publish(randomBytes(10)))).code).to.equal("INPUT_INVALID");
    expect((await first).sequence).to.equal(0);
  });

  it("leaves neither key nor payload in the journal", async () => {
    const journal = memoryJournal();
    using writer = await open(journal);
    const known = utf8ToBytes("haemoglobin 13.5 g/dL");
    await writer.publish(known);
    const bytes = Buffer.concat(await journal.entries());
    const sideKey = access.mode === "restricted" ? access.sideKeys[0]! : new Uint8Array();
    for (const secret of [known, author.secretKey, sideKey]) {
      expect(bytes.includes(Buffer.from(secret))).to.equal(false);
    }
  });

  describe("with its journal in a file", () => {
    let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
    let path: string;
    beforeEach(async () => {
      directory = await temporaryDirectory();
      path = join(directory.path, "channel.journal");
    });
    afterEach(() => directory.remove());

    it("goes on after a crash that cut the last line short", async () => {
      let out: string[];
      {
        await using journal = await openFileJournal(path);
        out = await breakOff(journal, { attach: 5 });
      }
      const whole = await readFile(path);
      await appendFile(path, whole.subarray(0, 30));
      await using journal = await openFileJournal(path);
      expect(await readFile(path)).to.deep.equal(whole);
      using writer = await open(journal);
      const { chunkBlockIds, headBlockId } = await writer.publish(payload);
      expect(chunkBlockIds).to.include.members(out);
      expect((await read(headBlockId)).messages).to.have.length(1);
    });

    it("refuses a damaged line, and a path that is no file", async () => {
      {
        await using journal = await openFileJournal(path);
        await breakOff(journal, { attach: 5 });
      }
      const lines = (await readFile(path, "latin1")).split("\n");
      await writeFile(path, [lines[0], `${lines[1]?.slice(4)}`, ...lines.slice(2)].join("\n"));
      await using journal = await openFileJournal(path);
      expect((await failure(open(journal))).code).to.equal("TANGLE_JOURNAL_INVALID");
      expect((await failure(openFileJournal(directory.path))).code).to.equal("CONFIG_INVALID");
    });
  });
});
