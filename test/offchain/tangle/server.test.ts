import { appendFile, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MedexError } from "@medexchain/core";
import {
  type Block,
  blockIdBytes,
  blockIdOf,
  createTangleClient,
  parseBlock,
  serializeBlock,
  type TangleClient,
} from "@medexchain/tangle";
import { randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { type RunningServer, startTangleServer } from "../../../devnet/tangle/index.ts";
import { powScore } from "../../../devnet/tangle/pow-score.ts";
import { loadSdk } from "../../../offchain/tangle/sdk.ts";
import { temporaryDirectory } from "../ipfs/support.ts";

const SERIALIZER = "application/vnd.iota.serializer-v1";
const GENESIS = new Uint8Array(32);

interface Answer {
  status: number;
  body: { blockId?: string; tips?: string[]; error?: { code: string; message: string } };
}

async function answerOf(response: Response): Promise<Answer> {
  return { status: response.status, body: (await response.json()) as Answer["body"] }; // each test asserts what it uses
}

/** A nonce whose work is, or is not, enough for a score of 1. */
function withNonce(block: Block, enough: boolean): Uint8Array {
  for (let nonce = 1n; ; nonce += 1n) {
    const bytes = serializeBlock({ ...block, nonce });
    if (powScore(bytes) >= 1 === enough) return bytes;
  }
}

const taggedBlock = (parents: Uint8Array[], data = utf8ToBytes("data")): Block => ({
  protocolVersion: 2,
  parents,
  payload: { tag: utf8ToBytes("tag"), data },
  nonce: 0n,
});

describe("proof-of-work score (TIP-12)", () => {
  // TIP-12's example, and the vectors of iota-sdk sdk/tests/pow/score.rs
  const vectors: [string, number[], number][] = [
    ["Hello, World!", [...utf8ToBytes("Hello, World!"), 0x5e, 0xe6, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa], 3 ** 9 / 21],
    ["zero nonce", [0, 0, 0, 0, 0, 0, 0, 0], 3 ** 1 / 8],
    ["10 trits", [203, 124, 2, 0, 0, 0, 0, 0], 3 ** 10 / 8],
    ["14 trits", [65, 235, 119, 85, 85, 85, 85, 85], 3 ** 14 / 8],
    ["10000 zero bytes", new Array(10_000).fill(0), 1 / 10_000],
  ];
  for (const [name, bytes, score] of vectors) {
    it(name, () => expect(powScore(Uint8Array.from(bytes))).to.equal(score));
  }
});

describe("development Tangle", () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let server: RunningServer;
  let client: TangleClient;

  const start = async (minPowScore = 1): Promise<void> => {
    server = await startTangleServer({ directory: directory.path, minPowScore });
    client = createTangleClient({ url: server.url });
  };
  const stop = async (): Promise<void> => {
    await client.close();
    await server.close();
  };
  const post = async (bytes: Uint8Array | object): Promise<Answer> => {
    const raw = bytes instanceof Uint8Array;
    return answerOf(
      await fetch(`${server.url}/api/core/v2/blocks`, {
        method: "POST",
        headers: { "content-type": raw ? SERIALIZER : "application/json" },
        body: raw ? Uint8Array.from(bytes) : JSON.stringify(bytes),
      }),
    );
  };
  const rawBlock = async (blockId: string): Promise<Uint8Array> => {
    const response = await fetch(`${server.url}/api/core/v2/blocks/${blockId}`, { headers: { accept: SERIALIZER } });
    return new Uint8Array(await response.arrayBuffer());
  };
  const tips = async (): Promise<string[]> =>
    (await answerOf(await fetch(`${server.url}/api/core/v2/tips`))).body.tips ?? [];

  beforeEach(async () => {
    directory = await temporaryDirectory();
    await start();
  });
  afterEach(async () => {
    await stop();
    await directory.remove();
  });

  it("takes blocks from the IOTA SDK, with the work that it does, and gives them back", async () => {
    const tag = randomBytes(32);
    const data = randomBytes(900);
    const blockId = await client.attach(tag, data);
    expect(await client.fetch(blockId)).to.deep.equal({ tag, data });
    const bytes = await rawBlock(blockId);
    expect(blockIdOf(bytes)).to.equal(blockId);
    expect(powScore(bytes)).to.be.at.least(1);
  });

  // The SDK gives all bigints of its process a form in JSON, on which other tests would stumble.
  after(() => Reflect.deleteProperty(BigInt.prototype, "toJSON"));

  it("reads and writes blocks as the IOTA SDK does", async () => {
    const { Client, Utils } = loadSdk();
    const sdk = new Client({ nodes: [server.url], localPow: true });
    const [blockId, block] = await sdk.buildAndPostBlock(undefined, { tag: "0xabcd", data: "0x0102030405" });
    const bytes = Utils.blockBytes(block);
    expect(serializeBlock(parseBlock(bytes))).to.deep.equal(bytes);
    expect(blockIdOf(bytes)).to.equal(blockId).and.to.equal(Utils.blockId(block));
    expect((await sdk.getBlock(blockId)).nonce).to.equal(block.nonce);
    expect(await sdk.getBlockMetadata(blockId)).to.include({ blockId, isSolid: true });
    expect(await sdk.getHealth(server.url)).to.equal(true);
    expect((await sdk.getInfo()).nodeInfo.protocol.minPowScore).to.equal(1);
    expect(await sdk.postBlock(block)).to.equal(blockId);
    await sdk.destroy();
  });

  it("takes the same block as JSON", async () => {
    const bytes = withNonce(taggedBlock([GENESIS]), true);
    const { nonce } = parseBlock(bytes);
    const answer = await post({
      protocolVersion: 2,
      parents: [`0x${"00".repeat(32)}`],
      payload: {
        type: 5,
        tag: `0x${Buffer.from("tag").toString("hex")}`,
        data: `0x${Buffer.from("data").toString("hex")}`,
      },
      nonce: nonce.toString(),
    });
    expect(answer).to.deep.equal({ status: 201, body: { blockId: blockIdOf(bytes) } });
    expect(await rawBlock(blockIdOf(bytes))).to.deep.equal(bytes);
  });

  it("builds a DAG: what has a child is no tip, and at most 8 tips are named", async () => {
    expect(await tips()).to.deep.equal([`0x${"00".repeat(32)}`]);
    const first = await client.attach(randomBytes(4), randomBytes(10));
    expect(await tips()).to.deep.equal([first]);
    const second = await client.attach(randomBytes(4), randomBytes(10));
    expect(await tips()).to.deep.equal([second]);
    expect(parseBlock(await rawBlock(second)).parents).to.deep.equal([blockIdBytes(first)]);
    for (let index = 0; index < 10; index += 1) {
      await post(withNonce(taggedBlock([blockIdBytes(first)], randomBytes(8)), true));
    }
    expect(await tips()).to.have.length(8);
    const joined = await client.attach(randomBytes(4), randomBytes(10));
    expect(parseBlock(await rawBlock(joined)).parents).to.have.length(8);
    expect(await tips())
      .to.have.length(4)
      .and.to.include(joined);
  });

  it("has its blocks and tips again after a restart", async () => {
    const first = await client.attach(utf8ToBytes("a"), randomBytes(10));
    const second = await client.attach(utf8ToBytes("b"), randomBytes(10));
    const bytes = await rawBlock(first);
    await stop();
    await start();
    expect(await rawBlock(first)).to.deep.equal(bytes);
    expect(await tips()).to.deep.equal([second]);
    const third = await client.attach(utf8ToBytes("c"), randomBytes(10));
    await stop();
    await start();
    expect((await client.fetch(third)).tag).to.deep.equal(utf8ToBytes("c"));
  });

  it("drops a record that a kill cut short, and refuses a damaged one", async () => {
    const kept = await client.attach(utf8ToBytes("kept"), randomBytes(100));
    await stop();
    const log = join(directory.path, "blocks.log");
    const { size } = await stat(log);
    await appendFile(log, (await readFile(log)).subarray(0, size - 20));
    await start();
    expect((await stat(log)).size).to.equal(size);
    expect((await client.fetch(kept)).tag).to.deep.equal(utf8ToBytes("kept"));
    await client.attach(utf8ToBytes("after"), randomBytes(10));
    await stop();
    const damaged = await readFile(log);
    damaged[100] = damaged.readUInt8(100) ^ 1;
    await writeFile(log, damaged);
    const error = await startTangleServer({ directory: directory.path }).catch((caught: unknown) => caught);
    expect(MedexError.is(error, "TANGLE_STORE_CORRUPT")).to.equal(true);
    damaged[100] = damaged.readUInt8(100) ^ 1;
    await writeFile(log, damaged);
    await start();
  });

  describe("refuses in Stardust's error shape", () => {
    const cases: [string, () => Uint8Array | object, number, RegExp][] = [
      ["too little work", () => withNonce(taggedBlock([GENESIS]), false), 400, /insufficient proof of work/],
      ["work left to the node", () => serializeBlock(taggedBlock([GENESIS], utf8ToBytes("1"))), 503, /not enabled/],
      [
        "an unknown parent",
        () => withNonce(taggedBlock([randomBytes(32)]), true),
        400,
        /parent 0x[0-9a-f]{64} is not known/,
      ],
      ["no parent", () => serializeBlock(taggedBlock([])), 400, /0 parents/],
      ["nine parents", () => serializeBlock(taggedBlock(Array.from({ length: 9 }, () => GENESIS))), 400, /9 parents/],
      ["a parent given twice", () => serializeBlock(taggedBlock([GENESIS, GENESIS])), 400, /not sorted/],
      ["unsorted parents", () => serializeBlock(taggedBlock([new Uint8Array(32).fill(1), GENESIS])), 400, /not sorted/],
      [
        "more than 32 KiB",
        () => serializeBlock(taggedBlock([GENESIS], new Uint8Array(32_768))),
        400,
        /more than 32768/,
      ],
      [
        "a byte too many",
        () => new Uint8Array([...serializeBlock(taggedBlock([GENESIS])), 0]),
        400,
        /1 bytes too many/,
      ],
      ["a byte too few", () => serializeBlock(taggedBlock([GENESIS])).subarray(0, -1), 400, /ends too early/],
      ["no bytes", () => new Uint8Array(), 400, /./],
      [
        "another protocol version",
        () => serializeBlock({ ...taggedBlock([GENESIS]), protocolVersion: 1 }),
        400,
        /version 1/,
      ],
      [
        "another payload",
        () => {
          const bytes = serializeBlock(taggedBlock([GENESIS]));
          bytes[2 + 32 + 4] = 6;
          return bytes;
        },
        400,
        /payload type 6/,
      ],
      ["JSON that is no block", () => ({ parents: "none" }), 400, /protocolVersion/],
    ];
    for (const [name, make, status, message] of cases) {
      it(name, async () => {
        const answer = await post(make());
        expect(answer.status).to.equal(status);
        expect(answer.body.error?.code).to.equal(String(status));
        expect(answer.body.error?.message).to.match(message);
        expect(await tips()).to.deep.equal([`0x${"00".repeat(32)}`]);
      });
    }

    it("unknown blocks, malformed ids and other routes", async () => {
      for (const [path, status] of [
        [`/api/core/v2/blocks/0x${"11".repeat(32)}`, 404],
        [`/api/core/v2/blocks/0x${"11".repeat(32)}/metadata`, 404],
        ["/api/core/v2/blocks/0x11", 400],
        ["/api/core/v2/milestones/by-index/1", 404],
      ] as const) {
        const answer = await answerOf(await fetch(`${server.url}${path}`));
        expect(answer.status, path).to.equal(status);
        expect(answer.body.error?.code, path).to.equal(String(status));
      }
    });
  });

  it("refuses a score that the protocol cannot carry", async () => {
    for (const minPowScore of [-1, 0.5, 2 ** 32]) {
      const error = await startTangleServer({ directory: directory.path, minPowScore }).catch(
        (caught: unknown) => caught,
      );
      expect(MedexError.is(error, "CONFIG_INVALID")).to.equal(true);
    }
  });
});
