import { MedexError } from "@medexchain/core";
import type { ContentStore, ReadOptions } from "@medexchain/ipfs";
import { encodePartial, initCurve, type PublishedPartial, randomMessage, type SealedReKey } from "@medexchain/pre";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { fetchPartials } from "../../../offchain/actors/fetch-partials.ts";
import { refusesAsync } from "../pre/support/refuses.ts";

const NONE: ReadonlySet<number> = new Set();

describe("fetching the partials of k relayers", () => {
  const requestId = randomBytes(32);
  const epoch = 5n;
  const indices = [1, 2, 5, 9, 10];
  let partials: PublishedPartial[];
  let sealed: SealedReKey;

  before(async () => {
    await initCurve();
    partials = indices.map((index) => ({ requestId, epoch, index, partial: randomMessage() }));
    sealed = sealedOf(partials.map(encodePartial));
  });

  /** A sealed key that commits to these bytes; its elements are of no account here. */
  const sealedOf = (published: readonly Uint8Array[], threshold = 3): SealedReKey => ({
    requestId,
    epoch,
    C3: new Uint8Array(96) as SealedReKey["C3"],
    C4: new Uint8Array(576) as SealedReKey["C4"],
    indices,
    digests: published.map((bytes) => sha256(bytes)),
    threshold,
    shares: new Uint8Array(32),
  });

  /** A store that has what these relayers published, and does what it is told with others; `asked` are the indices in order. */
  function storeOf(
    relayers: readonly number[],
    otherwise: (options: ReadOptions) => Promise<Uint8Array> = async () => {
      throw new MedexError("CONTENT_NOT_FOUND", "it is not there");
    },
  ) {
    const asked: number[] = [];
    const get = async (content: unknown, options: ReadOptions = {}): Promise<Uint8Array> => {
      const at = sealed.digests.findIndex((digest) => bytesToHex(digest) === bytesToHex(content as Uint8Array));
      const index = indices[at]!;
      asked.push(index);
      return relayers.includes(index) ? encodePartial(partials[at]!) : otherwise(options);
    };
    return { store: { get } as Pick<ContentStore, "get"> as ContentStore, asked }; // nothing else is called
  }

  it("asks those who say that theirs is out, and nobody else when they have k", async () => {
    const { store, asked } = storeOf(indices);
    const found = await fetchPartials(store, sealed, { signers: new Set([2, 9, 10]) });
    expect(found.map(({ index }) => index)).to.deep.equal([2, 9, 10]);
    expect(asked.toSorted((one, other) => one - other)).to.deep.equal([2, 9, 10]);
    expect(found.map(({ partial }) => partial)).to.deep.equal([1, 3, 4].map((at) => partials[at]!.partial));
  });

  it("asks any others of the n in the place of those that do not come, and gives them in order", async () => {
    const { store, asked } = storeOf([1, 5, 10]);
    const found = await fetchPartials(store, sealed, { signers: new Set([9, 10, 2]) });
    expect(found.map(({ index }) => index)).to.deep.equal([1, 5, 10]);
    expect(asked).to.have.length(5);
  });

  it("waits for none longer than its own deadline", async () => {
    const hang = ({ signal }: ReadOptions) =>
      new Promise<Uint8Array>((_, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason));
      });
    const { store } = storeOf([1, 5, 9], hang);
    const found = await fetchPartials(store, sealed, { signers: new Set([2, 10, 1]), timeoutMs: 5 });
    expect(found.map(({ index }) => index)).to.deep.equal([1, 5, 9]);
  });

  it("says whose are missing when fewer than k come", async () => {
    const { store, asked } = storeOf([5, 9]);
    const fetching = fetchPartials(store, sealed, { signers: NONE });
    await refusesAsync(fetching, "PARTIALS_MISSING", "only 2 of the 3");
    await refusesAsync(fetchPartials(store, sealed, { signers: NONE }), "PARTIALS_MISSING", "relayers 1, 2, 10");
    expect(asked).to.have.length(10);
  });

  it("says that the node is down when it is", async () => {
    const { store } = storeOf([], async () => {
      throw new MedexError("SERVICE_UNREACHABLE", "the node does not answer");
    });
    await refusesAsync(fetchPartials(store, sealed, { signers: NONE }), "SERVICE_UNREACHABLE", "does not answer");
  });

  it("blames who sealed the key for what is under a digest and is not that relayer's partial of this request", async () => {
    const first = partials[0]!;
    const wrong: Uint8Array[] = [
      new Uint8Array(10),
      encodePartial({ ...first, index: 2 }),
      encodePartial({ ...first, epoch: 6n }),
      encodePartial({ ...first, requestId: randomBytes(32) }),
    ];
    for (const bytes of wrong) {
      const committed = sealedOf([bytes, ...partials.slice(1).map(encodePartial)]);
      const get = async (digest: unknown) =>
        digest === committed.digests[0] ? bytes : encodePartial(partials[committed.digests.indexOf(digest as never)]!);
      const store = { get } as Pick<ContentStore, "get"> as ContentStore; // as above
      const fetching = fetchPartials(store, committed, { signers: new Set([1]) });
      await refusesAsync(fetching, "PRE_DEALING_INVALID", "relayer 1");
    }
  });
});
