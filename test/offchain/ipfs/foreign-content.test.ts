/** What others may have published: anything that hashes to its digest. */
import { randomBytes as randomBuffer } from "node:crypto";
import { pipeline } from "node:stream";
import * as dagCbor from "@ipld/dag-cbor";
import * as dagPb from "@ipld/dag-pb";
import { MedexError } from "@medexchain/core";
import { CODEC, type ContentStore, cidFromDigest, createContentStore } from "@medexchain/ipfs";
import { sha256 } from "@noble/hashes/sha2.js";
import { expect } from "chai";
import { importFile } from "ipfs-unixfs-importer";
import { fixedSize } from "ipfs-unixfs-importer/chunker";
import { create } from "kubo-rpc-client";
import { varint } from "multiformats";
import { CID } from "multiformats/cid";
import * as Digest from "multiformats/hashes/digest";
import type { RunningServer } from "../../../devnet/ipfs/index.ts";
import { countItems } from "../../../offchain/ipfs/count-items.ts";
import { unixfsCidOf } from "../../../offchain/ipfs/unixfs.ts";
import { openIpfs } from "../../world/servers.ts";
import { startHttpServer, tamperingProxy, temporaryDirectory } from "./support.ts";

const CHUNK = 262_144;
const randomBytes = (length: number): Uint8Array => new Uint8Array(randomBuffer(length));

const number = (value: number) => varint.encodeTo(value, new Uint8Array(varint.encodingLength(value)));

/** UnixFS Data of a node whose children have these sizes, with content of its own where given. */
function unixfsData(sizes: readonly number[], { inline, total }: { inline?: Uint8Array; total?: number } = {}) {
  const size = total ?? sizes.reduce((sum, each) => sum + each, inline?.length ?? 0);
  const data = inline ? [0x12, ...number(inline.length), ...inline] : [];
  return Uint8Array.from([
    0x08,
    2,
    ...data,
    0x18,
    ...number(size),
    ...sizes.flatMap((each) => [0x20, ...number(each)]),
  ]);
}

interface Child {
  readonly cid: CID;
  readonly size: number;
}

describe("content that others published", () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let server: RunningServer;
  let store: ContentStore;
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);

  before(async () => {
    directory = await temporaryDirectory();
    server = await openIpfs(directory.path);
    store = createContentStore({ url: server.url });
    process.on("unhandledRejection", note);
  });
  after(async () => {
    process.off("unhandledRejection", note);
    await server.close();
    await directory.remove();
  });
  afterEach(async () => {
    // The event comes after the microtasks of the turn in which a promise is rejected.
    await new Promise((resolve) => setImmediate(resolve));
    expect(unhandled).to.deep.equal([]);
  });

  const putBlock = (bytes: Uint8Array, codec: "raw" | "dag-pb" | "dag-cbor"): Promise<CID> =>
    create({ url: server.url }).block.put(bytes, { cidCodec: codec, mhtype: "sha2-256" } as object);
  const putLeaf = async (bytes: Uint8Array): Promise<Child> => ({
    cid: await putBlock(bytes, "raw"),
    size: bytes.length,
  });
  const putNode = async (children: readonly Child[], data?: Uint8Array): Promise<Child> => {
    const sizes = children.map(({ size }) => size);
    const links = children.map(({ cid, size }) => ({ Name: "", Tsize: size, Hash: cid }));
    const cid = await putBlock(dagPb.encode({ Data: data ?? unixfsData(sizes), Links: links }), "dag-pb");
    return { cid, size: sizes.reduce((sum, each) => sum + each, 0) };
  };
  const missing = (size: number): Child => ({
    cid: CID.createV1(CODEC.raw, Digest.create(0x12, randomBytes(32))),
    size,
  });
  const refusal = async (promise: Promise<unknown>): Promise<MedexError> => {
    const error = await promise.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (MedexError.is(error)) return error;
    throw error ?? new Error("it did not fail");
  };
  const isInvalid = async (root: CID): Promise<void> => {
    for (const content of [root, root.multihash.digest]) {
      for (const error of [await refusal(store.get(content)), await refusal(store.verify(content))]) {
        expect(error.code).to.equal("CONTENT_INVALID");
        expect(error.retriable).to.equal(false);
        expect(error.message).to.match(/\bbafy[a-z2-7]+/);
      }
    }
  };
  /** As `store`, through a proxy that counts the blocks asked for. */
  const counted = async (read: (store: ContentStore) => Promise<unknown>): Promise<number> => {
    let blocks = 0;
    const proxy = await tamperingProxy(
      () => server.url,
      (request, answer) => {
        if (request.url?.includes("block/get")) blocks += 1;
        return answer;
      },
    );
    await read(createContentStore({ url: proxy.url }));
    await proxy.close();
    return blocks;
  };

  it("is laid out as Kubo's importer does, at every border of the layout", async () => {
    for (const size of [CHUNK * 4 + 1, CHUNK * 174, CHUNK * 174 + 1, CHUNK * 176]) {
      const bytes = new Uint8Array(size).fill(size % 251);
      const { cid } = await importFile(
        { content: bytes },
        { put: async (key: CID) => key },
        {
          profile: "unixfs-v0-2015",
          cidVersion: 1,
          rawLeaves: true,
          chunker: fixedSize({ chunkSize: CHUNK }),
        },
      );
      expect(unixfsCidOf(bytes).toString(), `${size} bytes`).to.equal(cid.toString());
    }
  });

  it("is read back where it has two levels of nodes", async () => {
    const bytes = dagCbor.encode(randomBytes(CHUNK * 175));
    const maxBytes = 64 * 1_048_576;
    const { digest } = await store.put(bytes, { maxBytes });
    expect(Buffer.from(await store.get(digest, { maxBytes })).equals(bytes)).to.equal(true);
    expect(await store.verify(digest, { maxBytes })).to.equal(bytes.length);
  });

  it("with leaves missing below two levels is refused, and leaves no promise behind", async () => {
    const there = await putLeaf(randomBytes(100));
    const nodes = await Promise.all(Array.from({ length: 3 }, () => putNode([there, missing(100), missing(100)])));
    await isInvalid((await putNode(nodes)).cid);
  });

  it("in the right layout with leaves missing is not found, and the other fetches end first", async () => {
    const leaf = await putLeaf(randomBytes(CHUNK));
    const root = await putNode([leaf, missing(CHUNK), missing(CHUNK), leaf, missing(CHUNK)]);
    expect((await refusal(store.get(root.cid))).code).to.equal("CONTENT_NOT_FOUND");
  });

  it("is refused by its root where it is in other leaves than ours, deeper, inline, sparse or too short", async () => {
    const byte = await putLeaf(new Uint8Array(1));
    const leaf = await putLeaf(randomBytes(CHUNK));
    const empty = await putLeaf(new Uint8Array());
    let bomb: Child = byte;
    for (let depth = 0; depth < 3; depth++) bomb = await putNode(Array.from({ length: 170 }, () => bomb));
    const roots = [
      bomb,
      await putNode([leaf, leaf, leaf, byte]), // under 1 MiB: we write that as one block
      await putNode([leaf, leaf, leaf, leaf, byte, leaf]),
      await putNode([leaf, leaf, leaf, leaf, byte, empty]),
      await putNode([leaf, leaf, leaf, leaf], unixfsData([CHUNK, CHUNK, CHUNK, CHUNK], { inline: new Uint8Array(9) })),
      await putNode([leaf, leaf, leaf, leaf], unixfsData([CHUNK, CHUNK, CHUNK, CHUNK], { total: CHUNK * 4 + 1 })),
      await putNode([leaf, leaf, leaf, leaf, byte], Uint8Array.of(0x08, 1)), // a directory
      await putNode([await putNode([leaf, leaf, leaf, leaf]), await putNode([byte])]),
      await putNode([leaf, leaf, leaf, leaf, { cid: CID.createV1(CODEC.dagCbor, byte.cid.multihash), size: 1 }]),
    ];
    for (const { cid } of roots) await isInvalid(cid);
    expect(await counted((through) => refusal(through.get(bomb.cid)))).to.equal(1);
  });

  it("is refused where a leaf is shorter or longer than its place", async () => {
    const leaf = await putLeaf(randomBytes(CHUNK));
    for (const length of [CHUNK - 1, CHUNK + 1]) {
      const wrong = { ...(await putLeaf(randomBytes(length))), size: CHUNK };
      await isInvalid((await putNode([leaf, wrong, leaf, leaf, leaf])).cid);
    }
  });

  it("is refused where it is one block larger than a block may be", async () => {
    const bytes = dagCbor.encode(new Uint8Array(1_200_000));
    const large = await startHttpServer((_request, response) => void response.end(bytes));
    const error = await refusal(createContentStore({ url: large.url }).get(sha256(bytes)));
    await large.close();
    expect(error.code).to.equal("CONTENT_INVALID");
  });

  it("is refused, undecoded, where it is not DAG-CBOR or has more parts than any document", async () => {
    const lists = new Uint8Array(1_000_005).fill(0x80); // a list of a million empty lists
    lists.set([0x9a, 0x00, 0x0f, 0x42, 0x40]);
    const truncated = Uint8Array.of(0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1);
    const indefinite = Uint8Array.of(0x9f, 0x01, 0xff);
    for (const bytes of [lists, truncated, indefinite]) {
      const { multihash } = await putBlock(bytes, "raw");
      expect((await refusal(store.get(multihash.digest))).code).to.equal("CONTENT_INVALID");
    }
    expect((await refusal(store.put(lists))).code).to.equal("INPUT_INVALID");
  });

  it("counts its parts as its decoder finds them", () => {
    const document = {
      numbers: [0, 23, 24, -25, 255, 256, 65_536, 4_294_967_296, 1.5, null, true],
      strings: ["", "a".repeat(30), new Uint8Array(70_000), cidFromDigest(randomBytes(32))],
    };
    // The object, 2 keys, 2 lists, 11 and 4 values, and the bytes under the tag of the CID.
    expect(countItems(dagCbor.encode(document), 100)).to.equal(21);
    expect(countItems(dagCbor.encode(document), 10)).to.equal(11);
    const bytes = dagCbor.encode(document);
    expect(countItems(bytes.subarray(0, -1), 100)).to.equal(undefined);
  });

  it("costs no more than a block's length where a node answers without end", async () => {
    let sent = 0;
    const parts = function* () {
      for (; sent < 64 * 1_048_576; sent += 65_536) yield new Uint8Array(65_536);
    };
    const endless = await startHttpServer((_request, response) => {
      pipeline(parts, response, () => {}); // it ends when the reader hangs up
    });
    const error = await refusal(createContentStore({ url: endless.url }).get(randomBytes(32)));
    await endless.close();
    expect(error.code).to.equal("CONTENT_MISMATCH");
    expect(sent).to.be.lessThan(32 * 1_048_576); // what it read, and what was under way
  });

  it("is given up with all its fetches when the caller goes", async () => {
    const { digest } = await store.put(dagCbor.encode(randomBytes(5 * CHUNK)));
    const caller = new AbortController();
    let open = 0;
    const closed: Promise<void>[] = [];
    const silent = await startHttpServer(async (request, response) => {
      const [, arg] = request.url?.split("arg=") ?? [];
      const cid = CID.parse(arg ?? "");
      if (cid.code !== CODEC.raw) {
        response.end(await create({ url: server.url }).block.get(cid));
        return;
      }
      // A leaf: it never comes. Once all are asked for, the caller goes.
      closed.push(new Promise((resolve) => response.once("close", resolve)));
      open += 1;
      if (open === 6) caller.abort(new Error("the caller hung up"));
    });
    const reading = createContentStore({ url: silent.url }).get(digest, { signal: caller.signal });
    await reading.then(
      () => expect.fail("it did not fail"),
      (error: unknown) => expect(error).to.equal(caller.signal.reason),
    );
    await Promise.all(closed); // every connection was ended by the reader
    await silent.close();
    expect(closed).to.have.length(6);
    await store.get(digest, { signal: caller.signal }).then(
      () => expect.fail("it did not fail"),
      (error: unknown) => expect(error).to.equal(caller.signal.reason),
    );
  });

  it("has one deadline over all its blocks", async () => {
    const { digest } = await store.put(dagCbor.encode(randomBytes(80 * CHUNK)));
    // A slow node is what it is about. Each leaf comes well within the time of one call; all of them together do not within their own.
    const slow = await tamperingProxy(
      () => server.url,
      async (request, answer) => {
        if (request.url?.includes("block/get")) await new Promise((resolve) => setTimeout(resolve, 500));
        return answer;
      },
    );
    const error = await refusal(createContentStore({ url: slow.url, timeoutMs: 2000 }).get(digest));
    await slow.close();
    expect([error.code, error.retriable]).to.deep.equal(["SERVICE_UNREACHABLE", true]);
  });

  it("is another node's fault where the bytes are not what was asked for", async () => {
    const other = await startHttpServer((_request, response) => void response.end("other bytes"));
    const error = await refusal(createContentStore({ url: other.url }).get(cidFromDigest(randomBytes(32))));
    await other.close();
    expect([error.code, error.retriable]).to.deep.equal(["CONTENT_MISMATCH", true]);
  });
});
