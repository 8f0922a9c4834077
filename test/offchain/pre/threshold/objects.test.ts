import { decode, encode } from "@ipld/dag-cbor";
import { CONTENT_LIMITS } from "@medexchain/ipfs";
import {
  type Dispute,
  encodeDispute,
  encodePartial,
  encodeRelayerKey,
  encodeSealedReKey,
  generateRelayerKeyPair,
  isCommittedShare,
  MAX_SHARES,
  namesInSealedReKey,
  openShare,
  type PublishedPartial,
  parseDispute,
  parsePartial,
  parseRelayerKey,
  parseSealedReKey,
  parseSealedShares,
  partialDigest,
  provePartial,
  type RelayerKeyPair,
  relayerKeyPairOf,
  type SealedReKey,
  sealShares,
} from "@medexchain/pre";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { makeWorld, type World } from "../../../world/crypto.ts";
import { xWingOpen, xWingPublicKey } from "../support/hpke.ts";
import { Fp12, G1, toG1, toGt } from "../support/noble.ts";
import { refuses, refusesAsync } from "../support/refuses.ts";
import { type Dealt, deal } from "./dealt.ts";

type Fields = Record<string, unknown>;

/** What nobody may take for such an object, made of one: fields missing, added and of other kinds, and bytes cut, added and replaced. */
function* hostile(bytes: Uint8Array): Generator<readonly [what: string, bytes: Uint8Array]> {
  const fields = decode<Fields>(bytes);
  for (const [name, value] of Object.entries(fields)) {
    const { [name]: _, ...without } = fields;
    yield [`without ${name}`, encode(without)];
    const others = [null, "text", -1, 1.5, [], {}, new Uint8Array(0)];
    for (const other of others) yield [`${name} = ${JSON.stringify(other)}`, encode({ ...fields, [name]: other })];
    if (value instanceof Uint8Array) yield [`${name} cut`, encode({ ...fields, [name]: value.slice(1) })];
  }
  yield ["an extra field", encode({ ...fields, extra: 1 })];
  yield ["another version", encode({ ...fields, v: 7 })];
  yield ["cut", bytes.slice(0, -1)];
  yield ["doubled", concatBytes(bytes, bytes)];
  yield ["nothing", new Uint8Array(0)];
  yield ["not CBOR", new Uint8Array(100).fill(0xff)];
  yield ["a list", encode([1, 2, 3])];
  yield ["keys in another order", reordered(fields)];
}

/** The same map with its first key last: CBOR, but not the canonical one. */
function reordered(fields: Fields): Uint8Array {
  const [first, ...rest] = Object.keys(decode<Fields>(encode(fields))).toSorted(
    (a, b) => a.length - b.length || (a < b ? -1 : 1),
  );
  const entries = [...rest, first!].flatMap((key) => [encode(key), encode(fields[key])]);
  return concatBytes(Uint8Array.of(0xa0 | (rest.length + 1)), ...entries);
}

/** The same of an object whose fields are in a list. */
function* hostileList(bytes: Uint8Array): Generator<readonly [what: string, bytes: Uint8Array]> {
  const items = decode<unknown[]>(bytes);
  for (const [at, value] of items.entries()) {
    yield [`without item ${at}`, encode(items.toSpliced(at, 1))];
    const others = [null, "text", -1, 1.5, [], {}, new Uint8Array(0)];
    for (const other of others) yield [`item ${at} = ${JSON.stringify(other)}`, encode(items.with(at, other))];
    if (value instanceof Uint8Array) yield [`item ${at} cut`, encode(items.with(at, value.slice(1)))];
  }
  yield ["an extra item", encode([...items, 1])];
  yield ["another version", encode(items.with(0, 7))];
  yield ["cut", bytes.slice(0, -1)];
  yield ["doubled", concatBytes(bytes, bytes)];
  yield ["nothing", new Uint8Array(0)];
  yield ["in another list", encode([items])];
  // A list's length of one byte more than it takes.
  yield ["not in its shortest form", concatBytes(Uint8Array.of(0x98, items.length), bytes.subarray(1))];
}

describe("pre: what is published of a re-encryption by k of n", () => {
  let world: World;
  let dealt: Dealt;
  let keys: RelayerKeyPair[];
  let partial: PublishedPartial;
  let dispute: Dispute;
  let reKey: SealedReKey;

  const context = () => ({ requestId: dealt.expected.requestId, epoch: dealt.expected.epoch });
  const recipients = (pairs = keys) =>
    pairs.map(({ publicKey }, at) => ({ index: dealt.dealing.indices[at]!, sealingKey: publicKey }));
  const seal = (pairs = keys) => sealShares(dealt.dealing, context(), recipients(pairs), world.random);

  before(async () => {
    world = await makeWorld();
    dealt = deal(world, 2, [1, 4, 300]);
    keys = [];
    for (const _ of dealt.dealing.indices) keys.push(await generateRelayerKeyPair(world.random));
    partial = { ...context(), ...dealt.partialsOf([4])[0]! };
    const share = dealt.dealing.shares[1]!;
    const subject = { ...context(), ciphertext: dealt.ciphertext, commitments: dealt.dealing };
    dispute = { ...partial, proof: provePartial(share, partial, subject, world.random(32)) };
    const { indices, digests } = dealt.dealing;
    const shares = sha256(await seal());
    reKey = { ...context(), C3: dealt.reKey.rk2, C4: dealt.reKey.rk3, indices, digests, threshold: 2, shares };
  });

  describe("a partial", () => {
    it("is DAG-CBOR of the fields in a list, reads back the same, and is found under the digest committed to", () => {
      const bytes = encodePartial(partial);
      expect(bytes).to.deep.equal(encode([2, partial.requestId, 7, 4, partial.partial]));
      expect(parsePartial(bytes)).to.deep.equal(partial);
      expect(sha256(bytes)).to.deep.equal(dealt.dealing.digests[1]);
      expect(partialDigest(context(), 4, partial.partial)).to.deep.equal(dealt.dealing.digests[1]);
    });

    it("is read and made in the form of before, where its fields had names, under another digest", () => {
      const before = { ...partial, form: "named" } as const;
      const bytes = encodePartial(before);
      const { requestId, index, partial: element } = partial;
      expect(bytes).to.deep.equal(encode({ v: 1, requestId, index, partial: element, epoch: 7 }));
      expect(parsePartial(bytes)).to.deep.equal(before);
      expect(partialDigest(before, 4, element))
        .to.deep.equal(sha256(bytes))
        .and.not.deep.equal(dealt.dealing.digests[1]);
      for (const [what, wrong] of hostile(bytes)) {
        refuses(() => parsePartial(wrong), "RE_ENCRYPTION_INVALID", undefined, what);
      }
    });

    it("takes no more than its limit, whatever its numbers", () => {
      const largest = encodePartial({ ...partial, epoch: BigInt(Number.MAX_SAFE_INTEGER), index: 65_535 });
      expect(largest.length).to.be.lessThan(CONTENT_LIMITS.partial).and.at.most(645);
      expect(parsePartial(largest).epoch).to.equal(BigInt(Number.MAX_SAFE_INTEGER));
    });

    it("is not read from other bytes", () => {
      for (const [what, bytes] of hostileList(encodePartial(partial))) {
        refuses(() => parsePartial(bytes), "RE_ENCRYPTION_INVALID", undefined, what);
      }
      const listed = (index: number) => encode([2, partial.requestId, 7, index, toGt(Fp12.ONE)]);
      refuses(() => parsePartial(listed(4)), "RE_ENCRYPTION_INVALID", "relayer 4");
      refuses(() => parsePartial(listed(0)), "RE_ENCRYPTION_INVALID");
      refuses(() => parsePartial(listed(65_536)), "RE_ENCRYPTION_INVALID");
    });

    it("is not made for what is no epoch, index or request", () => {
      refuses(() => encodePartial({ ...partial, epoch: -1n }), "INPUT_INVALID", "epoch");
      refuses(() => encodePartial({ ...partial, epoch: 2n ** 53n }), "INPUT_INVALID", "epoch");
      refuses(() => encodePartial({ ...partial, index: 0 }), "INPUT_INVALID", "indices");
      refuses(() => encodePartial({ ...partial, requestId: world.random(31) }), "INPUT_INVALID", "requestId");
    });
  });

  describe("a dispute", () => {
    it("is DAG-CBOR of the named fields, and reads back the same", () => {
      const bytes = encodeDispute(dispute);
      expect(bytes).to.deep.equal(encode({ v: 1, ...dispute, epoch: 7 }));
      expect(parseDispute(bytes)).to.deep.equal(dispute);
      expect(bytes.length).to.be.lessThan(CONTENT_LIMITS.dispute);
    });

    it("is not read from other bytes", () => {
      for (const [what, bytes] of hostile(encodeDispute(dispute))) {
        refuses(() => parseDispute(bytes), "RE_ENCRYPTION_INVALID", undefined, what);
      }
    });
  });

  describe("the sealed re-encryption key", () => {
    const itemsOf = (of: SealedReKey) => {
      const { requestId, epoch, C3, C4, indices, digests, threshold, shares } = of;
      return [3, requestId, Number(epoch), C3, C4, [...indices], concatBytes(...digests), threshold, shares];
    };
    const secret = () => ({ enc: world.random(1120), ct: world.random(48) });

    it("is DAG-CBOR of the fields in a list, and reads back the same, with the record's secret and without", () => {
      const bytes = encodeSealedReKey(reKey);
      expect(bytes).to.deep.equal(encode(itemsOf(reKey)));
      expect(parseSealedReKey(bytes)).to.deep.equal(reKey);
      const whole = { ...reKey, secret: secret() };
      expect(encodeSealedReKey(whole)).to.deep.equal(encode([...itemsOf(reKey), whole.secret.enc, whole.secret.ct]));
      expect(parseSealedReKey(encodeSealedReKey(whole))).to.deep.equal(whole);
    });

    it("is read and made in the form of before, where its fields had names", () => {
      const before = { ...reKey, form: "named", secret: secret() } as const;
      const bytes = encodeSealedReKey(before);
      const { form: _, ...fields } = before;
      expect(bytes).to.deep.equal(encode({ v: 2, ...fields, epoch: 7 }));
      expect(parseSealedReKey(bytes)).to.deep.equal(before);
      for (const [what, wrong] of hostile(bytes)) {
        if (what === "without secret") continue; // which is how records of before there was one have it
        refuses(() => parseSealedReKey(wrong), "SEALED_REKEY_INVALID", undefined, what);
      }
    });

    it("names the same to who reads its names alone, and nothing where it is none", () => {
      const { indices, digests, shares } = reKey;
      for (const key of [reKey, { ...reKey, form: "named" } as const]) {
        expect(namesInSealedReKey(encodeSealedReKey(key))).to.deep.equal({ indices, digests, shares });
      }
      for (const [what, bytes] of hostileList(encodeSealedReKey(reKey))) {
        if (/^item [34] /.test(what)) continue; // the elements are for others
        refuses(() => namesInSealedReKey(bytes), "SEALED_REKEY_INVALID", undefined, what);
      }
    });

    it("takes no more than its limit with as many relayers as there may be", () => {
      const indices = Array.from({ length: MAX_SHARES }, (_, at) => 65_535 - MAX_SHARES + 1 + at);
      const digests = indices.map(() => world.random(32));
      const bytes = encodeSealedReKey({ ...reKey, indices, digests, threshold: MAX_SHARES });
      expect(bytes.length).to.be.lessThan(CONTENT_LIMITS.sealedReKey);
      expect(parseSealedReKey(bytes).indices).to.deep.equal(indices);
    });

    it("is not read from other bytes", () => {
      for (const key of [reKey, { ...reKey, secret: secret() }]) {
        for (const [what, bytes] of hostileList(encodeSealedReKey(key))) {
          refuses(() => parseSealedReKey(bytes), "SEALED_REKEY_INVALID", undefined, what);
        }
      }
      refuses(() => parseSealedReKey(encode([...itemsOf(reKey), world.random(1120)])), "SEALED_REKEY_INVALID");
      refuses(
        () => parseSealedReKey(encode([...itemsOf(reKey), world.random(48), world.random(1120)])),
        "SEALED_REKEY_INVALID",
      );
      refuses(() => parseSealedReKey(encode(itemsOf(reKey).with(0, 2))), "SEALED_REKEY_INVALID");
      const wrong: globalThis.Partial<SealedReKey>[] = [
        { indices: [1, 300, 4] },
        { indices: [1, 4, 4] },
        { indices: [0, 1, 4] },
        { indices: [1, 4] },
        { indices: [1, 4, 65_536] },
        { digests: [...reKey.digests, world.random(32)] },
        { digests: reKey.digests.map((digest) => digest.slice(1)) },
        { threshold: 4 },
        { threshold: 0 },
        { C4: toGt(Fp12.ONE) as SealedReKey["C4"] },
        { C3: new Uint8Array(96) as SealedReKey["C3"] },
      ];
      for (const change of wrong) {
        const bytes = encode(itemsOf({ ...reKey, ...change }));
        refuses(() => parseSealedReKey(bytes), "SEALED_REKEY_INVALID", undefined, Object.keys(change).join());
      }
    });

    it("is not made for what is no group", () => {
      refuses(() => encodeSealedReKey({ ...reKey, threshold: 4 }), "INPUT_INVALID", "threshold");
      refuses(() => encodeSealedReKey({ ...reKey, digests: reKey.digests.slice(1) }), "INPUT_INVALID", "digests");
      const moved = [reKey.digests[0]!.slice(1), concatBytes(Uint8Array.of(1), reKey.digests[1]!), reKey.digests[2]!];
      refuses(() => encodeSealedReKey({ ...reKey, digests: moved }), "INPUT_INVALID", "32 bytes");
    });
  });

  describe("a relayer's key", () => {
    it("is X-Wing's, as @noble derives it from the seed, and reads back the same", async () => {
      const { seed, publicKey } = keys[0]!;
      expect(publicKey).to.deep.equal(xWingPublicKey(seed));
      expect(await relayerKeyPairOf(seed)).to.deep.equal(keys[0]);
      const bytes = encodeRelayerKey(publicKey);
      expect(bytes).to.deep.equal(encode({ v: 1, kem: "x-wing", publicKey }));
      expect(parseRelayerKey(bytes)).to.deep.equal(publicKey);
      expect(bytes.length).to.be.lessThan(CONTENT_LIMITS.relayerKey);
    });

    it("is not read from other bytes, nor made of others", async () => {
      for (const [what, bytes] of hostile(encodeRelayerKey(keys[0]!.publicKey))) {
        refuses(() => parseRelayerKey(bytes), "CONTENT_INVALID", undefined, what);
      }
      refuses(() => encodeRelayerKey(keys[0]!.publicKey.slice(1)), "INPUT_INVALID");
      await refusesAsync(relayerKeyPairOf(world.random(31)), "INPUT_INVALID", "seed");
    });
  });

  describe("the sealed shares", () => {
    it("open with each relayer's own key, and are those committed to", async () => {
      const shares = parseSealedShares(await seal());
      expect(shares.commitments).to.deep.equal(dealt.dealing.commitments);
      for (const [at, { index, share }] of dealt.dealing.shares.entries()) {
        const opened = await openShare(shares, index, keys[at]!);
        expect(opened).to.deep.equal({ index, share });
        expect(isCommittedShare(opened, dealt.dealing)).to.equal(true);
      }
    });

    it("are HPKE with X-Wing and the documented info, as a second implementation opens them", async () => {
      const { v, requestId, epoch, sealed } = decode<{
        v: number;
        requestId: Uint8Array;
        epoch: number;
        sealed: { index: number; enc: Uint8Array; ct: Uint8Array }[];
      }>(await seal());
      expect([v, epoch]).to.deep.equal([1, 7]);
      expect(requestId).to.deep.equal(context().requestId);
      const { index, enc, ct } = sealed[2]!;
      const numbers = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 1, 44);
      const info = concatBytes(utf8ToBytes("medexchain/v1/sealed-share"), Uint8Array.of(0), requestId, numbers);
      expect(index).to.equal(300);
      expect(xWingOpen(enc, ct, keys[2]!.seed, info)).to.deep.equal(dealt.dealing.shares[2]!.share);
    });

    it("differ each time", async () => {
      const [first, second] = [parseSealedShares(await seal()), parseSealedShares(await seal())];
      expect(first.sealed[0]!.enc).to.not.deep.equal(second.sealed[0]!.enc);
    });

    it("do not open with another relayer's key, nor for another request, epoch or index", async () => {
      const shares = parseSealedShares(await seal());
      const [first, second, third] = shares.sealed;
      await refusesAsync(openShare(shares, 1, keys[1]!), "SEALED_REKEY_INVALID");
      const other = { ...shares, requestId: world.random(32) };
      await refusesAsync(openShare(other, 1, keys[0]!), "SEALED_REKEY_INVALID");
      await refusesAsync(openShare({ ...shares, epoch: 8n }, 1, keys[0]!), "SEALED_REKEY_INVALID");
      const swapped = { ...shares, sealed: [{ ...second!, index: 1 }, { ...first!, index: 4 }, third!] };
      await refusesAsync(openShare(swapped, 4, keys[0]!), "SEALED_REKEY_INVALID");
      await refusesAsync(openShare(swapped, 1, keys[1]!), "SEALED_REKEY_INVALID");
      await refusesAsync(openShare(shares, 2, keys[0]!), "SEALED_REKEY_INVALID", "relayer 2");
    });

    it("do not open with a byte changed", async () => {
      const shares = parseSealedShares(await seal());
      const [first] = shares.sealed;
      const openChanged = (field: "enc" | "ct", at: number): Promise<unknown> => {
        const changed = first![field].slice();
        changed[at]! ^= 1 << (at % 8);
        return openShare({ ...shares, sealed: [{ ...first!, [field]: changed }] }, 1, keys[0]!);
      };
      for (let at = 0; at < 64; at += 7) await refusesAsync(openChanged("ct", at), "SEALED_REKEY_INVALID");
      for (let at = 0; at < 1120; at += 97) await refusesAsync(openChanged("enc", at), "SEALED_REKEY_INVALID");
    });

    it("are refused when what was sealed is no share", async () => {
      const shares = dealt.dealing.shares.map((share) => ({ ...share, share: toG1(G1.BASE).fill(0) as never }));
      const sealed = await sealShares({ ...dealt.dealing, shares }, context(), recipients(), world.random);
      await refusesAsync(openShare(parseSealedShares(sealed), 1, keys[0]!), "SEALED_REKEY_INVALID", "the share");
    });

    it("take no more than their limit with as many relayers as there may be", async () => {
      const many = deal(
        world,
        3,
        Array.from({ length: MAX_SHARES }, (_, at) => at + 1),
      );
      const relayers = many.dealing.indices.map((index) => ({ index, sealingKey: keys[0]!.publicKey }));
      // As many commitments as there may be, too: those of k = 64, were it dealt so.
      const commitments = many.dealing.indices.map(() => many.dealing.commitments[0]!);
      const bytes = await sealShares({ ...many.dealing, commitments }, context(), relayers, world.random);
      expect(bytes.length).to.be.lessThan(CONTENT_LIMITS.sealedShares);
      expect(parseSealedShares(bytes).sealed).to.have.length(MAX_SHARES);
    });

    it("are not read from other bytes", async () => {
      const bytes = await seal();
      for (const [what, wrong] of hostile(bytes)) {
        refuses(() => parseSealedShares(wrong), "SEALED_REKEY_INVALID", undefined, what);
      }
      const fields = decode<Fields & { sealed: Fields[]; commitments: Uint8Array[] }>(bytes);
      const [first, ...rest] = fields.sealed;
      const wrong: Fields[] = [
        { sealed: rest.slice(1) },
        { sealed: [...rest, first] },
        { sealed: [first, first, ...rest.slice(1)] },
        { sealed: [{ ...first, extra: 1 }, ...rest] },
        { sealed: [{ ...first, ct: new Uint8Array(63) }, ...rest] },
        { commitments: [toGt(Fp12.ONE), fields.commitments[1]] },
        { commitments: [...fields.commitments, ...fields.commitments] },
      ];
      for (const [at, change] of wrong.entries()) {
        const changed = encode({ ...fields, ...change });
        refuses(() => parseSealedShares(changed), "SEALED_REKEY_INVALID", undefined, `${at}`);
      }
    });

    it("are not sealed to what is no key, nor to other relayers", async () => {
      const [first, ...rest] = recipients();
      const sealTo = (sealingKey: Uint8Array) =>
        sealShares(dealt.dealing, context(), [{ index: 1, sealingKey }, ...rest], world.random);
      await refusesAsync(sealTo(first!.sealingKey.slice(1)), "SEALED_REKEY_INVALID", "relayer 1");
      await refusesAsync(sealTo(new Uint8Array(1216).fill(0xff)), "SEALED_REKEY_INVALID", "relayer 1");
      await refusesAsync(sealShares(dealt.dealing, context(), rest, world.random), "INPUT_INVALID");
    });
  });
});
