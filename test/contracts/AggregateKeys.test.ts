import {
  type Attestation,
  aggregateOf,
  blsKeyRegistration,
  deriveBlsKey,
  type Hex32,
  signBls,
} from "@medexchain/chain";
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { expect } from "chai";
import { concat, getBytes, hexlify, toBeHex } from "ethers";
import { type Chain, deployChain } from "./support/chain.ts";
import { expectRefusal } from "./support/expectRefusal.ts";
import { digest, digestOf, domainOf, sign, type Terms } from "./support/messages.ts";
import { loadWorld, nextBlockAt, now, type RelayerName, THRESHOLD, termsOf, type World } from "./support/world.ts";

const secretOf = (name: string) => deriveBlsKey(new TextEncoder().encode(name.padEnd(32, ".")));
const NAMES = ["relayer1", "relayer2", "relayer3"] as const;
const NO_SIGNATURE = new Uint8Array(128);
const NO_KEY = new Uint8Array(256);

describe("AggregateKeys", () => {
  let world: World;
  let a: Chain;
  let set: string;
  const hash = digest("anything that relayers may sign") as Hex32;

  beforeEach(async () => {
    world = await loadWorld();
    a = world.a;
    set = await a.relayers.getAddress();
  });

  const registrationOf = async (name: RelayerName, secret = secretOf(name), chain = a) =>
    blsKeyRegistration(
      secret,
      { chainId: chain.chainId, address: await chain.relayers.getAddress() },
      chain.actors[name].address,
    );
  const register = async (name: RelayerName, secret = secretOf(name)) => {
    const { key, proof } = await registrationOf(name, secret);
    return a.relayers.connect(a.actors[name]).setBlsKey(key, proof);
  };
  const enable = async (...names: RelayerName[]) => {
    await a.relayers.setAggregates(true);
    for (const name of names) await register(name);
  };

  it("are set where the chain has the precompiles, once per change, and not where it has none", async () => {
    const { relayers, actors } = a;
    expect(await relayers.aggregatesOn()).to.equal(false);
    await expect(relayers.setAggregates(true)).to.emit(relayers, "AggregatesSet").withArgs(true);
    await expect(relayers.setAggregates(true)).not.to.emit(relayers, "AggregatesSet");
    expect(await relayers.aggregatesOn()).to.equal(true);
    const unauthorised = relayers.connect(actors.relayer1).setAggregates(false);
    await expectRefusal(unauthorised, relayers, "AccessManagedUnauthorized", actors.relayer1.address);
    const before = await deployChain("cancun");
    await expectRefusal(before.relayers.setAggregates(true), before.relayers, "AggregateKeysUnsupported");
    expect(await before.relayers.aggregatesOn()).to.equal(false);
    await before.relayers.setAggregates(false);
  });

  it("take a relayer's own key, with a proof that it holds it", async () => {
    const { relayers, actors } = a;
    await expectRefusal(register("relayer1"), relayers, "AggregateKeysOff");
    await relayers.setAggregates(true);
    const { key, proof } = await registrationOf("relayer2");
    await expect(register("relayer2"))
      .to.emit(relayers, "BlsKeySet")
      .withArgs(actors.relayer2.address, 2n, hexlify(key), hexlify(proof));
    await register("relayer1");
    const keys = await relayers.aggregateKeys();
    expect(keys.map(({ index }) => index)).to.deep.equal([2n, 1n]);
    expect(keys[0]!.key).to.equal(hexlify(key));
    const next = await registrationOf("relayer2", secretOf("next"));
    await register("relayer2", secretOf("next"));
    const [first, second, ...more] = await relayers.aggregateKeys();
    expect([first!.index, second!.index, more.length]).to.deep.equal([1n, 2n, 0]);
    expect(second!.key).to.equal(hexlify(next.key));
    await expectRefusal(register("stranger"), relayers, "RelayerSetUnknownRelayer", actors.stranger.address);
  });

  it("take no key without the proof, with that of another relayer, set or chain, and not the point at infinity", async () => {
    const { relayers, actors } = a;
    await relayers.setAggregates(true);
    const { key, proof } = await registrationOf("relayer1");
    const other = await registrationOf("relayer2");
    const onB = await registrationOf("relayer1", secretOf("relayer1"), world.b);
    const asSignature = signBls(
      secretOf("relayer1"),
      (await relayers.possessionDigest(actors.relayer1, key)) as Hex32, // a digest
    );
    // A rogue key: one's own, less another's, so that both together sign by one's own alone.
    const { G2 } = bls12_381;
    const [own, theirs] = ["relayer1", "relayer2"].map((name) =>
      bls12_381.shortSignatures.getPublicKey(secretOf(name)),
    );
    const rogue = keyOf(own!.subtract(theirs!));
    const wrong: [Uint8Array, Uint8Array][] = [
      [key, NO_SIGNATURE],
      [key, proof.subarray(1)],
      [key.subarray(1), proof],
      [Uint8Array.of(...key, 0), proof],
      [key, other.proof],
      [key, onB.proof],
      [key, asSignature],
      [other.key, other.proof],
      [rogue, proof],
      [NO_KEY, NO_SIGNATURE],
      [keyOf(G2.Point.BASE), proof],
    ];
    for (const [wrongKey, wrongProof] of wrong) {
      const attempt = relayers.connect(actors.relayer1).setBlsKey(wrongKey, wrongProof, GAS);
      await expectRefusal(attempt, relayers, "AggregateKeysInvalidProof", actors.relayer1.address);
    }
    await relayers.connect(actors.relayer1).setBlsKey(key, proof);
  });

  it("end with the tenure", async () => {
    const { relayers, actors } = a;
    await enable(...NAMES);
    await relayers.removeRelayer(actors.relayer3);
    expect((await relayers.aggregateKeys()).map(({ index }) => index)).to.deep.equal([1n, 2n]);
    await relayers.addRelayer(actors.relayer3);
    expect((await relayers.aggregateKeys()).map(({ index }) => index)).to.deep.equal([1n, 2n]);
    await register("relayer3");
    expect((await relayers.aggregateKeys()).map(({ index }) => index)).to.deep.equal([1n, 2n, 4n]);
  });

  it("cannot be those of the set itself", async () => {
    await expectRefusal(a.relayers.addRelayer(set), a.relayers, "RelayerSetInvalidRelayer", set);
  });

  describe("in attestations", () => {
    let terms: Terms;
    beforeEach(async () => {
      terms = await termsOf(a);
    });

    const shareOf = (name: RelayerName, index: number, of = hash) => ({
      index,
      signature: signBls(secretOf(name), of),
    });
    const aggregate = (...names: (typeof NAMES)[number][]) =>
      aggregateOf(
        set,
        names.map((name) => shareOf(name, NAMES.indexOf(name) + 1)),
      );
    const byItself = async (name: RelayerName): Promise<Attestation> => {
      const wallet = a.actors[name];
      return { relayer: wallet.address, signature: await sign(wallet, await domainOf(a, "grants"), "Denial", MESSAGE) };
    };
    const MESSAGE = { requestId: digest("of a request") };
    const ordered = (by: Attestation[]) => by.sort((x, y) => (BigInt(x.relayer) < BigInt(y.relayer) ? -1 : 1));
    const requireAttested = (by: Attestation[], of: string = hash, changes: Partial<Terms> = {}) =>
      a.relayers.requireAttested(of, { ...terms, ...changes, by: ordered(by) }, GAS);
    const requireAttestedBy = (name: RelayerName, by: Attestation[], of: string = hash) =>
      a.relayers.requireAttestedBy(a.actors[name].address, of, { ...terms, by: ordered(by) }, GAS);

    it("stand for all who signed, whoever they are", async () => {
      await enable(...NAMES);
      for (const names of [NAMES, NAMES.slice(0, 2), NAMES.slice(1), ["relayer3", "relayer1"] as const]) {
        await requireAttested([aggregate(...names)]);
      }
      const one = requireAttested([aggregate("relayer2")]);
      await expectRefusal(one, a.relayers, "RelayerSetTooFewAttestations", 1n, THRESHOLD);
      await requireAttestedBy("relayer1", [aggregate("relayer2")]);
    });

    it("count beside single attestations, and nobody twice", async () => {
      await enable("relayer1", "relayer2");
      const of = digestOf(await domainOf(a, "grants"), "Denial", MESSAGE) as Hex32;
      await a.relayers.setThreshold(3n);
      terms = await termsOf(a);
      const two = aggregateOf(set, [shareOf("relayer1", 1, of), shareOf("relayer2", 2, of)]);
      await requireAttested([two, await byItself("relayer3")], of);
      await requireAttestedBy("relayer3", [two], of);
      const twice = requireAttested([two, await byItself("relayer2")], of);
      await expectRefusal(twice, a.relayers, "AggregateKeysDuplicateSigners", 0b100n);
      const caller = requireAttestedBy("relayer1", [two], of);
      await expectRefusal(caller, a.relayers, "AggregateKeysDuplicateSigners", 0b10n);
      const forged = requireAttested([two, { ...(await byItself("relayer3")), signature: "0x" }], of);
      await expectRefusal(forged, a.relayers, "RelayerSetInvalidAttestation", a.actors.relayer3.address);
      const repeated = requireAttested([two, two], of);
      await expectRefusal(repeated, a.relayers, "RelayerSetUnorderedAttestation", set);
    });

    it("are refused of others than those who signed, of another digest, of nobody, and if they are no point", async () => {
      await enable(...NAMES);
      const good = aggregate("relayer1", "relayer2");
      const claim = (bits: bigint) => `0x${toBeHex(bits, 32).slice(2)}${good.signature.slice(66)}`;
      for (const bits of [0n, 0b1110n, 0b1010n]) {
        const attempt = requireAttested([{ relayer: set, signature: claim(bits) }]);
        await expectRefusal(attempt, a.relayers, "AggregateKeysInvalidAggregate", bits);
      }
      await expectRefusal(
        requireAttested([good], digest("something else")),
        a.relayers,
        "AggregateKeysInvalidAggregate",
        0b110n,
      );
      for (const bits of [0b1n, 0b10110n, 1n << 255n]) {
        const attempt = requireAttested([{ relayer: set, signature: claim(bits) }]);
        await expectRefusal(attempt, a.relayers, "AggregateKeysUnknownSigners", bits & ~0b1110n);
      }
      const nothing = { relayer: set, signature: `${good.signature.slice(0, 66)}${"00".repeat(128)}` };
      await expectRefusal(requireAttested([nothing]), a.relayers, "AggregateKeysInvalidAggregate", 0b110n);
      for (const signature of [good.signature.slice(0, -2), `${good.signature}00`, "0x"]) {
        const attempt = requireAttested([{ relayer: set, signature }]);
        await expectRefusal(attempt, a.relayers, "AggregateKeysInvalidAggregate", 0n);
      }
    });

    it("are nobody's where keys cancel each other out", async () => {
      await a.relayers.setAggregates(true);
      const { Fr } = bls12_381.fields;
      const secret = secretOf("relayer1");
      await register("relayer1", secret);
      await register("relayer2", Fr.toBytes(Fr.neg(Fr.fromBytes(secret))));
      const nothing = { relayer: set, signature: `${toBeHex(0b110n, 32)}${"00".repeat(128)}` };
      await expectRefusal(requireAttested([nothing]), a.relayers, "AggregateKeysInvalidAggregate", 0b110n);
    });

    it("count no longer when they are off, nor who was removed or has another key", async () => {
      const { relayers, actors } = a;
      await enable(...NAMES);
      const pair = aggregate("relayer1", "relayer2");
      await requireAttested([pair]);
      await relayers.setAggregates(false);
      await expectRefusal(requireAttested([pair]), relayers, "AggregateKeysOff");
      await relayers.setAggregates(true);
      await requireAttested([pair]);
      await register("relayer2", secretOf("next"));
      await expectRefusal(requireAttested([pair]), relayers, "AggregateKeysInvalidAggregate", 0b110n);
      await register("relayer2");
      await requireAttested([pair]);
      await relayers.removeRelayer(actors.relayer2);
      await expectRefusal(requireAttested([pair]), relayers, "AggregateKeysUnknownSigners", 0b100n);
    });

    it("are of an epoch's relayers only, within its grace", async () => {
      const { relayers, actors } = a;
      await enable(...NAMES);
      await relayers.addRelayer(actors.stranger);
      await register("stranger");
      const withLate = aggregateOf(set, [shareOf("relayer1", 1), shareOf("stranger", 4)]);
      await expectRefusal(requireAttested([withLate]), relayers, "AggregateKeysUnknownSigners", 0b10000n);
      await requireAttested([withLate], hash, { epoch: terms.epoch + 1n });
      await requireAttested([aggregate("relayer1", "relayer2")]);
      await nextBlockAt(a, (await now(a)) + 3600n);
      await a.ethers.provider.send("evm_mine", []);
      const stale = requireAttested([aggregate("relayer1", "relayer2")]);
      await expectRefusal(stale, relayers, "RelayerSetWrongEpoch", terms.epoch, terms.epoch + 1n);
    });
  });
});

const GAS = { gasLimit: 10_000_000n };

/** The key that is a point. */
function keyOf(point: typeof bls12_381.G2.Point.BASE): Uint8Array {
  const { x, y } = point.toAffine();
  return getBytes(concat([x.c0, x.c1, y.c0, y.c1].map((value) => toBeHex(value, 64))));
}
