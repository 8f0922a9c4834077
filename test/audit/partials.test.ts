import type { Finding } from "@medexchain/audit";
import { fromHex32, type Hex32, toHex32 } from "@medexchain/chain";
import { type ContentStore, createContentStore } from "@medexchain/ipfs";
import {
  checkCiphertext,
  type Dealing,
  dealShares,
  encodeDispute,
  encodePartial,
  encodeSealedReKey,
  type Partial,
  partialDigest,
  partialReEncrypt,
  provePartial,
  sealShares,
} from "@medexchain/pre";
import { sha256 } from "@noble/hashes/sha2.js";
import { expect } from "chai";
import { type RunningServer, startIpfsServer } from "../../devnet/ipfs/index.ts";
import { temporaryDirectory } from "../relayer/support/directory.ts";
import { makeWorld, type Published, publish, type World } from "../world/crypto.ts";
import { type ByHand, people, startByHand } from "./support/by-hand.ts";
import { audit, sourceOf } from "./support/history.ts";

const [INDICES, THRESHOLD] = [[1, 2, 3], 2] as const;

/** A request whose key is sealed as it should be, or as a test makes it. */
interface Sealed {
  readonly requestId: Hex32;
  readonly context: { readonly requestId: Uint8Array; readonly epoch: bigint };
  readonly dealing: Dealing;
  /** What the shares make. */
  readonly partials: readonly Partial[];
}

describe("audit of what relayers re-encrypted and firewalls dealt", () => {
  let byHand: ByHand;
  let world: World;
  let record: Published;
  let recordId: Hex32;
  let store: ContentStore;
  const stack = new AsyncDisposableStack();

  before(async function () {
    this.timeout(120_000);
    const directory = stack.use(await temporaryDirectory());
    const server: RunningServer = await startIpfsServer({ directory: directory.path });
    stack.defer(() => server.close());
    store = createContentStore({ url: server.url });
    byHand = stack.use(await startByHand());
    world = await makeWorld("audit of partials", { indices: INDICES, threshold: THRESHOLD });
    record = await publish(world);
    recordId = await byHand.anchor(people.owner, await put(record.capsule));
  });
  after(() => stack.disposeAsync());

  const put = async (bytes: Uint8Array): Promise<Hex32> => toHex32((await store.put(bytes)).digest);

  /** Asks for the record, and approves: `commit` is what the firewall commits to in place of the partials that its shares make. */
  async function seal(
    commit: (partials: readonly Partial[]) => readonly Partial[] = (partials) => partials,
    epochOf: (epoch: bigint) => bigint = (epoch) => epoch,
  ): Promise<Sealed> {
    const asked = await byHand.ask(recordId);
    await byHand.deliver(asked);
    const epoch = epochOf(await byHand.chainA.relayers.epoch());
    const context = { requestId: fromHex32(asked.requestId), epoch };
    const { c1 } = record.ciphertext;
    // Any point of G1 can be dealt: nobody opens this record.
    const input = { ...context, rk1: record.ownerKey, c1, threshold: THRESHOLD, indices: INDICES };
    const dealing = dealShares(input, world.random);
    const ciphertext = checkCiphertext(record.ciphertext);
    const partials = dealing.shares.map((share) => partialReEncrypt(share, ciphertext));
    const digests = commit(partials).map(({ index, partial }) => partialDigest(context, index, partial));
    const shares = await sealShares(dealing, context, world.group.relayers, world.random);
    await put(shares);
    const key = { C3: c1, C4: record.m, indices: INDICES, threshold: THRESHOLD, digests, shares: sha256(shares) };
    await byHand.authorize(asked.requestId, await put(encodeSealedReKey({ ...context, ...key })));
    return { requestId: asked.requestId, context, dealing: { ...dealing, digests }, partials };
  }

  const publishPartials = async ({ context }: Sealed, partials: readonly Partial[]): Promise<void> => {
    for (const partial of partials) await put(encodePartial({ ...context, ...partial }));
  };
  /** The relayers of the indices 1 and 2 say that their partials are out, and the answer is carried. */
  const answer = async ({ requestId }: Sealed): Promise<void> => {
    await byHand.reEncrypt(requestId);
    await byHand.answer(requestId);
  };
  /** A relayer's proof of a partial of its, as evidence on IPFS. */
  const prove = async (sealed: Sealed, partial: Partial): Promise<Hex32> => {
    const share = sealed.dealing.shares.find(({ index }) => index === partial.index)!;
    const subject = {
      ...sealed.context,
      ciphertext: checkCiphertext(record.ciphertext),
      commitments: sealed.dealing,
    };
    const proof = provePartial(share, partial, subject, world.random(32));
    return put(encodeDispute({ ...sealed.context, ...partial, proof }));
  };
  /** What an audit finds of the content of a request's re-encryption. */
  const findingsOf = async ({ requestId }: Sealed): Promise<Finding[]> => {
    const { chainA, chainB } = byHand;
    const sources = [sourceOf("a", chainA.deployment), sourceOf("b", chainB.deployment)];
    const { findings } = await audit(sources, { storage: { store, partials: true } });
    return findings.filter(
      ({ code, where }) => where.requestId === requestId && /^(PARTIAL|DEALING|DISPUTE)/.test(code),
    );
  };
  const codesOf = async (sealed: Sealed): Promise<string[]> => (await findingsOf(sealed)).map(({ code }) => code);
  /** The partials of a dealing, of which one is another element. */
  const withWrong = (wrong: number) => (partials: readonly Partial[]) =>
    partials.map((each) => (each.index === wrong ? { ...each, partial: record.m } : each));

  it("passes where all partials are out, or as many as open, with all who signed among them", async () => {
    const all = await seal();
    await publishPartials(all, all.partials);
    await answer(all);
    expect(await codesOf(all)).to.deep.equal([]);
    const enough = await seal();
    await publishPartials(enough, enough.partials.slice(0, 2));
    await answer(enough);
    expect(await codesOf(enough)).to.deep.equal([]);
  });

  it("names the relayer that signed and published nothing, and says whether the record opens without it", async () => {
    const sealed = await seal();
    await publishPartials(sealed, sealed.partials.slice(1));
    await answer(sealed);
    const [missing, ...others] = await findingsOf(sealed);
    expect([missing?.code, others]).to.deep.equal(["PARTIAL_MISSING", []]);
    expect(missing?.evidence.expected).to.include(`relayer 1, ${people.relayers[0]!.address.toLowerCase()}`);
    const none = await seal();
    await publishPartials(none, none.partials.slice(2));
    await answer(none);
    expect(await codesOf(none)).to.deep.equal(["PARTIAL_MISSING", "PARTIAL_MISSING", "PARTIALS_TOO_FEW"]);
  });

  it("blames the firewall for partials that are not of one dealing, or none, where more than k are there", async () => {
    const sealed = await seal(withWrong(3));
    await publishPartials(sealed, withWrong(3)(sealed.partials));
    await answer(sealed);
    expect(await codesOf(sealed)).to.deep.equal(["DEALING_WRONG"]);
    // What it commits to as the partial of the third is that of the second.
    const borrowed = await seal((partials) => [...partials.slice(0, 2), partials[1]!]);
    await publishPartials(borrowed, borrowed.partials);
    await answer(borrowed);
    expect(await codesOf(borrowed)).to.deep.equal(["DEALING_WRONG"]);
  });

  it("finds a key that is sealed for another epoch than the owner approved for", async () => {
    const sealed = await seal(undefined, (epoch) => epoch + 1n);
    await publishPartials(sealed, sealed.partials);
    await answer(sealed);
    expect(await codesOf(sealed)).to.deep.equal(["DEALING_WRONG"]);
  });

  it("proves a dispute of what the firewall committed to, by pairings, though nothing was granted", async () => {
    const sealed = await seal(withWrong(3));
    await byHand.dispute(people.relayers[2]!, sealed.requestId, await prove(sealed, sealed.partials[2]!));
    const [proven, ...others] = await findingsOf(sealed);
    expect([proven?.code, others]).to.deep.equal(["DISPUTE_PROVEN", []]);
    expect(proven?.message).to.include(people.relayers[2]!.address.toLowerCase());
  });

  it("finds a dispute unfounded whose proof does not hold, that proves what was committed to, or that is another's", async () => {
    const right = await seal();
    const [, , third] = right.partials;
    await byHand.dispute(people.relayers[2]!, right.requestId, await prove(right, third!));
    expect(await codesOf(right), "what was committed to").to.deep.equal(["DISPUTE_UNFOUNDED"]);
    const lied = await seal();
    const lie = { index: 3, partial: record.m };
    await byHand.dispute(people.relayers[2]!, lied.requestId, await prove(lied, lie));
    expect(await codesOf(lied), "another element").to.deep.equal(["DISPUTE_UNFOUNDED"]);
    const wronged = await seal(withWrong(3));
    const evidence = await prove(wronged, wronged.partials[2]!);
    await byHand.dispute(people.relayers[1]!, wronged.requestId, evidence);
    expect(await codesOf(wronged), "another's").to.deep.equal(["DISPUTE_UNFOUNDED"]);
  });
});
