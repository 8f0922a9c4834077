import type { FragmentDecryptor, ProfileName } from "@medexchain/bfv";
import { encodeObject, MedexError, sha256 } from "@medexchain/core";
import { type ContentStore, createContentStore } from "@medexchain/ipfs";
import { concatBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { itemHeader, readItems } from "../../../offchain/actors/byte-items.ts";
import {
  createFragmentWriter,
  decryptParts,
  fetchFragment,
  ipfsOutput,
  readFragment,
  sequenceOutput,
  verifyFragment,
} from "../../../offchain/actors/fragment-parts.ts";
import { encodeFragmentPieces, type FragmentPieces } from "../../../offchain/actors/fragment-pieces.ts";
import { messageOutput, openPrivateMessage } from "../../../offchain/actors/private-message.ts";
import { openIpfs } from "../../world/servers.ts";
import { temporaryDirectory } from "../ipfs/support.ts";

const PART = 1000;
const fileOf = (piece: number, length = 400): Uint8Array => new Uint8Array(length).fill(piece);
const piecesOf = (count: number): [number, Uint8Array][] =>
  // Every third piece has nothing.
  Array.from({ length: count }, (_, i): [number, Uint8Array] => [i, fileOf(i)]).filter(([piece]) => piece % 3 !== 1);

async function* inBits(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += length) yield bytes.subarray(start, start + length);
}

async function all(parts: AsyncIterable<FragmentPieces>): Promise<(readonly [number, Uint8Array])[]> {
  return (await Array.fromAsync(parts)).flat();
}

async function failure(call: () => Promise<unknown>): Promise<MedexError> {
  try {
    await call();
  } catch (error) {
    if (MedexError.is(error)) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

/** A fragment as a file has it. */
async function written(
  pieces: readonly (readonly [number, Uint8Array])[],
  outputOf: (write: (bytes: Uint8Array) => Promise<void>) => ReturnType<typeof sequenceOutput> = sequenceOutput,
): Promise<Uint8Array> {
  const bytes: Uint8Array[] = [];
  const writer = createFragmentWriter(
    outputOf(async (part) => void bytes.push(part.slice())),
    PART,
  );
  for (const [piece, file] of pieces) await writer.add(piece, file);
  await writer.end();
  return concatBytes(...bytes);
}

describe("a fragment in parts", () => {
  it("is the document that it ever was while it has one part, also with nothing in it", async () => {
    for (const count of [0, 1, 2]) {
      expect(await written(piecesOf(count))).to.deep.equal(encodeFragmentPieces(piecesOf(count)));
    }
  });

  it("comes back from a file of any length, in whatever bits it is read", async () => {
    for (const count of [0, 1, 3, 4, 5, 40]) {
      const bytes = await written(piecesOf(count));
      for (const bit of [1, 7, 999, bytes.length]) {
        expect(await all(readFragment(inBits(bytes, bit)))).to.deep.equal(piecesOf(count));
      }
    }
  });

  it("is refused when it is cut off anywhere, or what follows is no item", async () => {
    const bytes = await written(piecesOf(10));
    const first = itemHeader(bytes.length).length;
    for (const length of [1, first + 1, bytes.length - 1]) {
      const { code } = await failure(() => all(readFragment(inBits(bytes.subarray(0, length), 100))));
      expect(code).to.equal("FRAGMENT_INVALID");
    }
    const followed = concatBytes(bytes, encodeObject({ v: 1 }));
    expect((await failure(() => all(readFragment(inBits(followed, 100))))).code).to.equal("FRAGMENT_INVALID");
    expect((await failure(() => all(readFragment(inBits(new Uint8Array(), 1))))).code).to.equal("FRAGMENT_INVALID");
  });

  it("is no document beyond the longest that there is, however much comes", async () => {
    const megabytes = new Uint8Array(32 * 1_048_576).fill(0xa3);
    let given = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (; given < 1_000; given += 1) yield megabytes;
    }
    const error = await failure(() => readItems(endless(), "the fragment", "FRAGMENT_INVALID"));
    expect(error.message).to.contain("is too long");
    expect(given).to.be.lessThan(10);
  });

  it("has items in their shortest form only, and none that is longer than any piece", async () => {
    const code = "FRAGMENT_INVALID";
    for (const header of [[0x58, 5], [0x59, 0, 200], [0x5a, 0xff, 0, 0, 0], [0x5b, 0, 0, 0, 0, 0, 0, 0, 1], [0x5f]]) {
      const bytes = concatBytes(Uint8Array.from(header), new Uint8Array(300));
      const error = await failure(async () => {
        const read = await readItems(inBits(bytes, 50), "the fragment", code);
        if ("items" in read) await Array.fromAsync(read.items);
      });
      expect(error.code).to.equal(code);
    }
    for (const length of [0, 23, 24, 255, 256, 65_535, 65_536]) {
      const read = await readItems(inBits(concatBytes(itemHeader(length), new Uint8Array(length)), 999), "it", code);
      if (!("items" in read)) throw new Error("it is a sequence");
      expect((await Array.fromAsync(read.items)).map((item) => item.length)).to.deep.equal([length]);
    }
  });

  it("brings a doctor the profile before the parts, in one document or many", async () => {
    for (const count of [1, 30]) {
      const bytes = await written(piecesOf(count), (write) => messageOutput("compact", write));
      const { profile, parts } = await openPrivateMessage(inBits(bytes, 333));
      expect(profile).to.equal("compact" satisfies ProfileName);
      expect(await all(parts)).to.deep.equal(piecesOf(count));
    }
    const { code } = await failure(async () => openPrivateMessage(inBits(await written(piecesOf(30)), 333)));
    expect(code).to.equal("TANGLE_MESSAGE_INVALID");
  });

  it("is decrypted in the order of its pieces, and refused out of it or beyond the record", async () => {
    const decryptor: FragmentDecryptor = {
      decrypt: (file) => [{ index: file[0] ?? 0, value: file }],
      [Symbol.dispose]: () => undefined,
    };
    const decrypt = (pieces: readonly [number, Uint8Array][], count: number) =>
      Array.fromAsync(decryptParts(decryptor, fromList([pieces]), count));
    expect((await decrypt(piecesOf(6), 6)).map(([piece]) => piece)).to.deep.equal([0, 2, 3, 5]);
    for (const [pieces, count] of [
      [piecesOf(6), 5],
      [
        [
          [1, fileOf(1)],
          [1, fileOf(1)],
        ],
        5,
      ],
      [
        [
          [2, fileOf(2)],
          [1, fileOf(1)],
        ],
        5,
      ],
    ] as [[number, Uint8Array][], number][]) {
      expect((await failure(() => decrypt(pieces, count))).code).to.equal("FRAGMENT_INVALID");
    }
  });

  describe("on IPFS", () => {
    let ipfs: { url: string; close(): Promise<void> };
    let store: ContentStore;
    let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
    before(async () => {
      directory = await temporaryDirectory();
      ipfs = await openIpfs(directory.path);
      store = createContentStore({ url: ipfs.url });
    });
    after(async () => {
      await ipfs.close();
      await directory.remove();
    });
    const put = async (pieces: readonly (readonly [number, Uint8Array])[]) => {
      const { output, stored } = ipfsOutput(store);
      const writer = createFragmentWriter(output, PART);
      for (const [piece, file] of pieces) await writer.add(piece, file);
      await writer.end();
      return stored();
    };

    it("comes back, and one part is stored as it ever was", async () => {
      for (const count of [0, 1, 40]) {
        const { digest, length } = await put(piecesOf(count));
        expect(await all(fetchFragment(store, digest))).to.deep.equal(piecesOf(count));
        expect(await verifyFragment(store, digest)).to.equal(length);
        if (count < 2) expect(digest).to.deep.equal(sha256(encodeFragmentPieces(piecesOf(count))));
      }
    });

    it("is fetched no further than to its limit, however many parts its author lists", async () => {
      const { digest, length } = await put(piecesOf(40));
      expect(await all(fetchFragment(store, digest, length))).to.deep.equal(piecesOf(40));
      expect(await verifyFragment(store, digest, length)).to.equal(length);
      const parts = fetchFragment(store, digest, length - 1);
      let taken = 0;
      const error = await failure(async () => {
        for await (const part of parts) taken += part.length;
      });
      expect(error.code).to.equal("FRAGMENT_INVALID");
      expect(taken).to.be.greaterThan(0).and.lessThan(piecesOf(40).length);
      expect((await failure(() => verifyFragment(store, digest, length - 1))).code).to.equal("FRAGMENT_INVALID");
    });

    it("is found wanting when a part is not there", async () => {
      const missing = sha256(crypto.getRandomValues(new Uint8Array(32)));
      const { digest: first } = await put(piecesOf(1));
      const { digest } = await store.put(encodeObject({ v: 2, parts: [first, missing] }));
      expect((await failure(() => verifyFragment(store, digest))).code).to.equal("CONTENT_NOT_FOUND");
      expect((await failure(() => all(fetchFragment(store, digest)))).code).to.equal("CONTENT_NOT_FOUND");
    });

    it("is refused when its list names one part, one of them twice, or something else than parts", async () => {
      const { digest: part } = await put(piecesOf(1));
      for (const list of [
        { v: 2, parts: [part] },
        { v: 2, parts: [part, part] },
        { v: 2, parts: [part, part.subarray(1)] },
        { v: 3, parts: [] },
      ]) {
        const { digest } = await store.put(encodeObject(list));
        expect((await failure(() => all(fetchFragment(store, digest)))).code).to.equal("FRAGMENT_INVALID");
        if (list.v === 2) {
          expect((await failure(() => verifyFragment(store, digest))).code).to.equal("FRAGMENT_INVALID");
        }
      }
    });
  });
});

async function* fromList<T>(items: readonly T[]): AsyncGenerator<T, void, undefined> {
  yield* items;
}
